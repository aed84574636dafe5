import type { Connection } from "./connection.ts";

/** The maximum in total: a TLS connection holds about 90 kB. */
const MAX_IDLE = 512;

/** Idle connections by key; the one idle longest is evicted. */
export class Pool {
  readonly #byKey = new Map<string, Connection[]>();
  readonly #keys = new Map<Connection, string>();

  /** Takes a connection to one of `addresses`; connections to other addresses are closed. */
  take(key: string, addresses: string[]): Connection | undefined {
    const same = this.#byKey.get(key) ?? [];
    while (same.length > 0) {
      const connection = same.at(-1)!;
      this.delete(connection);
      if (!connection.closed && addresses.includes(connection.address)) return connection;
      connection.close();
    }
  }

  put(key: string, connection: Connection): void {
    const same = this.#byKey.get(key);
    if (same) same.push(connection);
    else this.#byKey.set(key, [connection]);
    this.#keys.set(connection, key);
    if (this.#keys.size <= MAX_IDLE) return;
    const oldest = this.#keys.keys().next().value!;
    this.delete(oldest);
    oldest.close();
  }

  delete(connection: Connection): void {
    const key = this.#keys.get(connection);
    if (key === undefined) return;
    this.#keys.delete(connection);
    const same = this.#byKey.get(key)!;
    same.splice(same.lastIndexOf(connection), 1);
    if (same.length === 0) this.#byKey.delete(key);
  }
}
