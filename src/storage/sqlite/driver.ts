/** What a statement may be given. */
export type SqlValue = string | number | null;

/** A synchronous SQLite: one statement and at most 100 parameters per call. */
export interface SqlDriver {
  all(sql: string, ...params: SqlValue[]): Record<string, unknown>[];
  /** Answers how many rows changed. */
  run(sql: string, ...params: SqlValue[]): number;
  /** Runs `work` under the write lock; what it did is undone if it throws. */
  transaction<T>(work: () => T): T;
  /** Throws `StoreLost` if others no longer find what is written here. Absent where the runtime keeps the files. */
  checkFiles?(): void;
  close(): void;
}
