import type { Incident } from "../judgement/incident.ts";
import { paged, type Place, placeOf } from "./cursor.ts";
import { grant, type Held } from "./lease.ts";
import { COMMIT, MEMO, RECEIPT, ROLLUP, shaped } from "./schema.ts";
import type {
  Commit,
  Cutoffs,
  Delivery,
  Lease,
  Memo,
  Notice,
  Page,
  Paged,
  Receipt,
  Rollup,
  Sample,
  Shard,
  Store,
} from "./store.ts";

/** A store that lives as long as the process: for tests, demos and tries. */
export function memoryStore(): Store {
  return new MemoryStore();
}

class MemoryStore implements Store {
  #held: Held | undefined;
  readonly #shards = new Map<number, Shard>();
  readonly #samples = new Map<string, Sample>();
  readonly #incidents = new Map<string, Incident>();
  /** In order of seq. */
  #outbox: Delivery[] = [];
  readonly #disabled = new Map<string, number>();
  readonly #rollups = new Map<string, Rollup>();
  readonly #memos = new Map<string, Memo>();

  lease(request: Parameters<Store["lease"]>[0]): Promise<Lease | null> {
    const held = grant(this.#held, request);
    this.#held = held ?? this.#held;
    return Promise.resolve(held && { tick: held.tick, owner: held.owner, fence: held.fence });
  }

  read(shards: number[] | "all"): Promise<Shard[]> {
    const found = [...this.#shards.values()].filter(({ shard }) =>
      shards === "all" || shards.includes(shard)
    );
    return copied(found.sort((a, b) => a.shard - b.shard));
  }

  release({ fence }: Lease): Promise<void> {
    if (this.#held?.fence === fence) this.#held = { ...this.#held, until: 0 };
    return Promise.resolve();
  }

  commit(lease: Lease, commit: Commit): Promise<boolean> {
    return Promise.try(() => {
      const own = shaped(COMMIT, commit, "the commit");
      if (this.#held?.fence !== lease.fence) return false;
      const { dropFrom = Infinity } = own;
      for (const shard of this.#shards.keys()) if (shard >= dropFrom) this.#shards.delete(shard);
      for (const shard of own.shards) this.#shards.set(shard.shard, shard);
      for (const sample of own.samples) this.#samples.set(`${sample.slot}/${sample.shard}`, sample);
      for (const incident of own.incidents) this.#incidents.set(incident.id, incident);
      for (const notice of own.notices) this.#enqueue(notice);
      return true;
    });
  }

  #enqueue(notice: Notice) {
    if (this.#outbox.some(({ id }) => id === notice.id)) return;
    const seq = (this.#outbox.at(-1)?.seq ?? 0) + 1;
    this.#outbox.push({ ...notice, seq, state: "pending", attempts: 0, nextAt: 0 });
  }

  pulse(): Promise<{ tick: number; slot: number | null } | null> {
    if (!this.#held) return Promise.resolve(null);
    const slots = [...this.#samples.values()].map(({ slot }) => slot).sort((a, b) => a - b);
    return Promise.resolve({ tick: this.#held.tick, slot: slots.at(-1) ?? null });
  }

  claim({ nowMs, leaseMs, limit, webhook }: Parameters<Store["claim"]>[0]): Promise<Delivery[]> {
    const heads = new Map<string, Delivery>();
    for (const delivery of this.#outbox) {
      const queue = JSON.stringify([delivery.webhook, delivery.incident]);
      if (delivery.state === "pending" && !heads.has(queue)) heads.set(queue, delivery);
    }
    const wanted = (head: Delivery) => head.nextAt <= nowMs && (webhook ?? head.webhook) === head.webhook;
    const due = [...heads.values()].filter(wanted).slice(0, limit);
    for (const delivery of due) delivery.nextAt = nowMs + leaseMs;
    return copied(due);
  }

  receipt(id: string, receipt: Receipt, wakes = Infinity): Promise<void> {
    return Promise.try(() => {
      const own = shaped(RECEIPT, receipt, `the receipt of ${id}`);
      const nothing = { lastAttemptAt: undefined, lastStatus: undefined, lastError: undefined };
      const delivery = this.#outbox.find((delivery) => delivery.id === id && delivery.state === "pending");
      if (!delivery) return;
      Object.assign(delivery, nothing, own);
      for (const other of this.#outbox) {
        if (other === delivery || other.state !== "pending" || other.webhook !== delivery.webhook) continue;
        if (other.nextAt > wakes) other.nextAt = own.nextAt;
      }
    });
  }

  resend(id: string, nowMs: number): Promise<boolean> {
    const delivery = this.#outbox.find((delivery) => delivery.id === id && delivery.state !== "delivered");
    if (!delivery) return Promise.resolve(false);
    Object.assign(delivery, { state: "pending", attempts: 0, nextAt: nowMs });
    this.#disabled.delete(delivery.webhook);
    return Promise.resolve(true);
  }

  disabled(): Promise<Record<string, number>> {
    return Promise.resolve(Object.fromEntries(this.#disabled));
  }

  disable(webhook: string, atMs: number | null): Promise<void> {
    if (atMs === null) this.#disabled.delete(webhook);
    else this.#disabled.set(webhook, atMs);
    return Promise.resolve();
  }

  incident(id: string): Promise<Incident | null> {
    return copied(this.#incidents.get(id) ?? null);
  }

  incidents({ state, target, check, ...page }: Parameters<Store["incidents"]>[0]): Promise<Paged<Incident>> {
    const found = [...this.#incidents.values()].filter((row) => matches(row, { state, target, check }));
    return copied(newest(found, page, ({ openedAt, id }) => ({ at: openedAt, id })));
  }

  deliveries({ state, incident, ...page }: Parameters<Store["deliveries"]>[0]): Promise<Paged<Delivery>> {
    const found = this.#outbox.filter((row) => matches(row, { state, incident }));
    return copied(newest(found, page, ({ seq, id }) => ({ at: seq, id })));
  }

  samples({ shard, from, to }: Parameters<Store["samples"]>[0]): Promise<Sample[]> {
    const found = [...this.#samples.values()].filter((sample) =>
      sample.shard === shard && from <= sample.slot && sample.slot <= to
    );
    return copied(found.sort((a, b) => a.slot - b.slot));
  }

  rollUp(rollups: Rollup[]): Promise<void> {
    return Promise.try(() => {
      for (const rollup of shaped(ROLLUP.array(), rollups, "the rollups")) {
        this.#rollups.set(`${rollup.unit}/${rollup.start}/${rollup.shard}`, rollup);
      }
    });
  }

  rollups({ unit, from, to }: Parameters<Store["rollups"]>[0]): Promise<Rollup[]> {
    const found = [...this.#rollups.values()].filter((rollup) =>
      rollup.unit === unit && from <= rollup.start && rollup.start <= to
    );
    return copied(found.sort((a, b) => a.start - b.start || a.shard - b.shard));
  }

  tell(memo: Memo): Promise<boolean> {
    return Promise.try(() => {
      const own = shaped(MEMO, memo, "the memo");
      const key = JSON.stringify([own.kind, own.key]);
      if ((this.#memos.get(key)?.order ?? -Infinity) >= own.order) return false;
      this.#memos.set(key, own);
      return true;
    });
  }

  told({ kind, under = "", limit }: Parameters<Store["told"]>[0]): Promise<Memo[]> {
    const found = [...this.#memos.values()].filter((memo) =>
      memo.kind === kind && memo.key.startsWith(under)
    );
    return copied(found.sort((a, b) => a.key < b.key ? -1 : 1).slice(-limit));
  }

  unsay(kind: Memo["kind"], key: string): Promise<boolean> {
    return Promise.resolve(this.#memos.delete(JSON.stringify([kind, key])));
  }

  retain({ rawBefore, hoursBefore, daysBefore, incidentsBefore, nowMs }: Cutoffs): Promise<number> {
    const rows = () =>
      this.#samples.size + this.#rollups.size + this.#memos.size + this.#incidents.size + this.#outbox.length;
    const before = rows();
    for (const [key, { slot }] of this.#samples) if (slot < rawBefore) this.#samples.delete(key);
    const oldest = { hour: hoursBefore, day: daysBefore };
    for (const [key, { unit, start }] of this.#rollups) if (start < oldest[unit]) this.#rollups.delete(key);
    for (const [key, { expiresAt }] of this.#memos) if (expiresAt < nowMs) this.#memos.delete(key);
    for (const [id, { state, resolvedAt, updatedAt }] of this.#incidents) {
      if (state === "resolved" && (resolvedAt ?? updatedAt) < incidentsBefore) this.#incidents.delete(id);
    }
    this.#outbox = this.#outbox.filter(({ state, createdAt }) =>
      state === "pending" || createdAt >= incidentsBefore
    );
    return Promise.resolve(before - rows());
  }

  probe(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** What is handed out must not be a door into the store. */
const copied = <T>(value: T) => Promise.resolve(structuredClone(value));

const matches = <T>(row: T, wanted: Partial<T>) =>
  Object.entries(wanted).every(([key, value]) => value === undefined || row[key as keyof T] === value);

function newest<T>(rows: T[], { limit, before }: Page, place: (row: T) => Place): Paged<T> {
  const order = (a: Place, b: Place) => b.at - a.at || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
  const start = placeOf(before);
  const after = rows.filter((row) => order(start, place(row)) < 0);
  return paged(after.sort((a, b) => order(place(a), place(b))), limit, place);
}
