import * as z from "../../base/zod.ts";
import type { Incident } from "../../judgement/incident.ts";
import { decodeCursor, toPage } from "../cursor.ts";
import { grant, type StoredLease } from "../lease.ts";
import { migrate, WRITE_TEST } from "./migrations.ts";
import { COMMIT, NOTICES, RECEIPT, RECORD, ROLLUP, validateShape } from "../schema.ts";
import type {
  Commit,
  Cutoffs,
  Delivery,
  Lease,
  NewNotice,
  Page,
  Receipt,
  Rollup,
  Sample,
  Shard,
  Store,
  StoredRecord,
} from "../store.ts";
import {
  checkRow,
  INCIDENTS,
  LATEST,
  LEASE,
  OUTBOX,
  RECORDS,
  ROLLUPS,
  SAMPLES,
  SHARDS,
  type Table,
  WEBHOOKS,
} from "./tables.ts";
import type { SqlDriver, SqlValue } from "./driver.ts";

/**
 * A store over SQL, whose tables it makes. A commit writes one shard row and one sample row per shard; the lease is one
 * further row per tick. Throws if the database cannot be used or has a newer schema.
 */
export function sqliteStore(driver: SqlDriver): Store {
  migrate(driver);
  return new SqliteStore(driver);
}

/**
 * The oldest pending notice of each webhook and incident, by the partial index: what is delivered or dead is not read. With min() SQLite
 * takes the other columns from the row that holds the minimum ("bare columns", lang_select).
 */
const HEADS = `SELECT min(seq) AS head, next_at, webhook, attempts FROM outbox INDEXED BY outbox_pending
  WHERE state = 'pending' GROUP BY webhook, incident, episode`;

class SqliteStore implements Store {
  readonly #driver: SqlDriver;

  constructor(driver: SqlDriver) {
    this.#driver = driver;
  }

