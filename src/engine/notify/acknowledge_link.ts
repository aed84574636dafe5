/**
 * A link by which the reader of a message may acknowledge its incidents: signed with the key of the store, good for a week and for one
 * episode of each. It stands in no store and no log: it is made when a message is sent, and is the same over all tries.
 */
import { hmacSha256 } from "../../base/hmac.ts";
import type { Ports } from "../../base/ports.ts";
import { DAY_MS } from "../../base/time.ts";
import { signingKey } from "../../storage/records/signing_key.ts";
import type { Delivery, RecordStore } from "../../storage/store.ts";
import type { WebhookEvent } from "./event.ts";
// @ts-types="../../base/std.d.ts"
import { encodeHex } from "@std/encoding/hex";

/** A notice may be tried for three days. */
const LASTS_MS = 7 * DAY_MS;

/** Incidents of one link: receivers cut or refuse an address that is much longer. */
const MAX_INCIDENTS = 20;

/** What a link says. */
export interface LinkClaims {
  incidents: readonly { id: string; episode: number }[];
  /** Whose message it stood in. */
  webhook: string;
  /** Epoch ms from which it is not good any more. */
  until: number;
}

/** What the key signs of these claims, HMAC-SHA-256, as 64 hex digits. */
export async function signClaims(
  key: string,
  { incidents, webhook, until }: LinkClaims,
): Promise<string> {
  const named = incidents.map(({ id, episode }) => [id, episode]);
  return encodeHex(await hmacSha256(`assay acknowledge ${key}`, JSON.stringify([named, webhook, until])));
}

/** Between ids, and between episodes, in the path of a link. */
export const LINK_SEPARATOR = "~";

const OFFERED: readonly string[] = ["incident.opened", "incident.updated"];
const isOffered = ({ type, episode }: Delivery) => OFFERED.includes(type) && episode !== undefined;

/** Adds the link to the event of these notices, where there is something to take on. */
export type LinkAdder = (
  event: WebhookEvent,
  deliveries: readonly [Delivery, ...Delivery[]],
) => Promise<WebhookEvent>;

/** An adder for one store; without `publicUrl` it adds nothing. */
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
