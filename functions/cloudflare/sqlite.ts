import type { ObjectStorage } from "cloudflare:workers";
import type { SqlDriver } from "../../src/storage/sqlite/driver.ts";

/** The driver over a Durable Object's own SQLite. */
export function objectDriver(storage: Pick<ObjectStorage, "sql" | "transactionSync">): SqlDriver {
  const all: SqlDriver["all"] = (sql, ...params) => storage.sql.exec(sql, ...params).toArray();
  return {
    all,
    run: (sql, ...params) => {
      all(sql, ...params);
      // rowsWritten would count the rows of indexes, too.
      return Number(all("SELECT changes() AS rows")[0]!.rows);
    },
    transaction: (work) => storage.transactionSync(work),
    close: () => {},
  };
}
