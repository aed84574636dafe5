/** Rows to store, and a store under test with the few moves that its tests repeat. */
import { afterEach, beforeEach, expect } from "vitest";
import type { Incident } from "../../src/judgement/incident.ts";
import {
  type Commit,
  type Cutoffs,
  type Delivery,
  type Lease,
  type NewNotice,
  type Receipt,
  RECORD_KINDS,
  type Rollup,
  type Store,
  type StoredRecord,
} from "../../src/storage/store.ts";

/** Any whole minute, epoch ms. */
export const T = 1_700_000_040_000;
export const MINUTE = 60_000;
/** How long a lease lasts here, ms. */
export const TTL = 50_000;
export const HOUR = 60 * MINUTE;

/** An open incident that opened at T. */
export function incident(id: string, more: Partial<Incident> = {}): Incident {
  return {
    id,
    target: "shop",
    check: "write",
    scope: "global",
    family: "service",
    kind: "drift",
    severity: "critical",
    state: "open",
    episode: 1,
    openedAt: T,
    updatedAt: T,
    timeline: [{ at: T, change: "opened", kind: "drift", outcome: "drift" }],
    ...more,
  };
}

/** The same, resolved. */
export const resolvedIncident = (id: string, resolvedAt: number): Incident =>
  incident(id, { state: "resolved", resolvedAt, updatedAt: resolvedAt, reason: "recovered" });

/** A notice about incident `i1` for webhook `hook`, created at T. */
export const notice = (id: string, more: Partial<NewNotice> = {}): NewNotice => ({
  id,
  webhook: "hook",
  incident: "i1",
  type: "incident.opened",
  body: `{"id":"${id}"}`,
  createdAt: T,
  ...more,
});

/** A commit of only what is named. */
export const commit = (more: Partial<Commit>): Commit => ({
  shards: [],
  samples: [],
  incidents: [],
  notices: [],
  ...more,
});

/** All that a store tells of itself. */
export async function dump(store: Store) {
  const samples = await Promise.all(
    [0, 1, 2, 3].map((shard) => store.readSamples({ shard, from: 0, to: 2 * T })),
  );
  return {
    shards: await store.readShards("all"),
    samples: samples.flat(),
    incidents: (await store.listIncidents({ limit: 1000 })).items,
    deliveries: (await store.listDeliveries({ limit: 1000 })).items,
    disabled: await store.listDisabledWebhooks(),
    pulse: await store.latest(),
    rollups: [
      ...await store.readRollups({ unit: "hour", from: 0, to: 2 * T }),
      ...await store.readRollups({ unit: "day", from: 0, to: 2 * T }),
    ],
    memos: (await Promise.all(RECORD_KINDS.map((kind) => store.listRecords({ kind, limit: 1000 })))).flat(),
  };
}

/** Cutoffs that forget nothing but what is named. */
export const cutoffs = (more: Partial<Cutoffs>): Cutoffs => ({
  rawBefore: 0,
  hoursBefore: 0,
  daysBefore: 0,
  incidentsBefore: 0,
  nowMs: 0,
  ...more,
});

/** A silence under the key `s1`, kept for an hour after T. */
export const memo = (more: Partial<StoredRecord> = {}): StoredRecord => ({
  kind: "silence",
  key: "s1",
  order: 1,
  value: "{}",
  expiresAt: T + HOUR,
  ...more,
});

/** The figures of shard 0 in the hour that starts at T. */
export const rollup = (more: Partial<Rollup> = {}): Rollup => ({
  unit: "hour",
  start: T,
  shard: 0,
  data: "figures",
  ...more,
});

/** What a page or a claim is about. */
export const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);
/** A shard of layout `a`. */
export const shard = (number: number, state = `state ${number}`) => ({ shard: number, layout: "a", state });

/** A store under test: a new one for each test. */
export class StoreFixture {
  store!: Store;
  #lease: Lease | null = null;

  constructor(open: () => Store | Promise<Store>) {
    beforeEach(async () => {
      this.store = await open();
      this.#lease = null;
    });
    afterEach(() => this.store.close());
  }

  take(tick: number, nowMs = tick, owner = "a"): Promise<Lease | null> {
    return this.store.takeLease({ tick, owner, nowMs, ttlMs: TTL });
  }

  async takeOrFail(tick: number, nowMs = tick): Promise<Lease> {
    const lease = await this.take(tick, nowMs);
    expect(lease).not.toBeNull();
    return lease!;
  }

  /** Commits under the lease of T. */
  async commitNow(more: Partial<Commit>): Promise<void> {
    this.#lease ??= await this.takeOrFail(T);
    expect(await this.store.commit(this.#lease, commit(more))).toBe(true);
  }

  /** Ids of what is claimed for a minute. */
  async claimIds(nowMs = T, limit = 10): Promise<string[]> {
    return ids(await this.store.claimDeliveries({ nowMs, leaseMs: MINUTE, limit }));
  }

  receipt(id: string, state: Delivery["state"], nextAt = T): Promise<void> {
    const receipt: Receipt = {
      state,
      attempts: 1,
      nextAt,
      lastAttemptAt: T,
      lastStatus: 500,
      lastError: "500",
    };
    return this.store.recordAttempt(id, receipt);
  }
}
