import * as z from "../base/zod.ts";
import type { Incident } from "../judgement/incident.ts";
import { type Cursor, decodeCursor, toPage } from "./cursor.ts";
import { grant, type StoredLease } from "./lease.ts";
import { COMMIT, NOTICES, RECEIPT, RECORD, ROLLUP, validateShape } from "./schema.ts";
import type { StoreKind } from "./store_kind.ts";
import type {
  Commit,
  Cutoffs,
  Delivery,
  Lease,
  NewNotice,
  Page,
  PageQuery,
  Receipt,
  Rollup,
  Sample,
  Shard,
  Store,
  StoredRecord,
} from "./store.ts";

/** A store in memory, for tests and demos. */
export function memoryStore(): Store {
  return new MemoryStore();
}

/** The kind of the memory store; it has no settings. */
export const memoryKind: StoreKind = {
  kind: "memory",
  schema: ({ map }) => map({}).check(z.describe("Loses everything at exit.")),
  open: () => memoryStore(),
};

class MemoryStore implements Store {
  #lease: StoredLease | undefined;
  readonly #shards = new Map<number, Shard>();
  readonly #samples = new Map<string, Sample>();
  readonly #incidents = new Map<string, Incident>();
  /** Sorted by seq. */
  #outbox: Delivery[] = [];
  readonly #disabled = new Map<string, number>();
  readonly #rollups = new Map<string, Rollup>();
  readonly #records = new Map<string, StoredRecord>();

