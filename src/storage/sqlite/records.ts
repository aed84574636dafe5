/** Records in SQL. */
import { RECORD, validateShape } from "../schema.ts";
import type { RecordStore } from "../store.ts";
import type { Sql } from "./sql.ts";
import { RECORDS } from "./tables.ts";

/** The records of a database. */
export const sqliteRecords = (sql: Sql): RecordStore => ({
  putRecord: (record) =>
    sql.write(() => {
      const { kind, key, order, value, expiresAt } = validateShape(RECORD, record, "the record");
      return sql.driver.run(
        `INSERT INTO memo (kind, key, ordinal, value, expires_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (kind, key)
         DO UPDATE SET ordinal = excluded.ordinal, value = excluded.value, expires_at = excluded.expires_at
         WHERE excluded.ordinal > memo.ordinal`,
        ...[kind, key, order, value, expiresAt],
      ) > 0;
    }),

  async listRecords({ kind, under = "", limit }) {
    // Keys with a prefix lie between it and it plus the last character of Unicode: a range of the primary
    // key.
    const last = "WHERE kind = ? AND key >= ? AND key < ? || char(1114111) ORDER BY key DESC LIMIT ?";
    return (await sql.select(RECORDS, last, kind, under, under, limit)).reverse();
  },

  deleteRecord: (kind, key) =>
    sql.write(() => sql.driver.run("DELETE FROM memo WHERE kind = ? AND key = ?", kind, key) > 0),
});
