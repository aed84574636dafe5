/** Leases in Redis, and the shards that the holder of a lease knows without a request. */
import * as z from "../../base/zod.ts";
import type { Random } from "../../base/ports.ts";
import { grant, type StoredLease } from "../lease.ts";
import { validateShape } from "../schema.ts";
import type { Lease, Shard, Store } from "../store.ts";
import type { Commands } from "./client.ts";
import { FETCH_SCRIPT, RELEASE_SCRIPT } from "./lua.ts";
import { TEXTS } from "./reader.ts";
import { decodeLease, encodeLease, inflateJson, type Keys } from "./values.ts";

const PAIR = z.tuple([z.string(), z.string()]);
/** Lease fields read per request, from the newest known lease on. */
const AHEAD = 8;
const TRIES = 3;

const count = (text: string | null | undefined, field: string): number =>
  validateShape(z.coercedNumber<string | null>().check(z.int()), text ?? "0", `field ${field}`);

/**
 * Each lease is a field `lease:<fence>`, written once (HSETNX). So taking the next lease is a single command,
 * which fails if another process took one in between. If none did, the last holder's commits are still
 * current, and `shards` needs no request.
 */
export class Leases {
  readonly #commands: Commands;
  readonly #keys: Keys;
  readonly #random: Random;
  /** The newest known lease; null if there was none, undefined before the first read. */
  #newestLease: StoredLease | null | undefined;
  /** The stored shards, as the holder of the lease with this fence knows them. */
  #known: { fence: number; shards: Map<number, Shard> } | undefined;

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
    const own = this.#known && this.#known.fence === next.fence - 1 ? this.#known.shards : new Map();
    this.#known = { fence: next.fence, shards: own };
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
    const held = this.#newestLease;
    if (!held || held.fence !== fence) return;
    const freed = { ...held, until: 0 };
    await this.#commands.run(RELEASE_SCRIPT, [this.#keys.now], [
      `${fence}`,
      `${fence + 1}`,
      encodeLease(freed, ""),
    ]);
    this.#newestLease = freed;
  }

  /** The shards under `lease`: from memory if known, else from the primary. */
  async shards(numbers: number[], { fence }: Lease): Promise<Shard[]> {
    const known = this.#known?.fence === fence ? this.#known.shards : new Map<number, Shard>();
    const missing = numbers.filter((number) => !known.has(number));
    if (missing.length > 0) {
      const names = missing.map((number) => `shard:${number}`);
      const texts = await this.#commands.run(FETCH_SCRIPT, [this.#keys.now], names);
      // Keep what a concurrent commit has noted: it is newer.
      for (const shard of await parseShards(missing, texts)) {
        if (!known.has(shard.shard)) known.set(shard.shard, shard);
      }
    }
    return numbers.flatMap((number) => known.get(number) ?? []).map((shard) => ({ ...shard }));
  }

  /** Records a commit that was applied under `lease`. */
  noteCommit({ fence }: Lease, shards: Shard[], dropFrom = Infinity): void {
    if (this.#known?.fence !== fence) return;
    const { shards: known } = this.#known;
    for (const number of known.keys()) if (number >= dropFrom) known.delete(number);
    for (const shard of shards) known.set(shard.shard, shard);
  }

  /** Discards all known state, because the store may have changed. */
  forget(): void {
    this.#known = undefined;
    this.#newestLease = undefined;
  }
}

/** Shards from the answer of HMGET, without missing ones. */
export async function parseShards(numbers: number[], answer: unknown): Promise<Shard[]> {
  const texts = validateShape(TEXTS, answer, "the shards of the Upstash store");
  const shards = await Promise.all(numbers.map(async (shard, i) => {
    const text = texts[i];
    if (typeof text !== "string") return [];
    const [layout, state] = await inflateJson(PAIR, text, `field shard:${shard} of the Upstash store`);
    return [{ shard, layout, state }];
  }));
  return shards.flat();
}