  takeLease(request: Parameters<Store["takeLease"]>[0]): Promise<Lease | null> {
    const held = grant(this.#lease, request);
    this.#lease = held ?? this.#lease;
    return Promise.resolve(held && { tick: held.tick, owner: held.owner, fence: held.fence });
  }

  readShards(shards: number[] | "all"): Promise<Shard[]> {
    const found = [...this.#shards.values()].filter(({ shard }) =>
      shards === "all" || shards.includes(shard)
    );
    return copy(found.sort((a, b) => a.shard - b.shard));
  }

  releaseLease({ fence }: Lease): Promise<void> {
    if (this.#lease?.fence === fence) this.#lease = { ...this.#lease, until: 0 };
    return Promise.resolve();
  }

  commit(lease: Lease, commit: Commit): Promise<boolean> {
    return Promise.try(() => {
      const own = validateShape(COMMIT, commit, "the commit");
      if (this.#lease?.fence !== lease.fence) return false;
      const { dropFrom = Infinity } = own;
      for (const shard of this.#shards.keys()) if (shard >= dropFrom) this.#shards.delete(shard);
      for (const shard of own.shards) this.#shards.set(shard.shard, shard);
      for (const sample of own.samples) this.#samples.set(`${sample.slot}/${sample.shard}`, sample);
      for (const incident of own.incidents) this.#incidents.set(incident.id, incident);
      for (const notice of own.notices) this.#enqueue(notice);
      return true;
    });
  }

  #enqueue({ notBefore = 0, ...notice }: NewNotice) {
    if (this.#outbox.some(({ id }) => id === notice.id)) return;
    const seq = (this.#outbox.at(-1)?.seq ?? 0) + 1;
    this.#outbox.push({ ...notice, seq, state: "pending", attempts: 0, nextAt: notBefore });
  }

  enqueue(notices: NewNotice[]): Promise<void> {
    return Promise.try(() => {
      for (const notice of validateShape(NOTICES, notices, "the notices")) this.#enqueue(notice);
    });
  }

  latest(): Promise<{ tick: number; slot: number | null } | null> {
    if (!this.#lease) return Promise.resolve(null);
    const slots = [...this.#samples.values()].map(({ slot }) => slot).sort((a, b) => a - b);
    return Promise.resolve({ tick: this.#lease.tick, slot: slots.at(-1) ?? null });
  }

  claimDeliveries(
    { nowMs, leaseMs, limit, webhook }: Parameters<Store["claimDeliveries"]>[0],
  ): Promise<Delivery[]> {
    const isDue = (head: Delivery) => head.nextAt <= nowMs && (webhook ?? head.webhook) === head.webhook;
    const heads = this.#heads().filter(isDue);
    const [fresh, tried] = [heads.filter(isFresh), heads.filter((head) => !isFresh(head))];
    const due = [...fresh, ...tried].slice(0, limit);
    for (const delivery of due) delivery.nextAt = nowMs + leaseMs;
    return copy(due);
  }

  /** The oldest pending notice of each queue. */
  #heads(): Delivery[] {
    const heads = new Map<string, Delivery>();
    for (const delivery of this.#outbox) {
      const queue = JSON.stringify([delivery.webhook, delivery.incident, delivery.episode]);
      if (delivery.state === "pending" && !heads.has(queue)) heads.set(queue, delivery);
    }
    return [...heads.values()];
  }

  nextDelivery(): Promise<number | null> {
    const heads = this.#heads();
    return Promise.resolve(heads.length === 0 ? null : Math.min(...heads.map(({ nextAt }) => nextAt)));
  }

  recordAttempt(ids: string | readonly string[], receipt: Receipt, wakes = Infinity): Promise<void> {
    return Promise.try(() => {
      const own = validateShape(RECEIPT, receipt, `the receipt of ${ids}`);
      const cleared = { lastAttemptAt: undefined, lastStatus: undefined, lastError: undefined };
      const named = new Set([ids].flat());
      const pending = this.#outbox.filter(({ state }) => state === "pending");
      const changed = pending.filter(({ id }) => named.has(id));
      for (const delivery of changed) Object.assign(delivery, cleared, own);
      for (const other of pending) {
        const isMeant = !named.has(other.id) && other.webhook === changed[0]?.webhook;
        if (isMeant && other.nextAt > wakes && other.createdAt <= own.nextAt) other.nextAt = own.nextAt;
      }
    });
  }

  wakeDeliveries(
    { webhook, nowMs, after, limit = Infinity }: Parameters<Store["wakeDeliveries"]>[0],
  ): Promise<number> {
    const own = this.#outbox.filter((row) =>
      row.state === "pending" && row.webhook === webhook && row.createdAt <= nowMs
    );
    const late = own.slice(0, limit).filter(({ nextAt }) => nextAt > after);
    for (const delivery of late) delivery.nextAt = nowMs;
    return Promise.resolve(late.length);
  }

  resend(id: string, nowMs: number): Promise<boolean> {
    const delivery = this.#outbox.find((delivery) => delivery.id === id && delivery.state !== "delivered");
    if (!delivery) return Promise.resolve(false);
    Object.assign(delivery, { state: "pending", attempts: 0, nextAt: nowMs });
    this.#disabled.delete(delivery.webhook);
    return Promise.resolve(true);
  }

  listDisabledWebhooks(): Promise<Record<string, number>> {
    return Promise.resolve(Object.fromEntries(this.#disabled));
  }

  disableWebhook(webhook: string, atMs: number | null): Promise<void> {
    if (atMs === null) this.#disabled.delete(webhook);
    else this.#disabled.set(webhook, atMs);
    return Promise.resolve();
  }

  getIncident(id: string): Promise<Incident | null> {
    return copy(this.#incidents.get(id) ?? null);
  }

  listIncidents(
    { state, target, check, ...page }: Parameters<Store["listIncidents"]>[0],
  ): Promise<Page<Incident>> {
    const found = [...this.#incidents.values()].filter((row) => matches(row, { state, target, check }));
    return copy(pageOf(found, page, ({ openedAt, id }) => ({ at: openedAt, id })));
  }

  listDeliveries(
    { state, incident, ...page }: Parameters<Store["listDeliveries"]>[0],
  ): Promise<Page<Delivery>> {
    const found = this.#outbox.filter((row) => matches(row, { state, incident }));
    return copy(pageOf(found, page, ({ seq, id }) => ({ at: seq, id })));
  }

  readSamples({ shard, from, to, limit }: Parameters<Store["readSamples"]>[0]): Promise<Sample[]> {
    const found = [...this.#samples.values()].filter((sample) =>
      sample.shard === shard && from <= sample.slot && sample.slot <= to
    );
    return copy(found.sort((a, b) => a.slot - b.slot).slice(0, limit));
  }

  putRollups(rollups: Rollup[]): Promise<void> {
    return Promise.try(() => {
      for (const rollup of validateShape(z.array(ROLLUP), rollups, "the rollups")) {
        this.#rollups.set(`${rollup.unit}/${rollup.start}/${rollup.shard}`, rollup);
      }
    });
  }

  readRollups({ unit, from, to }: Parameters<Store["readRollups"]>[0]): Promise<Rollup[]> {
    const found = [...this.#rollups.values()].filter((rollup) =>
      rollup.unit === unit && from <= rollup.start && rollup.start <= to
    );
    return copy(found.sort((a, b) => a.start - b.start || a.shard - b.shard));
  }

  putRecord(record: StoredRecord): Promise<boolean> {
    return Promise.try(() => {
      const own = validateShape(RECORD, record, "the record");
      const key = JSON.stringify([own.kind, own.key]);
      if ((this.#records.get(key)?.order ?? -Infinity) >= own.order) return false;
      this.#records.set(key, own);
      return true;
    });
  }

  listRecords({ kind, under = "", limit }: Parameters<Store["listRecords"]>[0]): Promise<StoredRecord[]> {
    const found = [...this.#records.values()].filter((record) =>
      record.kind === kind && record.key.startsWith(under)
    );
    return copy(found.sort((a, b) => a.key < b.key ? -1 : 1).slice(-limit));
  }

  deleteRecord(kind: StoredRecord["kind"], key: string): Promise<boolean> {
    return Promise.resolve(this.#records.delete(JSON.stringify([kind, key])));
  }

  prune({ rawBefore, hoursBefore, daysBefore, incidentsBefore, nowMs }: Cutoffs): Promise<number> {
    const rows = () =>
      this.#samples.size + this.#rollups.size + this.#records.size + this.#incidents.size +
      this.#outbox.length;
    const before = rows();
    for (const [key, { slot }] of this.#samples) if (slot < rawBefore) this.#samples.delete(key);
    const oldest = { hour: hoursBefore, day: daysBefore };
    for (const [key, { unit, start }] of this.#rollups) if (start < oldest[unit]) this.#rollups.delete(key);
    for (const [key, { expiresAt }] of this.#records) if (expiresAt < nowMs) this.#records.delete(key);
    for (const [id, { state, resolvedAt, updatedAt }] of this.#incidents) {
      if (state === "resolved" && (resolvedAt ?? updatedAt) < incidentsBefore) this.#incidents.delete(id);
    }
    this.#outbox = this.#outbox.filter(({ state, createdAt }) =>
      state === "pending" || createdAt >= incidentsBefore
    );
    return Promise.resolve(before - rows());
  }

  checkWritable(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const isFresh = ({ attempts }: Delivery) => attempts === 0;

/** Results are copies, so that callers cannot change stored values. */
const copy = <T>(value: T) => Promise.resolve(structuredClone(value));

const matches = <T>(row: T, wanted: Partial<T>) =>
  Object.entries(wanted).every(([key, value]) => value === undefined || row[key as keyof T] === value);

function pageOf<T>(rows: T[], { limit, before }: PageQuery, cursorOf: (row: T) => Cursor): Page<T> {
  const order = (a: Cursor, b: Cursor) => b.at - a.at || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
  const start = decodeCursor(before);
  const after = rows.filter((row) => order(start, cursorOf(row)) < 0);
  return toPage(after.sort((a, b) => order(cursorOf(a), cursorOf(b))), limit, cursorOf);
}
