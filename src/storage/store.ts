/** The contract of every store; `test/storage/contract.ts` is its conformance suite. */
import type { Incident } from "../judgement/incident.ts";

/** The right to settle the slots of one tick. `fence` rises with every lease granted. */
export interface Lease {
  /** The minute (epoch ms) whose slots may be settled. */
  tick: number;
  owner: string;
  fence: number;
}

/**
 * The packed state of up to 200 checks. `layout` identifies the check list it was packed for. Shard -1 is
 * Assay's own.
 */
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

/** One message about one incident for one webhook. `body` is the event as JSON, which the sink renders. */
export interface Notice {
  /** Idempotency key, sent as webhook-id; the same for all retries. */
  id: string;
  webhook: string;
  incident: string;
  /** Episode of the incident; each has its own queue. Absent in notices of older versions. */
  episode?: number;
  /** `incident.opened`, `incident.updated`, `incident.resolved`. */
  type: string;
  body: string;
  /** Epoch ms. */
  createdAt: number;
}

/** A notice that is not yet stored. */
export interface NewNotice extends Notice {
  /** Epoch ms before which it is not due; absent: due at once, even if the clock steps back. */
  notBefore?: number;
}

/** States of a delivery. */
export const DELIVERY_STATES = ["pending", "delivered", "dead"] as const;

/** A notice and its delivery state. Times are epoch ms. */
export interface Delivery extends Notice {
  /**
   * Position in the outbox, which orders each (webhook, incident, episode). Higher than all stored before.
   */
  seq: number;
  state: (typeof DELIVERY_STATES)[number];
  attempts: number;
  /** Not due before this; initially 0, so due at once even if the clock steps back. */
  nextAt: number;
  lastAttemptAt?: number;
  lastStatus?: number;
  /** Why the last attempt failed, or why the notice is held or dead. Without secrets. */
  lastError?: string;
}

/** The kinds of records. Settling a slot writes none of them. */
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
 * One record, unique by (kind, key). `report`: a pushed report. `anchor`: a rollout id that a gate was asked
 * about. `approval`: a deployment that waits for approval. `remark`: a comment on an incident. `use`: last
 * use of a token. `session`: the secret that signs sessions and links. `sink`: health of a sink. `link`: a
 * used link. `group`: state of a group of incidents. `silence` and `deployment` are what they say.
 */
