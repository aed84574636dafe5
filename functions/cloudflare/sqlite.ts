import type { ObjectStorage } from "cloudflare:workers";
import { SQLITE } from "../../src/storage/sqlite/kind.ts";
import { sqliteStore } from "../../src/storage/sqlite/store.ts";
import type { StoreEnv, StoreKind } from "../../src/storage/store_kind.ts";
import type { SqlDriver } from "../../src/storage/sqlite/driver.ts";

export function objectDriver(storage: Pick<ObjectStorage, "sql" | "transactionSync">): SqlDriver {
  const all: SqlDriver["all"] = (sql, ...params) => storage.sql.exec(sql, ...params).toArray();
  return {
    all,
    run: (sql, ...params) => {
      all(sql, ...params);
      // rowsWritten would also count index rows.
      return Number(all("SELECT changes() AS rows")[0]!.rows);
    },
    transaction: (work) => storage.transactionSync(work),
    close: () => {},
  };
}

export interface ObjectEnv extends StoreEnv {
  storage: ObjectStorage;
}

/** A Durable Object's own SQLite. It ignores the config's path, which is for other runtimes. */
export const objectKind: StoreKind<ObjectEnv> = {
  ...SQLITE,
  open: (_, { storage }) => sqliteStore(objectDriver(storage)),
};
