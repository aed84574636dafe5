/** How things are named and written in Redis: packed texts, and lines whose fields a script can read. */
import * as z from "../../base/zod.ts";
import type { StoredLease } from "../lease.ts";
import { DELIVERY, validateShape } from "../schema.ts";
import type { Commit, Delivery, NewNotice, Notice, Receipt, StoredRecord } from "../store.ts";
import { HOUR_MS } from "../../base/time.ts";

/** The keys of one Assay. The braces put them all into one slot of a cluster. */
export const keysOf = (prefix: string) => {
  const key = (name: string) => `{${prefix}}:${name}`;
  return {
    /** Hash: leases, packed states and samples, and their indexes. A tick writes here only. */
    now: key("now"),
    /** Hash: incidents by id, packed. */
    incidents: key("incidents"),
    /** Sorted sets: ids of incidents by `openedAt`, and of the resolved ones by when. */
    opened: key("opened"),
    resolved: key("resolved"),
    /** Hash: what of a notice never changes, by id, packed. */
    notices: key("notices"),
    /** Sorted set: ids of notices by `seq`. */
    order: key("order"),
    /** Set: ids of pending notices. */
    pending: key("pending"),
    /** Hash: how far each notice got, by id, a line each. */
    deliveries: key("deliveries"),
    /** Hash: webhooks that are disabled, epoch ms. */
    disabled: key("disabled"),
    /** Hash: `unit/start/shard`, packed. */
    rollups: key("rollups"),
    probe: key("probe"),
    /** Hash of one kind: records by key, a line each. */
    records: (kind: StoredRecord["kind"]) => key(`memos:${kind}`),
    /** Hash: the pieces of a commit that is too large for one request. */
    stage: (id: string) => key(`stage:${id}`),
  };
};

/** Names of keys. */
export type Keys = ReturnType<typeof keysOf>;

/** Deflated and in base64: a text that is far smaller, and ASCII. */
export async function deflate(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let binary = "";
  // In parts: each byte is an argument.
  for (let at = 0; at < bytes.length; at += 8_192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  }
  return btoa(binary);
}

/** The text that was packed. Throws an Error that names `what`. */
export async function inflate(packed: string, what: string): Promise<string> {
  try {
    const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return await new Response(stream).text();
  } catch (cause) {
    throw new Error(`Cannot use ${what} as its shape is wrong: it is not packed`, { cause });
  }
}

/** JSON, packed. */
export const deflateJson = (value: unknown): Promise<string> => deflate(JSON.stringify(value));

/** The value that was packed, if it has the shape. Throws an Error that names `what`. */
export async function inflateJson<T>(shape: z.ZodMiniType<T>, packed: string, what: string): Promise<T> {
  return validateShape(shape, jsonOf(await inflate(packed, what)), what);
}

/** Of a text that is no JSON, undefined: no shape takes it. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const leaseShape = z.object({ tick: z.int(), owner: z.string(), until: z.number(), id: z.string() });

/** A lease as it stands in its field; `id` separates two attempts of one owner. */
export const encodeLease = ({ tick, owner, until }: StoredLease, id: string): string =>
  JSON.stringify({ tick, owner, until, id });

/** The lease of a field `lease:<fence>`. */
export function decodeLease(fence: number, text: string): StoredLease & { id: string } {
  return { ...validateShape(leaseShape, jsonOf(text), `field lease:${fence}`), fence };
}

/** All notices of one of these are one queue: it stands in the line as the script compares it. */
export const queueOf = (
  { webhook, incident, episode }: Pick<Notice, "webhook" | "incident" | "episode">,
): string => JSON.stringify([webhook, incident, ...(episode === undefined ? [] : [episode])]);

/** The part of a queue that all queues of a webhook begin with. */
export const queuesOf = (webhook: string): string => `[${JSON.stringify(webhook)},`;

/** What of a notice never changes and stands in no line. */
export const BODY = z.object({ type: z.string(), body: z.string() });

/** The fields of a receipt that no script reads. */
export const encodeLast = ({ lastAttemptAt, lastStatus, lastError }: Partial<Receipt>): string =>
  JSON.stringify({ lastAttemptAt, lastStatus, lastError });

/** `seq nextAt createdAt state attempts queue`, and in a line of its own the rest as JSON. */
const LINE = /^(\d+) (\S+) (\S+) (\S+) (\d+) ([^\n]+)\n(.*)$/s;

/** A line without its body. Throws an Error that names the notice. */
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

/** `order expiresAt`, and the value in a line of its own. */
export const encodeRecord = ({ order, expiresAt, value }: StoredRecord): string =>
  `${order} ${expiresAt}\n${value}`;

/** The fields of a record; its shape is for the caller to check. */
export function decodeRecord(line: string): Record<string, unknown> {
  const [, order, expiresAt, value] = /^(\S+) (\S+)\n(.*)$/s.exec(line) ?? [];
  return { order: Number(order), expiresAt: Number(expiresAt), value };
}

/** A commit as its script takes it: texts packed, numbers as they are written. */
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

/** A notice as scripts take it: `id createdAt queue packed nextAt`. */
export async function encodeNotice(
  { id, createdAt, type, body, notBefore = 0, ...queue }: NewNotice,
): Promise<string[]> {
  return [id, `${createdAt}`, queueOf(queue), await deflateJson({ type, body }), `${notBefore}`];
}
