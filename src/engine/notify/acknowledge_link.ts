/**
 * A link by which the reader of a message may acknowledge its incident: signed with the key of the store, good for a week and for one
 * episode. It stands in no store and no log: it is made when a message is sent, and is the same over all tries.
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

/** What a link says. */
export interface LinkClaims {
  incident: string;
  episode: number;
  /** Whose message it stood in. */
  webhook: string;
  /** Epoch ms from which it is not good any more. */
  until: number;
}

/** What the key signs of these claims, HMAC-SHA-256, as 64 hex digits. */
export async function signClaims(
  key: string,
  { incident, episode, webhook, until }: LinkClaims,
): Promise<string> {
  return encodeHex(
    await hmacSha256(`assay acknowledge ${key}`, JSON.stringify([incident, episode, webhook, until])),
  );
}

/** Adds the link to the event of a notice, where there is something to take on. */
export type LinkAdder = (event: WebhookEvent, delivery: Delivery) => Promise<WebhookEvent>;

const OFFERED: readonly string[] = ["incident.opened", "incident.updated"];

/** An adder for one store; without `publicUrl` it adds nothing. */
export function linkAdder(
  { clock }: Pick<Ports, "clock">,
  store: RecordStore,
  publicUrl: string | undefined,
): LinkAdder {
  const signing = signingKey(clock, store);
  return async (event, { incident, episode, webhook, createdAt }) => {
    if (publicUrl === undefined || episode === undefined || !OFFERED.includes(event.type)) return event;
    const claims = { incident, episode, webhook, until: createdAt + LASTS_MS };
    const signature = await signClaims(await signing.recent() ?? await signing.ensure(), claims);
    const path = [incident, episode, webhook, claims.until, signature].map(encodeURIComponent).join("/");
    const link = `${publicUrl.replace(/\/+$/, "")}/acknowledge/${path}`;
    return { ...event, data: { ...event.data, links: { ...event.data.links, acknowledge: link } } };
  };
}