export interface StoredRecord {
  kind: (typeof RECORD_KINDS)[number];
  key: string;
  /** Version of the record, higher for newer ones: a sequence number or epoch ms. */
  order: number;
  /** JSON in the shape of its kind; opaque to the store. */
  value: string;
  /** Epoch ms after which it may be pruned. */
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

/** The result of an attempt. */
export type Receipt = Pick<
  Delivery,
  "state" | "attempts" | "nextAt" | "lastAttemptAt" | "lastStatus" | "lastError"
>;

/**
 * All changes of one slot, applied atomically. A shard costs one row for its state and one for its sample;
 * the lease is one further row per tick.
 */
export interface Commit {
  shards: Shard[];
  /** After a change of layout: drops shards from this number on, before `shards` are written. */
  dropFrom?: number;
  /** Inserts or replaces by (slot, shard). */
  samples: Sample[];
  /** Inserts or replaces whole incidents by id. */
  incidents: Incident[];
  /** Ignores a notice whose id is already stored, whatever its state. */
  notices: NewNotice[];
}

/** The limits of `prune`, epoch ms. */
export interface Cutoffs {
  rawBefore: number;
  hoursBefore: number;
  daysBefore: number;
  incidentsBefore: number;
  nowMs: number;
}

/** Selects a page, newest first. */
export interface PageQuery {
  /** At least 1. */
  limit: number;
  /** `next` of the previous page. An invalid cursor gives an empty page. */
  before?: string;
}

/** One page. Rows added or removed between two pages never cause other rows to be skipped or repeated. */
export interface Page<T> {
  items: T[];
  /** Opaque cursor; null on the last page. */
  next: string | null;
}

/** Leases: who may settle. */
export interface LeaseStore {
  /**
   * Takes the lease of a tick for `ttlMs` (at most 60 s). Null if the tick is taken and its lease has not
   * expired, or if a later tick was taken. A lease that ends more than `ttlMs` plus ten seconds from now, or
   * a tick more than five minutes ahead, was written by a clock that has since stepped back; it blocks no
   * process (see lease.ts).
   */
  takeLease(request: { tick: number; owner: string; nowMs: number; ttlMs: number }): Promise<Lease | null>;
  /** Releases a lease, so that its tick may be taken again at once. Does nothing if it is not the newest. */
  releaseLease(lease: Lease): Promise<void>;
}

/** States of checks, and the commits that change them. */
export interface StateStore {
  /**
   * The named shards, or all, sorted by number, without missing ones. With a lease: as a commit under it
   * finds them. If the lease is no longer the newest they may be stale, and that commit
   * is refused.
   */
  readShards(shards: number[] | "all", lease?: Lease): Promise<Shard[]>;
  /** Applies a commit atomically. False if the lease is no longer the newest; then nothing was changed. */
  commit(lease: Lease, commit: Commit): Promise<boolean>;
  /**
   * The tick (epoch ms) of the newest lease, and the newest slot with a sample; null before the first lease.
   */
  latest(): Promise<{ tick: number; slot: number | null } | null>;
}

/** The outbox: notices to deliver. */
export interface OutboxStore {
  /**
   * Claims due notices: hides them for `leaseMs` by moving their `nextAt`. Untried notices come first, else
   * the oldest. Each (webhook, incident, episode) is a queue: only its oldest pending notice can be due, and
   * blocks those behind it. With `webhook`, only its notices. The caller must handle disabled webhooks.
   */
  claimDeliveries(
    request: { nowMs: number; leaseMs: number; limit: number; webhook?: string },
  ): Promise<Delivery[]>;
  /**
   * When (epoch ms) the next notice is due, possibly in the past; null if none is pending. A store that bills
   * each request may answer too early a time until the next claim, and may miss other processes' writes for
   * five minutes.
   */
  nextDelivery(nowMs: number): Promise<number | null>;
  /** Inserts notices without a lease. As in a commit, ignores one whose id is already stored. */
  enqueue(notices: NewNotice[]): Promise<void>;
  /**
   * Records the receipt of a pending notice, or of several of one webhook, and replaces every field of it.
   * Ignores delivered and dead notices. With `wakes` (epoch ms), the webhook's other pending notices that are
   * due after `wakes` become due at the receipt's `nextAt`, unless they were created for a later time.
   */
  recordAttempt(ids: string | readonly string[], receipt: Receipt, wakes?: number): Promise<void>;
  /**
   * Takes the `limit` oldest pending notices of a webhook that were created until `nowMs`. Those due after
   * `after` become due at `nowMs`. Returns how many.
   */
  wakeDeliveries(request: { webhook: string; nowMs: number; after: number; limit?: number }): Promise<number>;
  /**
   * Makes a dead or pending notice pending and due at `nowMs`, resets its attempts, and enables its webhook.
   * False, without a change, if there is no such notice or it is delivered.
   */
  resend(id: string, nowMs: number): Promise<boolean>;
  /** Webhooks that answered 410 and get nothing until a manual retry: when (epoch ms), by id. */
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

/** Samples: the verdicts of single slots. */
export interface SampleStore {
  /** Samples of one shard, oldest first, `from` and `to` inclusive; with `limit`, only so many. */
  readSamples(query: { shard: number; from: number; to: number; limit?: number }): Promise<Sample[]>;
}

/** Rollups: figures by hour and by day. */
export interface RollupStore {
  /** Inserts or replaces rollups by (unit, start, shard), atomically. */
  putRollups(rows: Rollup[]): Promise<void>;
  /** Rollups of all shards, sorted by (start, shard); `from` and `to` inclusive. */
  readRollups(query: { unit: Rollup["unit"]; from: number; to: number }): Promise<Rollup[]>;
}

/** Records: everything that is pushed, posted or noted. */
export interface RecordStore {
  /**
   * Inserts or replaces a record by (kind, key). False, without a change, if the stored `order` is not lower.
   */
  putRecord(record: StoredRecord): Promise<boolean>;
  /** The last `limit` records of a kind, sorted by key; with `under`, only those whose key starts with it. */
  listRecords(query: { kind: StoredRecord["kind"]; under?: string; limit: number }): Promise<StoredRecord[]>;
  /** Deletes a record. False if there is none. */
  deleteRecord(kind: StoredRecord["kind"], key: string): Promise<boolean>;
}

/** Writes would be lost at the next start. The message says why, without paths. */
export class StoreLost extends Error {
  override readonly name = "StoreLost";
}

/** Maintenance of a store. */
export interface StoreUpkeep {
  /**
   * Deletes samples of slots before `rawBefore`, rollups that start before `hoursBefore` or `daysBefore`,
   * incidents resolved and settled deliveries created before `incidentsBefore`, and records that expire
   * before `nowMs`. Never deletes open incidents or pending notices. Returns how many rows it deleted.
   */
  prune(cutoffs: Cutoffs): Promise<number>;
  /** Rejects if the store cannot write now, or with `StoreLost` if its files were moved or deleted. */
  checkWritable(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A store. Methods reject only if the store is broken or a value has the wrong shape, in which case nothing
 * was changed. Texts are well-formed Unicode without U+0000. Results are copies that the caller owns.
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
