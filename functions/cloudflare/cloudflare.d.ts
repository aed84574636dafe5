/**
 * The parts of Cloudflare's API that `functions/` uses. The platform's type package would replace the globals
 * of every other file.
 */

export type SqlStorageValue = string | number | null | ArrayBuffer;

/** The result of a statement. */
export interface SqlStorageCursor {
  toArray(): Record<string, SqlStorageValue>[];
  /** Includes index rows and all rows that a scan passes. */
  rowsRead: number;
  /** Includes index rows. */
  rowsWritten: number;
}

/** A Durable Object's storage. */
export interface ObjectStorage {
  sql: { exec(query: string, ...bindings: unknown[]): SqlStorageCursor };
  transactionSync<T>(work: () => T): T;
  get<T>(key: string): Promise<T | undefined>;
  put<T>(key: string, value: T): Promise<void>;
  getAlarm(): Promise<number | null>;
  setAlarm(atMs: number): Promise<void>;
}

/** A Durable Object's own context. */
export interface ObjectState {
  storage: ObjectStorage;
}

export declare class DurableObject<Env> {
  constructor(ctx: ObjectState, env: Env);
  protected readonly ctx: ObjectState;
  protected readonly env: Env;
  fetch?(request: Request): Response | Promise<Response>;
  alarm?(): void | Promise<void>;
}