  takeLease(request: Parameters<Store["takeLease"]>[0]): Promise<Lease | null> {
    return this.#write(() => {
      const granted = grant(this.#storedLease(), request);
      if (!granted) return null;
      const { tick, owner, fence, until } = granted;
      this.#driver.run(
        `INSERT INTO lease (one, tick, owner, fence, until) VALUES (1, ?, ?, ?, ?) ON CONFLICT (one)
         DO UPDATE SET tick = excluded.tick, owner = excluded.owner, fence = excluded.fence, until = excluded.until`,
        ...[tick, owner, fence, until],
      );
      return { tick, owner, fence };
    });
  }

  releaseLease({ fence }: Lease): Promise<void> {
    return Promise.try(() => void this.#driver.run("UPDATE lease SET until = 0 WHERE fence = ?", fence));
  }

  readShards(shards: number[] | "all"): Promise<Shard[]> {
    if (shards === "all") return this.#select(SHARDS, "ORDER BY shard");
    // One JSON parameter, because a list of placeholders could pass the limit of 100.
    const named = "WHERE shard IN (SELECT value FROM json_each(?)) ORDER BY shard";
    return this.#select(SHARDS, named, JSON.stringify(shards));
  }

  commit(lease: Lease, commit: Commit): Promise<boolean> {
    return this.#write(() => {
      const { shards, dropFrom, samples, incidents, notices } = validateShape(COMMIT, commit, "the commit");
      if (this.#storedLease()?.fence !== lease.fence) return false;
      if (dropFrom !== undefined) this.#driver.run("DELETE FROM shard WHERE shard >= ?", dropFrom);
      for (const shard of shards) this.#putShard(shard);
      for (const sample of samples) this.#putSample(sample);
      for (const incident of incidents) this.#putIncident(incident);
      for (const notice of notices) this.#enqueue(notice);
      return true;
    });
  }

  latest(): Promise<{ tick: number; slot: number | null } | null> {
    return Promise.try(() => {
      const [newest] = this.#rows(LATEST, "");
      return newest ? { tick: newest.tick, slot: newest.slot ?? null } : null;
    });
  }

  claimDeliveries(
    { nowMs, leaseMs, limit, webhook }: Parameters<Store["claimDeliveries"]>[0],
  ): Promise<Delivery[]> {
    return this.#write(() => {
      const claimed = this.#driver.all(
        `UPDATE outbox SET next_at = ? WHERE seq IN (
           SELECT head FROM (${HEADS}) WHERE next_at <= ? AND coalesce(?, webhook) = webhook ORDER BY attempts > 0, head LIMIT ?
         ) RETURNING ${OUTBOX.columns}`,
        ...[nowMs + leaseMs, nowMs, webhook ?? null, limit],
      );
      return claimed.map((row) => checkRow(OUTBOX, row)).sort((a, b) =>
        Number(a.attempts > 0) - Number(b.attempts > 0) || a.seq - b.seq
      );
    });
  }

  nextDelivery(): Promise<number | null> {
    return Promise.try(() => {
      const [row] = this.#driver.all(`SELECT min(next_at) AS due FROM (${HEADS})`);
      return row?.due === null ? null : Number(row?.due);
    });
  }

  enqueue(notices: NewNotice[]): Promise<void> {
    return this.#write(() => {
      for (const notice of validateShape(NOTICES, notices, "the notices")) this.#enqueue(notice);
    });
  }

  recordAttempt(ids: string | readonly string[], receipt: Receipt, wakes?: number): Promise<void> {
    return this.#write(() => {
      const own = validateShape(RECEIPT, receipt, `the receipt of ${ids}`);
      const named = JSON.stringify([ids].flat());
      const [changed] = this.#driver.all(
        `UPDATE outbox SET state = ?, attempts = ?, next_at = ?, last_attempt_at = ?, last_status = ?, last_error = ?
         WHERE id IN (SELECT value FROM json_each(?)) AND state = 'pending' RETURNING webhook`,
        ...[own.state, own.attempts, own.nextAt],
        ...[own.lastAttemptAt ?? null, own.lastStatus ?? null, own.lastError ?? null, named],
      );
      if (changed === undefined || wakes === undefined) return;
      this.#driver.run(
        `UPDATE outbox SET next_at = ? WHERE state = 'pending' AND webhook = ? AND next_at > ? AND created_at <= ?
           AND id NOT IN (SELECT value FROM json_each(?))`,
        ...[own.nextAt, String(changed.webhook), wakes, own.nextAt, named],
      );
    });
  }

  wakeDeliveries(
    { webhook, nowMs, after, limit = -1 }: Parameters<Store["wakeDeliveries"]>[0],
  ): Promise<number> {
    return this.#write(() =>
      this.#driver.run(
        `UPDATE outbox SET next_at = ? WHERE next_at > ? AND seq IN (
           SELECT seq FROM outbox WHERE state = 'pending' AND webhook = ? AND created_at <= ? ORDER BY seq LIMIT ?
         )`,
        ...[nowMs, after, webhook, nowMs, limit],
      )
    );
  }

  resend(id: string, nowMs: number): Promise<boolean> {
    return this.#write(() => {
      const again =
        "UPDATE outbox SET state = 'pending', attempts = 0, next_at = ? WHERE id = ? AND state <> 'delivered'";
      if (this.#driver.run(again, nowMs, id) === 0) return false;
      this.#driver.run("DELETE FROM webhook WHERE id = (SELECT webhook FROM outbox WHERE id = ?)", id);
      return true;
    });
  }

  listDisabledWebhooks(): Promise<Record<string, number>> {
    return Promise.try(() =>
      Object.fromEntries(this.#rows(WEBHOOKS, "").map(({ id, disabledAt }) => [id, disabledAt]))
    );
  }

  disableWebhook(webhook: string, atMs: number | null): Promise<void> {
    return Promise.try(() => {
      if (atMs === null) {
        this.#driver.run("DELETE FROM webhook WHERE id = ?", webhook);
        return;
      }
      this.#driver.run(
        `INSERT INTO webhook (id, disabled_at) VALUES (?, ?)
         ON CONFLICT (id) DO UPDATE SET disabled_at = excluded.disabled_at`,
        ...[webhook, atMs],
      );
    });
  }

  getIncident(id: string): Promise<Incident | null> {
    return Promise.try(() => this.#rows(INCIDENTS, "WHERE id = ?", id)[0] ?? null);
  }

  listIncidents(query: Parameters<Store["listIncidents"]>[0]): Promise<Page<Incident>> {
    const { limit, before, state, target, check } = query;
    const { at, id } = decodeCursor(before);
    const { wanted, values } = filter({ state, target, check_id: check });
    const page = `WHERE (opened_at, id) < (?, ?) ${wanted} ORDER BY opened_at DESC, id DESC LIMIT ?`;
    return Promise.try(() => {
      const rows = this.#rows(INCIDENTS, page, at, id, ...values, limit + 1);
      return toPage(rows, limit, ({ openedAt, id }) => ({ at: openedAt, id }));
    });
  }

  listDeliveries(query: Parameters<Store["listDeliveries"]>[0]): Promise<Page<Delivery>> {
    const { limit, before, state, incident } = query;
    const { wanted, values } = filter({ state, incident });
    const page = `WHERE seq < ? ${wanted} ORDER BY seq DESC LIMIT ?`;
    return Promise.try(() => {
      const rows = this.#rows(OUTBOX, page, decodeCursor(before).at, ...values, limit + 1);
      return toPage(rows, limit, ({ seq, id }) => ({ at: seq, id }));
    });
  }

  readSamples({ shard, from, to }: Parameters<Store["readSamples"]>[0]): Promise<Sample[]> {
    return this.#select(SAMPLES, "WHERE shard = ? AND slot BETWEEN ? AND ? ORDER BY slot", shard, from, to);
  }

  putRollups(rollups: Rollup[]): Promise<void> {
    return this.#write(() => {
      for (const { unit, start, shard, data } of validateShape(z.array(ROLLUP), rollups, "the rollups")) {
        this.#driver.run(
          `INSERT INTO rollup (unit, start, shard, data) VALUES (?, ?, ?, ?)
           ON CONFLICT (unit, start, shard) DO UPDATE SET data = excluded.data`,
          ...[unit, start, shard, data],
        );
      }
    });
  }

  readRollups({ unit, from, to }: Parameters<Store["readRollups"]>[0]): Promise<Rollup[]> {
    const page = "WHERE unit = ? AND start BETWEEN ? AND ? ORDER BY start, shard";
    return this.#select(ROLLUPS, page, unit, from, to);
  }

  putRecord(record: StoredRecord): Promise<boolean> {
    return this.#write(() => {
      const { kind, key, order, value, expiresAt } = validateShape(RECORD, record, "the record");
      return this.#driver.run(
        `INSERT INTO memo (kind, key, ordinal, value, expires_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (kind, key)
         DO UPDATE SET ordinal = excluded.ordinal, value = excluded.value, expires_at = excluded.expires_at
         WHERE excluded.ordinal > memo.ordinal`,
        ...[kind, key, order, value, expiresAt],
      ) > 0;
    });
  }

  async listRecords(
    { kind, under = "", limit }: Parameters<Store["listRecords"]>[0],
  ): Promise<StoredRecord[]> {
    // All keys that begin so lie between it and it with the last character of Unicode: a range of the primary key.
    const last = "WHERE kind = ? AND key >= ? AND key < ? || char(1114111) ORDER BY key DESC LIMIT ?";
    return (await this.#select(RECORDS, last, kind, under, under, limit)).reverse();
  }

  deleteRecord(kind: StoredRecord["kind"], key: string): Promise<boolean> {
    return this.#write(() => this.#driver.run("DELETE FROM memo WHERE kind = ? AND key = ?", kind, key) > 0);
  }

  prune({ rawBefore, hoursBefore, daysBefore, incidentsBefore, nowMs }: Cutoffs): Promise<number> {
    return this.#write(() =>
      this.#driver.run("DELETE FROM sample WHERE slot < ?", rawBefore) +
      this.#driver.run("DELETE FROM rollup WHERE unit = 'hour' AND start < ?", hoursBefore) +
      this.#driver.run("DELETE FROM rollup WHERE unit = 'day' AND start < ?", daysBefore) +
      this.#driver.run("DELETE FROM memo WHERE expires_at < ?", nowMs) +
      // Here and below an index is what leaves unread all that is kept; what was resolved before had opened before.
      this.#driver.run(
        "DELETE FROM incident WHERE opened_at < ? AND state = 'resolved' AND resolved_at < ?",
        ...[incidentsBefore, incidentsBefore],
      ) +
      this.#driver.run("DELETE FROM outbox WHERE state <> 'pending' AND created_at < ?", incidentsBefore)
    );
  }

  checkWritable(): Promise<void> {
    return this.#write(() => {
      this.#driver.checkFiles?.();
      this.#driver.run(WRITE_TEST);
    });
  }

  close(): Promise<void> {
    return Promise.try(() => this.#driver.close());
  }

  #write<T>(work: () => T): Promise<T> {
    return Promise.try(() => this.#driver.transaction(work));
  }

  #rows<T>(table: Table<T>, rest: string, ...params: SqlValue[]): T[] {
    const rows = this.#driver.all(`SELECT ${table.columns} FROM ${table.name} ${rest}`, ...params);
    return rows.map((row) => checkRow(table, row));
  }

  #select<T>(table: Table<T>, rest: string, ...params: SqlValue[]): Promise<T[]> {
    return Promise.try(() => this.#rows(table, rest, ...params));
  }

  #storedLease(): StoredLease | undefined {
    return this.#rows(LEASE, "")[0];
  }

  #putShard({ shard, layout, state }: Shard) {
    this.#driver.run(
      `INSERT INTO shard (shard, layout, state) VALUES (?, ?, ?)
       ON CONFLICT (shard) DO UPDATE SET layout = excluded.layout, state = excluded.state`,
      ...[shard, layout, state],
    );
  }

  #putSample({ slot, shard, data }: Sample) {
    this.#driver.run(
      `INSERT INTO sample (slot, shard, data) VALUES (?, ?, ?)
       ON CONFLICT (slot, shard) DO UPDATE SET data = excluded.data`,
      ...[slot, shard, data],
    );
  }

  #putIncident(incident: Incident) {
    const { id, openedAt, state, target, check, resolvedAt, updatedAt } = incident;
    this.#driver.run(
      `INSERT INTO incident (id, json, opened_at, state, target, check_id, resolved_at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET json = excluded.json, opened_at = excluded.opened_at, state = excluded.state,
         target = excluded.target, check_id = excluded.check_id, resolved_at = excluded.resolved_at`,
      ...[id, JSON.stringify(incident), openedAt, state, target, check],
      state === "resolved" ? resolvedAt ?? updatedAt : null,
    );
  }

  #enqueue({ id, webhook, incident, episode, type, body, createdAt, notBefore = 0 }: NewNotice) {
    this.#driver.run(
      `INSERT INTO outbox (id, webhook, incident, episode, type, body, created_at, state, attempts, next_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', 0, ?) ON CONFLICT (id) DO NOTHING`,
      ...[id, webhook, incident, episode ?? null, type, body, createdAt, notBefore],
    );
  }
}

/** Conditions on the columns whose values are given. */
function filter(columns: Record<string, string | undefined>) {
  const given = Object.entries(columns).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    wanted: given.map(([column]) => `AND ${column} = ?`).join(" "),
    values: given.map(([, value]) => value),
  };
}
