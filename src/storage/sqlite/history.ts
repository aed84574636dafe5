/** Samples and rollups in SQL. */
import * as z from "../../base/zod.ts";
import { ROLLUP, validateShape } from "../schema.ts";
import type { RollupStore, Sample, SampleStore } from "../store.ts";
import type { Sql } from "./sql.ts";
import { ROLLUPS, SAMPLES } from "./tables.ts";

/** Inserts or replaces a sample. */
export function putSample({ driver }: Sql, { slot, shard, data }: Sample): void {
  driver.run(
    `INSERT INTO sample (slot, shard, data) VALUES (?, ?, ?)
     ON CONFLICT (slot, shard) DO UPDATE SET data = excluded.data`,
    ...[slot, shard, data],
  );
}

/** The history of a database. */
export const sqliteHistory = (sql: Sql): SampleStore & RollupStore => ({
  readSamples({ shard, from, to, limit = -1 }) {
    const page = "WHERE shard = ? AND slot BETWEEN ? AND ? ORDER BY slot LIMIT ?";
    return sql.select(SAMPLES, page, shard, from, to, limit);
  },

  putRollups: (rollups) =>
    sql.write(() => {
      for (const { unit, start, shard, data } of validateShape(z.array(ROLLUP), rollups, "the rollups")) {
        sql.driver.run(
          `INSERT INTO rollup (unit, start, shard, data) VALUES (?, ?, ?, ?)
           ON CONFLICT (unit, start, shard) DO UPDATE SET data = excluded.data`,
          ...[unit, start, shard, data],
        );
      }
    }),

  readRollups({ unit, from, to }) {
    const page = "WHERE unit = ? AND start BETWEEN ? AND ? ORDER BY start, shard";
    return sql.select(ROLLUPS, page, unit, from, to);
  },
});
