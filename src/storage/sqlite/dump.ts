/** Writes the rows of a SQL store as JSON lines, to copy it to another machine. */
import type { SqlDriver, SqlValue } from "./driver.ts";
import { VERSION } from "./migrations.ts";

/** Rows read or written at a time. */
export const PAGE_ROWS = 500;

/**
 * Tables that are read at one instant, and the condition on their rows. Never copies the key that signs
 * sessions.
 */
export const STATE_TABLES: Record<string, string> = {
  lease: "1",
  shard: "1",
  incident: "1",
  webhook: "1",
  memo: "kind <> 'session'",
  outbox: "state = 'pending'",
};

/** Tables that are read page by page, and the columns of their keys. */
export const HISTORY_TABLES: Record<string, string[]> = {
  outbox: ["seq"],
  sample: ["slot", "shard"],
  rollup: ["unit", "start", "shard"],
};

/** A row: values by column. */
export type SqlRow = Record<string, SqlValue>;

const line = (value: unknown) => `${JSON.stringify(value)}\n`;

/**
 * Yields a dump. The first piece holds the state tables of one instant. History follows in pages, read as
 * they come.
 */
export function* dumpLines(driver: SqlDriver): Generator<string> {
  let rows = 0;
  const linesOf = (table: string, page: readonly unknown[]) => {
    rows += page.length;
    return page.map((row) => line({ table, row })).join("");
  };
  const states = Object.entries(STATE_TABLES).map(([table, where]) =>
    linesOf(table, driver.all(`SELECT * FROM ${table} WHERE ${where}`))
  );
  yield line({ assay: "store", version: VERSION }) + states.join("");
  for (const [table, key] of Object.entries(HISTORY_TABLES)) {
    for (const page of pagesOf(driver, table, key)) yield linesOf(table, page);
  }
  yield line({ rows });
}

function* pagesOf(driver: SqlDriver, table: string, key: readonly string[]): Generator<SqlRow[]> {
  const columns = key.join(", ");
  const places = key.map(() => "?").join(", ");
  let after: SqlValue[] | undefined;
  for (;;) {
    const where = after ? `WHERE (${columns}) > (${places})` : "";
    const sql = `SELECT * FROM ${table} ${where} ORDER BY ${columns} LIMIT ${PAGE_ROWS}`;
    const page = driver.all(sql, ...after ?? []) as SqlRow[];
    const last = page.at(-1);
    if (!last) return;
    yield page;
    after = key.map((column) => last[column]!);
  }
}
