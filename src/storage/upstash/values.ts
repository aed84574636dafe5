/** Names and encodings in Redis: packed texts, and lines whose fields scripts can read. */
import * as z from "../../base/zod.ts";
import type { StoredLease } from "../lease.ts";
import { DELIVERY, validateShape } from "../schema.ts";
import type { Commit, Delivery, NewNotice, Notice, Receipt, StoredRecord } from "../store.ts";
import { HOUR_MS } from "../../base/time.ts";

/** The keys of one store. The braces put all of them into one hash slot of a cluster. */
export const keysOf = (prefix: string) => {
  const key = (name: string) => `{${prefix}}:${name}`;
  return {
    /** Hash: leases, packed states and samples, and their indexes. An ordinary tick writes only here. */
    now: key("now"),
    /** Hash: incidents by id, packed. */
    incidents: key("incidents"),
    /**
     * Sorted sets: ids of incidents by `openedAt`, and ids of resolved incidents by the time they were
     * resolved.
     */
    opened: key("opened"),
    resolved: key("resolved"),
    /** Hash: the constant part of notices, packed, by id. */
    notices: key("notices"),
    /** Sorted set: ids of notices by `seq`. */
    order: key("order"),
    /** Set: ids of pending notices. */
    pending: key("pending"),
    /** Hash: delivery state of notices, one line each, by id. */
    deliveries: key("deliveries"),
    /** Hash: when each disabled webhook was disabled, epoch ms. */
    disabled: key("disabled"),
    /** Hash: packed rollups by `unit/start/shard`. */
    rollups: key("rollups"),
    probe: key("probe"),
    /** Hash per kind: records, one line each, by key. */
    records: (kind: StoredRecord["kind"]) => key(`memos:${kind}`),
    /** Hash: pieces of a commit that is too large for one request. */
    stage: (id: string) => key(`stage:${id}`),
  };
};

/** The key names of one store. */
export type Keys = ReturnType<typeof keysOf>;

/** Compresses a text (raw deflate, base64). */
export async function deflate(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let binary = "";
  // In chunks, because each byte becomes an argument of the call.
  for (let at = 0; at < bytes.length; at += 8_192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  }
  return btoa(binary);
}

/** Decompresses a text. Throws an Error that names `what`. */
export async function inflate(packed: string, what: string): Promise<string> {
  try {
    const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return await new Response(stream).text();
  } catch (cause) {
    throw new Error(`Cannot use ${what} as its shape is wrong: it is not packed`, { cause });
  }
}

/** Compresses a value as JSON. */
export const deflateJson = (value: unknown): Promise<string> => deflate(JSON.stringify(value));

/** Decompresses a JSON value and checks its shape. Throws an Error that names `what`. */
export async function inflateJson<T>(shape: z.ZodMiniType<T>, packed: string, what: string): Promise<T> {
  return validateShape(shape, jsonOf(await inflate(packed, what)), what);
}

/** Parses JSON; undefined if invalid, which no shape accepts. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const leaseShape = z.object({ tick: z.int(), owner: z.string(), until: z.number(), id: z.string() });

/** Encodes a lease for its field. `id` distinguishes two attempts of one owner. */
export const encodeLease = ({ tick, owner, until }: StoredLease, id: string): string =>
  JSON.stringify({ tick, owner, until, id });

/** Decodes the field `lease:<fence>`. */
export function decodeLease(fence: number, text: string): StoredLease & { id: string } {
  return { ...validateShape(leaseShape, jsonOf(text), `field lease:${fence}`), fence };
}

/** Identifies the queue of a notice, in the form that lines contain and scripts compare. */
export const queueOf = (
  { webhook, incident, episode }: Pick<Notice, "webhook" | "incident" | "episode">,
): string => JSON.stringify([webhook, incident, ...(episode === undefined ? [] : [episode])]);

/** The prefix of all queues of a webhook. */
export const queuesOf = (webhook: string): string => `[${JSON.stringify(webhook)},`;

/** The constant fields of a notice that are not in its line. */
export const BODY = z.object({ type: z.string(), body: z.string() });

/** Encodes the fields of a receipt that no script reads. */
export const encodeLast = ({ lastAttemptAt, lastStatus, lastError }: Partial<Receipt>): string =>
  JSON.stringify({ lastAttemptAt, lastStatus, lastError });

/** `seq nextAt createdAt state attempts queue`, then the other fields as JSON on a second line. */
const LINE = /^(\d+) (\S+) (\S+) (\S+) (\d+) ([^\n]+)\n(.*)$/s;

/** Decodes a line: a delivery without type and body. Throws an Error that names the notice. */
export function decodeLine(id: string, line: string): Omit<Delivery, keyof z.infer<typeof BODY>> {
  const [, seq, nextAt, createdAt, state, attempts, queue = "", last = ""] = LINE.exec(line) ?? [];
  const [webhook, incident, episode] = validateShape(QUEUE, jsonOf(queue), `the delivery ${id}`);
  const numbers = { seq: Number(seq), nextAt: Number(nextAt), createdAt: Number(createdAt) };
  const fields = {
    id,
    webhook,
    incident,
    ...(episode !== undefined && { episode }),
    state,
    attempts: Number(attempts),
    ...numbers,
  };
  const { type: _, body: __, ...rest } = validateShape(
    DELIVERY,
    { ...fields, ...Object(jsonOf(last)), type: "", body: "" },
    `the delivery ${id}`,
  );
  return rest;
}

const QUEUE = z.tuple([z.string(), z.string()], z.int());

/** `order expiresAt`, then the value on a second line. */
export const encodeRecord = ({ order, expiresAt, value }: StoredRecord): string =>
  `${order} ${expiresAt}\n${value}`;

/** Decodes a record's line; the caller must check the shape. */
export function decodeRecord(line: string): Record<string, unknown> {
  const [, order, expiresAt, value] = /^(\S+) (\S+)\n(.*)$/s.exec(line) ?? [];
  return { order: Number(order), expiresAt: Number(expiresAt), value };
}

/** A commit in the form its script expects: texts packed, numbers as strings. */
export async function encodeCommit({ shards, dropFrom, samples, incidents, notices }: Commit) {
  const fields = await Promise.all([
    ...shards.map(async ({ shard, layout, state }) => [`shard:${shard}`, await deflateJson([layout, state])]),
    ...samples.map(async ({ slot, shard, data }) => [`sample:${slot}/${shard}`, await deflate(data)]),
  ]);
  const byHour = Map.groupBy(samples, ({ slot }) => Math.floor(slot / HOUR_MS));
  return {
    drop: dropFrom === undefined ? "" : `${dropFrom}`,
    shards: shards.map(({ shard }) => `${shard}`),
    hours: [...byHour].map(([hour, own]) => [`${hour}`, ...own.map(({ slot, shard }) => `${slot}/${shard}`)]),
    newest: samples.length === 0 ? "" : `${Math.max(...samples.map(({ slot }) => slot))}`,
    fields: fields.flat(),
    incidents: await Promise.all(incidents.map(async (incident) => [
      incident.id,
      `${incident.openedAt}`,
      incident.state === "resolved" ? `${incident.resolvedAt ?? incident.updatedAt}` : "",
      await deflateJson(incident),
    ])),
    notices: await Promise.all(notices.map(encodeNotice)),
  };
}

/** A notice in the form scripts expect: `id createdAt queue packed nextAt`. */
export async function encodeNotice(
  { id, createdAt, type, body, notBefore = 0, ...queue }: NewNotice,
): Promise<string[]> {
  return [id, `${createdAt}`, queueOf(queue), await deflateJson({ type, body }), `${notBefore}`];
}
