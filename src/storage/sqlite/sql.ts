import type { SqlDriver, SqlValue } from "./driver.ts";
import { checkRow, type Table } from "./tables.ts";

/** A driver with typed reads, each row checked against its table's shape. */
export class Sql {
  constructor(readonly driver: SqlDriver) {}

  /** Runs `work` in a transaction. */
  write<T>(work: () => T): Promise<T> {
    return Promise.try(() => this.driver.transaction(work));
  }

  /** Reads rows; `rest` is the statement after FROM. */
  rows<T>(table: Table<T>, rest: string, ...params: SqlValue[]): T[] {
    const rows = this.driver.all(`SELECT ${table.columns} FROM ${table.name} ${rest}`, ...params);
    return rows.map((row) => checkRow(table, row));
  }

  /** As `rows`, but rejects instead of throwing. */
  select<T>(table: Table<T>, rest: string, ...params: SqlValue[]): Promise<T[]> {
    return Promise.try(() => this.rows(table, rest, ...params));
  }
}

/** SQL conditions for the columns that have a value. */
export function filterBy(columns: Record<string, string | undefined>) {
  const given = Object.entries(columns).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    conditions: given.map(([column]) => `AND ${column} = ?`).join(" "),
    values: given.map(([, value]) => value),
  };
}
