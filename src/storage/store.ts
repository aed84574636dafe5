/** The contract that every store keeps; `test/storage/contract.ts` is its conformance suite. */
import type { Incident } from "../judgement/incident.ts";

/** The right to settle the slots of one tick. `fence` rises with every lease ever given. */
export interface Lease {
  /** The minute (epoch ms) whose slots may be settled. */
  tick: number;
  owner: string;
  fence: number;
}

/** The packed state of up to 200 checks. `layout` names the check list that it was packed for. Number -1 is about Assay itself. */
export interface Shard {
  shard: number;
  layout: string;
  state: string;
}

/** The packed verdicts of one shard in one slot. */
export interface Sample {
  /** Slot, epoch ms. */
  slot: number;
  shard: number;
  data: string;
}

/** One message about one incident for one webhook. `body` is the event as JSON, of which its sink renders what is sent. */
export interface Notice {
  /** Stable over retries; the webhook-id. */
  id: string;
  webhook: string;
  incident: string;
  /** Of the incident: notices of two are two queues. Absent in notices of older versions. */
  episode?: number;
  /** `incident.opened`, `incident.updated`, `incident.resolved`. */
  type: string;
  body: string;
  /** Epoch ms. */
  createdAt: number;
}

/** A notice that is not yet stored. */
export interface NewNotice extends Notice {
  /** Epoch ms before which it is not due; absent: it is due at once, wherever the clock steps to. */
  notBefore?: number;
}

/** How far a notice can get. */
export const DELIVERY_STATES = ["pending", "delivered", "dead"] as const;

/** A notice and how far it got. Times are epoch ms. */
export interface Delivery extends Notice {
  /** Position in the outbox: order within one (webhook, incident, episode) follows it. Higher than that of all notices then stored. */
  seq: number;
  state: (typeof DELIVERY_STATES)[number];
  attempts: number;
  /** Not due before; at first 0: at once, wherever the clock steps to. */
  nextAt: number;
  lastAttemptAt?: number;
  lastStatus?: number;
  /** Why the last attempt failed, or why it is dead. Free of secrets. */
  lastError?: string;
}

/** The kinds of records: what was pushed, posted or noted. Settling a slot writes none of them. */
export const RECORD_KINDS = [
  "report",
  "silence",
  "deployment",
  "anchor",
  "approval",
  "remark",
  "use",
  "session",
  "sink",
  "link",
  "group",
] as const;

/**
 * One record: a pushed report, a silence, a deployment, a rollout id that a gate was asked about, a deployment that waits for approval,
 * a remark on an incident, the last use of a token, the secret that signs sessions and links, how a sink does, a link that was
 * used, what is known of a group of incidents. There is one for each (kind, key).
 */
export interface StoredRecord {
  kind: (typeof RECORD_KINDS)[number];
  key: string;
  /** Rises with each newer record of the same key: a sequence number, or epoch ms. */
  order: number;
  /** JSON, in the shape of its kind; the store does not read it. */
  value: string;
  /** Epoch ms after which it may be forgotten. */
  expiresAt: number;
}

/** Figures of one shard over one hour or one day of UTC. */
export interface Rollup {
  unit: "hour" | "day";
  /** Epoch ms. */
  start: number;
  shard: number;
  data: string;
}

/** What became of one attempt. */
export type Receipt = Pick<
  Delivery,
  "state" | "attempts" | "nextAt" | "lastAttemptAt" | "lastStatus" | "lastError"
>;

/**
 * All that one slot changes; it is applied whole or not at all. One shard costs one row for its state and one for its
 * sample; the lease is one further row per tick.
 */
export interface Commit {
  shards: Shard[];
  /** After a change of layout: shards at and above this number are dropped, before `shards` are written. */
  dropFrom?: number;
  /** Inserted or replaced by (slot, shard). */
  samples: Sample[];
  /** Whole incidents, inserted or replaced by id. */
  incidents: Incident[];
  /** A notice whose id is already stored is ignored, however far that one got. */
  notices: NewNotice[];
}

/** What `retain` forgets; epoch ms. */
export interface Cutoffs {
  rawBefore: number;
  hoursBefore: number;
  daysBefore: number;
  incidentsBefore: number;
  nowMs: number;
}

/** Which page of something, newest first. */
export interface PageQuery {
  /** At least 1. */
  limit: number;
  /** `next` of the page before. A text that is no cursor gives an empty page. */
  before?: string;
}

/** One page. Rows that come or go between two pages make no other row skipped or repeated. */
export interface Page<T> {
  items: T[];
  /** Opaque; null if there are no more. */
  next: string | null;
}

/** Who may settle. */
export interface LeaseStore {
  /**
   * Takes the lease of a tick for `ttlMs` (at most 60 s). Null: the tick was taken already and that lease has not run
   * out, or a later tick was taken. A lease that reaches more than ten seconds further than `ttlMs` into the future, or a tick more than
   * five minutes ahead, was written by a clock that has since stepped back, and blocks no process (see lease.ts).
   */
  takeLease(request: { tick: number; owner: string; nowMs: number; ttlMs: number }): Promise<Lease | null>;
  /** Gives up what is left of a lease, so that its tick may be taken again at once. Changes nothing if it is not the newest. */
  releaseLease(lease: Lease): Promise<void>;
}

