import { grant, type StoredLease } from "../lease.ts";
import { COMMIT, validateShape } from "../schema.ts";
import type { LeaseStore, Shard, StateStore, Store, StoreUpkeep } from "../store.ts";
import type { SqlDriver } from "./driver.ts";
import { putSample, sqliteHistory } from "./history.ts";
import { putIncident, sqliteIncidents } from "./incidents.ts";
import { migrate, WRITE_TEST } from "./migrations.ts";
import { insertNotice, sqliteOutbox } from "./outbox.ts";
import { sqliteRecords } from "./records.ts";
import { Sql } from "./sql.ts";
import { LATEST, LEASE, SHARDS } from "./tables.ts";

/**
 * A store over SQL. Creates or migrates its tables. A commit writes one shard row and one sample row per
 * shard; the lease is one further row per tick. Throws if the database cannot be used or has a newer schema.
 */
export function sqliteStore(driver: SqlDriver): Store {
  migrate(driver);
  const sql = new Sql(driver);
  return {
    ...leasesOf(sql),
    ...statesOf(sql),
    ...sqliteOutbox(sql),
    ...sqliteIncidents(sql),
    ...sqliteHistory(sql),
    ...sqliteRecords(sql),
    ...upkeepOf(sql),
  };
}

const storedLease = (sql: Sql): StoredLease | undefined => sql.rows(LEASE, "")[0];

const leasesOf = (sql: Sql): LeaseStore => ({
  takeLease: (request) =>
    sql.write(() => {
      const granted = grant(storedLease(sql), request);
      if (!granted) return null;
      const { tick, owner, fence, until } = granted;
      sql.driver.run(
        `INSERT INTO lease (one, tick, owner, fence, until) VALUES (1, ?, ?, ?, ?) ON CONFLICT (one)
         DO UPDATE SET tick = excluded.tick, owner = excluded.owner, fence = excluded.fence, until = excluded.until`,
        ...[tick, owner, fence, until],
      );
      return { tick, owner, fence };
    }),

  releaseLease: ({ fence }) =>
    Promise.try(() => void sql.driver.run("UPDATE lease SET until = 0 WHERE fence = ?", fence)),
});

const statesOf = (sql: Sql): StateStore => ({
  readShards(shards) {
    if (shards === "all") return sql.select(SHARDS, "ORDER BY shard");
    // One JSON parameter, because a list of placeholders could exceed the limit of 100.
    const named = "WHERE shard IN (SELECT value FROM json_each(?)) ORDER BY shard";
    return sql.select(SHARDS, named, JSON.stringify(shards));
  },

  commit: (lease, commit) =>
    sql.write(() => {
      const { shards, dropFrom, samples, incidents, notices } = validateShape(COMMIT, commit, "the commit");
      if (storedLease(sql)?.fence !== lease.fence) return false;
      if (dropFrom !== undefined) sql.driver.run("DELETE FROM shard WHERE shard >= ?", dropFrom);
      for (const shard of shards) putShard(sql, shard);
      for (const sample of samples) putSample(sql, sample);
      for (const incident of incidents) putIncident(sql, incident);
      for (const notice of notices) insertNotice(sql, notice);
      return true;
    }),

  async latest() {
    const [newest] = await sql.select(LATEST, "");
    return newest ? { tick: newest.tick, slot: newest.slot ?? null } : null;
  },
});

function putShard({ driver }: Sql, { shard, layout, state }: Shard): void {
  driver.run(
    `INSERT INTO shard (shard, layout, state) VALUES (?, ?, ?)
     ON CONFLICT (shard) DO UPDATE SET layout = excluded.layout, state = excluded.state`,
    ...[shard, layout, state],
  );
}

const upkeepOf = (sql: Sql): StoreUpkeep => ({
  prune: ({ rawBefore, hoursBefore, daysBefore, incidentsBefore, nowMs }) =>
    sql.write(() =>
      sql.driver.run("DELETE FROM sample WHERE slot < ?", rawBefore) +
      sql.driver.run("DELETE FROM rollup WHERE unit = 'hour' AND start < ?", hoursBefore) +
      sql.driver.run("DELETE FROM rollup WHERE unit = 'day' AND start < ?", daysBefore) +
      sql.driver.run("DELETE FROM memo WHERE expires_at < ?", nowMs) +
      // Here and below an index spares reading the rows that stay. Resolved before implies opened before.
      sql.driver.run(
        "DELETE FROM incident WHERE opened_at < ? AND state = 'resolved' AND resolved_at < ?",
        ...[incidentsBefore, incidentsBefore],
      ) +
      sql.driver.run("DELETE FROM outbox WHERE state <> 'pending' AND created_at < ?", incidentsBefore)
    ),

  checkWritable: () =>
    sql.write(() => {
      sql.driver.checkFiles?.();
      sql.driver.run(WRITE_TEST);
    }),

  close: () => Promise.try(() => sql.driver.close()),
});
