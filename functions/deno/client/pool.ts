import type { Connection } from "./connection.ts";

/** In all: a TLS connection holds about 90 kB. */
const MAX_IDLE = 512;

/** Idle connections by what they are good for; the one that has waited longest makes way. */
export class Pool {
  readonly #byKey = new Map<string, Set<Connection>>();
  readonly #keys = new Map<Connection, string>();

  /** One that leads to one of `addresses`; what leads elsewhere is closed. */
  take(key: string, addresses: string[]): Connection | undefined {
    for (const connection of [...this.#byKey.get(key) ?? []].reverse()) {
      this.delete(connection);
      if (!connection.closed && addresses.includes(connection.address)) return connection;
      connection.close();
    }
  }

  put(key: string, connection: Connection): void {
    const same = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, same.add(connection));
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
    same.delete(connection);
    if (same.size === 0) this.#byKey.delete(key);
  }
}