/** What is known of the checks, and what each slot changes. */
export interface StateStore {
  /**
   * The named shards, or all of them, by number. Missing ones are left out. With a lease: as a commit under it finds them, which its
   * holder may know without asking; if the lease is not the newest any more they may be old, and that commit is refused.
   */
  readShards(shards: number[] | "all", lease?: Lease): Promise<Shard[]>;
  /** Applies a commit atomically. False: the lease is no longer the newest, nothing was changed. */
  commit(lease: Lease, commit: Commit): Promise<boolean>;
  /** The tick (epoch ms) of the newest lease, and the newest slot that has a sample; null before the first. */
  latest(): Promise<{ tick: number; slot: number | null } | null>;
}

/** Notices on their way. */
export interface OutboxStore {
  /**
   * Notices that are due, those never tried before the others, else oldest first, and hides them for `leaseMs` by moving their `nextAt`.
   * Of each (webhook, incident, episode) only the oldest pending one can be due, so a hidden or later one holds back all behind it. Disabled webhooks are the
   * caller's business. With `webhook` only its notices.
   */
  claimDeliveries(
    request: { nowMs: number; leaseMs: number; limit: number; webhook?: string },
  ): Promise<Delivery[]>;
  /**
   * When (epoch ms) the next notice is due, perhaps already; null: none is pending. A store that bills each look may answer too early until
   * the next claim, and sees what others wrote within five minutes.
   */
  nextDelivery(nowMs: number): Promise<number | null>;
  /** Puts notices in as a commit does, without a lease: one whose id is already stored is ignored. */
  enqueue(notices: NewNotice[]): Promise<void>;
  /**
   * Records an attempt on a pending notice, or on several of one webhook, every field anew; changes nothing on one that is delivered or
   * dead. With `wakes` (epoch ms) the other pending notices of the webhook that are due later than that are due at the receipt's
   * `nextAt`, unless they were created for a later time.
   */
  recordAttempt(ids: string | readonly string[], receipt: Receipt, wakes?: number): Promise<void>;
  /**
   * Of the `limit` oldest pending notices of a webhook, of those created until `nowMs`, those that are due later than `after` are due at
   * `nowMs`. Answers how many.
   */
  wakeDeliveries(request: { webhook: string; nowMs: number; after: number; limit?: number }): Promise<number>;
  /**
   * Makes a dead or pending notice pending, due at `nowMs`, its attempts counted from 0, and enables its webhook. False: there is none
   * that is not delivered, nothing was changed.
   */
  resend(id: string, nowMs: number): Promise<boolean>;
  /** Webhooks that answered 410 and get nothing until somebody re-sends: id to epoch ms. */
  listDisabledWebhooks(): Promise<Record<string, number>>;
  /** Disables a webhook (`atMs`) or enables it again (null). */
  disableWebhook(webhook: string, atMs: number | null): Promise<void>;
  /** Newest first by seq. */
  listDeliveries(
    query: PageQuery & { state?: Delivery["state"]; incident?: string },
  ): Promise<Page<Delivery>>;
}

/** Incidents, open and closed. */
export interface IncidentStore {
  getIncident(id: string): Promise<Incident | null>;
  /** Newest first by (openedAt, id). */
  listIncidents(
    query: PageQuery & { state?: Incident["state"]; target?: string; check?: string },
  ): Promise<Page<Incident>>;
}

/** The verdicts of single slots. */
export interface SampleStore {
  /** Samples of one shard, oldest first, `from` and `to` inclusive. */
  readSamples(query: { shard: number; from: number; to: number }): Promise<Sample[]>;
}

/** Figures by hour and by day. */
export interface RollupStore {
  /** Writes rollups, each inserted or replaced by (unit, start, shard): all or none. */
  putRollups(rows: Rollup[]): Promise<void>;
  /** Rollups of every shard by (start, shard), `from` and `to` inclusive. */
  readRollups(query: { unit: Rollup["unit"]; from: number; to: number }): Promise<Rollup[]>;
}

/** What was pushed, posted or noted. */
export interface RecordStore {
  /** Keeps a record, inserted or replaced by (kind, key). False: what is kept has the same or a higher `order`; nothing was changed. */
  putRecord(record: StoredRecord): Promise<boolean>;
  /** The records of a kind, by key; with `under` only those whose key begins with it. At most `limit`, the last ones. */
  listRecords(query: { kind: StoredRecord["kind"]; under?: string; limit: number }): Promise<StoredRecord[]>;
  /** Forgets one record. False: there is none. */
  deleteRecord(kind: StoredRecord["kind"], key: string): Promise<boolean>;
}

/** What is written now is lost at the next start. The message says why, and is free of paths. */
export class StoreLost extends Error {
  override readonly name = "StoreLost";
}

/** What keeps a store going. */
export interface StoreUpkeep {
  /**
   * Forgets: samples of slots before `rawBefore`, rollups that start before `hoursBefore` or `daysBefore`, incidents resolved and
   * settled deliveries created before `incidentsBefore`, records that expire before `nowMs`. Open incidents and pending
   * notices are never forgotten. Answers how many rows went.
   */
  prune(cutoffs: Cutoffs): Promise<number>;
  /** Proves that the store can write now, and that it is still in its place (`StoreLost`); rejects otherwise. */
  checkWritable(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Where state lives. Every method rejects only if the store itself is broken, or if a value is of the wrong shape: then
 * nothing was changed. Texts are well-formed Unicode without U+0000. What is returned is the caller's own copy.
 */
export interface Store
  extends
    LeaseStore,
    StateStore,
    OutboxStore,
    IncidentStore,
    SampleStore,
    RollupStore,
    RecordStore,
    StoreUpkeep {}
