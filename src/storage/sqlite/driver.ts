/** A parameter of a statement. */
export type SqlValue = string | number | null;

/** A synchronous SQLite driver: one statement and at most 100 parameters per call. */
export interface SqlDriver {
  all(sql: string, ...params: SqlValue[]): Record<string, unknown>[];
  /** Returns how many rows changed. */
  run(sql: string, ...params: SqlValue[]): number;
  /** Runs `work` in a write transaction; rolls back if it throws. */
  transaction<T>(work: () => T): T;
  /**
   * Throws `StoreLost` if the open files are no longer those at the path. Absent if the runtime manages the
   * files.
   */
  checkFiles?(): void;
  close(): void;
}
