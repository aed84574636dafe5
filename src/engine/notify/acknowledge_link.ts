/**
 * A link in a message that acknowledges its incidents. It is signed with the store's key and valid for a
 * week, for one episode of each incident. It is made at delivery, never stored or logged, and is the same for
 * all retries.
 */
import { hmacSha256 } from "../../base/hmac.ts";
import type { Ports } from "../../base/ports.ts";
import { DAY_MS } from "../../base/time.ts";
import { signingKey } from "../../storage/records/signing_key.ts";
import type { Delivery, RecordStore } from "../../storage/store.ts";
import type { WebhookEvent } from "./event.ts";
// @ts-types="../../base/std.d.ts"
import { encodeHex } from "@std/encoding/hex";

/** Longer than the three days a notice is retried. */
const LASTS_MS = 7 * DAY_MS;

/** The most incidents in one link: receivers cut or refuse longer URLs. */
const MAX_INCIDENTS = 20;

/** The contents of a link. */
export interface LinkClaims {
  incidents: readonly { id: string; episode: number }[];
  /** Id of the webhook whose message contained it. */
  webhook: string;
  /** Expiry, epoch ms. */
  until: number;
}

/** Signature of the claims: HMAC-SHA-256 as 64 hex digits. */
export async function signClaims(
  key: string,
  { incidents, webhook, until }: LinkClaims,
): Promise<string> {
  const named = incidents.map(({ id, episode }) => [id, episode]);
  return encodeHex(await hmacSha256(`assay acknowledge ${key}`, JSON.stringify([named, webhook, until])));
}

/** Separates ids, and episodes, in the path of a link. */
export const LINK_SEPARATOR = "~";

const OFFERED: readonly string[] = ["incident.opened", "incident.updated"];
const isOffered = ({ type, episode }: Delivery) => OFFERED.includes(type) && episode !== undefined;

/** Adds the link to the event of these notices if they announce something to acknowledge. */
export type LinkAdder = (
  event: WebhookEvent,
  deliveries: readonly [Delivery, ...Delivery[]],
) => Promise<WebhookEvent>;

/** Makes the adder of a store. Without `publicUrl` it adds nothing. */
export function linkAdder(
  { clock }: Pick<Ports, "clock">,
  store: RecordStore,
  publicUrl: string | undefined,
): LinkAdder {
  const signing = signingKey(clock, store);
  return async (event, deliveries) => {
    const offered = deliveries.filter(isOffered);
    if (publicUrl === undefined || offered.length === 0 || offered.length > MAX_INCIDENTS) return event;
    const incidents = offered.map(({ incident, episode = 0 }) => ({ id: incident, episode }));
    const [{ webhook }] = deliveries;
    const until = Math.max(...offered.map(({ createdAt }) => createdAt)) + LASTS_MS;
    const key = await signing.recent() ?? await signing.ensure();
    const path = [
      incidents.map(({ id }) => id).join(LINK_SEPARATOR),
      incidents.map(({ episode }) => episode).join(LINK_SEPARATOR),
      ...[webhook, until, await signClaims(key, { incidents, webhook, until })],
    ].map(encodeURIComponent).join("/");
    const link = `${publicUrl.replace(/\/+$/, "")}/acknowledge/${path}`;
    return { ...event, data: { ...event.data, links: { ...event.data.links, acknowledge: link } } };
  };
}
