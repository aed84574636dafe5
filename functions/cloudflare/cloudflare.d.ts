/** What `functions/` uses of Cloudflare. The platform's own type package would replace the globals of every other file. */

/** A value in a row. */
export type SqlStorageValue = string | number | null | ArrayBuffer;

/** What a statement gave. */
export interface SqlStorageCursor {
  toArray(): Record<string, SqlStorageValue>[];
  /** Rows of indexes included, as are all that a scan passes. */
  rowsRead: number;
  /** Rows of indexes included. */
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

/** A Durable Object as it sees itself. */
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
