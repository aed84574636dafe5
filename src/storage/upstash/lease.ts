/** Leases in Redis. */
import * as z from "../../base/zod.ts";
import type { Random } from "../../base/ports.ts";
import { grant, type StoredLease } from "../lease.ts";
import { validateShape } from "../schema.ts";
import type { Lease, Store } from "../store.ts";
import type { Commands } from "./client.ts";
import { FETCH_SCRIPT, RELEASE_SCRIPT } from "./lua.ts";
import { TEXTS } from "./reader.ts";
import { decodeLease, encodeLease, type Keys } from "./values.ts";

/** Lease fields read per request, from the newest known lease on. */
const AHEAD = 8;
const TRIES = 3;

const count = (text: string | null | undefined, field: string): number =>
  validateShape(z.coercedNumber<string | null>().check(z.int()), text ?? "0", `field ${field}`);

/**
 * Each lease is a field `lease:<fence>`, written once (HSETNX). So taking the next lease is a single command,
 * which fails if another process took one in between.
 */
export class Leases {
  readonly #commands: Commands;
  readonly #keys: Keys;
  readonly #random: Random;
  /** The newest known lease; null if there was none, undefined before the first read. */
  #newestLease: StoredLease | null | undefined;

  constructor(commands: Commands, keys: Keys, random: Random) {
    this.#commands = commands;
    this.#keys = keys;
    this.#random = random;
  }

  /** A random id. */
  newId(): string {
    return Array.from({ length: 2 }, () => Math.floor(this.#random() * 2 ** 48).toString(36)).join("");
  }

  /** As `Store.takeLease`. */
  async take(request: Parameters<Store["takeLease"]>[0]): Promise<Lease | null> {
    const id = this.newId();
    let isFresh = this.#newestLease === undefined;
    if (isFresh) await this.#refresh();
    for (let tries = 0; tries < TRIES; tries++) {
      const next = grant(this.#newestLease ?? undefined, request);
      if (!next && isFresh) return null;
      if (next && await this.#write(next, id)) return this.#accept(next);
      const newest = await this.#refresh();
      // Our own write succeeded, but its answer was lost.
      if (newest?.id === id) return this.#accept(newest);
      isFresh = true;
    }
    return null;
  }

  /** Writes a lease; false if its field is taken or the result is unknown. */
  async #write(next: StoredLease, id: string): Promise<boolean> {
    const command = ["HSETNX", this.#keys.now, `lease:${next.fence}`, encodeLease(next, id)];
    try {
      return await this.#commands.once(command) === 1;
    } catch {
      // It may have been written: the caller reads the newest lease, which rejects if Redis is down.
      return false;
    }
  }

  #accept(next: StoredLease): Lease {
    this.#newestLease = next;
    const { tick, owner, fence } = next;
    return { tick, owner, fence };
  }

  /** Reads the newest lease from the primary. */
  async #refresh(): Promise<(StoredLease & { id: string }) | null> {
    const query = (fields: string[]) => this.#commands.run(FETCH_SCRIPT, [this.#keys.now], fields);
    const { held = null } = await this.#newest(query);
    this.#newestLease = held;
    return held;
  }

  /** The newest lease and the newest slot with a sample. Changes nothing. */
  async latest(): Promise<{ tick: number; slot: number | null } | null> {
    const query = (fields: string[]) => this.#commands.ask(["HMGET", this.#keys.now, ...fields]);
    const { held, slot } = await this.#newest(query);
    return held ? { tick: held.tick, slot } : null;
  }

  /** Finds the newest lease, starting from the newest known one or the one of the last commit. */
  async #newest(query: (fields: string[]) => Promise<unknown>) {
    let held: (StoredLease & { id: string }) | undefined;
    let slot: number | null = null;
    for (let from = this.#newestLease?.fence ?? 0;;) {
      const names = Array.from({ length: AHEAD }, (_, i) => `lease:${from + i}`);
      const [newest, fence, ...texts] = validateShape(
        TEXTS,
        await query(["newest", "fence", ...names]),
        "the leases of the Upstash store",
      );
      slot = typeof newest === "string" ? count(newest, "newest") : null;
      if (count(fence, "fence") > from + AHEAD - 1) {
        from = count(fence, "fence");
        continue;
      }
      const last = texts.findLastIndex((text) => text !== null);
      if (last >= 0) held = decodeLease(from + last, texts[last]!);
      if (last < AHEAD - 1) return { held, slot };
      from += last;
    }
  }

  /** As `Store.releaseLease`. */
  async release({ fence }: Lease): Promise<void> {
    // A failed commit has made this store forget its lease.
    const held = this.#newestLease === undefined ? await this.#refresh() : this.#newestLease;
    if (held?.fence !== fence) return;
    const freed = { ...held, until: 0 };
    await this.#commands.run(RELEASE_SCRIPT, [this.#keys.now], [
      `${fence}`,
      `${fence + 1}`,
      encodeLease(freed, ""),
    ]);
    this.#newestLease = freed;
  }

  /** Discards what is known of the newest lease, because the store may have changed. */
  forget(): void {
    this.#newestLease = undefined;
  }
}
