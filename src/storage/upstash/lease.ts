/** Leases in Redis, and what a lease lets its holder know without asking. */
import * as z from "../../base/zod.ts";
import type { Random } from "../../base/ports.ts";
import { grant, type StoredLease } from "../lease.ts";
import { validateShape } from "../schema.ts";
import type { Lease, Shard, Store } from "../store.ts";
import type { Commands } from "./client.ts";
import { FETCH_SCRIPT, RELEASE_SCRIPT } from "./lua.ts";
import { decodeLease, encodeLease, inflateJson, type Keys } from "./values.ts";

/** What HMGET answers. */
export const TEXTS: z.ZodMiniType<(string | null)[]> = z.array(z.nullable(z.string()));
const PAIR = z.tuple([z.string(), z.string()]);
/** Leases that are looked for at once beyond the newest one known. */
const AHEAD = 8;
const TRIES = 3;

const count = (text: string | null | undefined, field: string): number =>
  validateShape(z.coercedNumber<string | null>().check(z.int()), text ?? "0", `field ${field}`);

/**
 * Each lease is a field `lease:<fence>` that is written once (HSETNX), so that taking the next one is a single command: it fails if
 * another process came between. If none did, all that the last holder committed is still current: `shards` then needs no request.
 */
export class Leases {
  readonly #commands: Commands;
  readonly #keys: Keys;
  readonly #random: Random;
  /** The newest lease that is known here; null: there was none; undefined: it was not read yet. */
  #newestLease: StoredLease | null | undefined;
  /** The shards as the holder of the lease with that fence finds them in the store. */
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
      // The answer to our own attempt was lost.
      if (newest?.id === id) return this.#accept(newest);
      isFresh = true;
    }
    return null;
  }

  /** Whether the field was free. */
  async #write(next: StoredLease, id: string): Promise<boolean> {
    const command = ["HSETNX", this.#keys.now, `lease:${next.fence}`, encodeLease(next, id)];
    try {
      return await this.#commands.once(command) === 1;
    } catch {
      // It may have been written all the same: a look will tell, and fails if nothing works.
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

  /** The newest lease, from where writes go. */
  async #refresh(): Promise<(StoredLease & { id: string }) | null> {
    const query = (fields: string[]) => this.#commands.run(FETCH_SCRIPT, [this.#keys.now], fields);
    const { held = null } = await this.#newest(query);
    this.#newestLease = held;
    return held;
  }

  /** The newest lease, and the newest slot that has a sample; only reads. */
  async latest(): Promise<{ tick: number; slot: number | null } | null> {
    const query = (fields: string[]) => this.#commands.ask(["HMGET", this.#keys.now, ...fields]);
    const { held, slot } = await this.#newest(query);
    return held ? { tick: held.tick, slot } : null;
  }

  /** Goes on from the newest lease that is known, or that a commit was made under. */
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

  /** The shards as the holder of `lease` finds them: from memory where known, else read from the primary. */
  async shards(numbers: number[], { fence }: Lease): Promise<Shard[]> {
    const known = this.#known?.fence === fence ? this.#known.shards : new Map<number, Shard>();
    const missing = numbers.filter((number) => !known.has(number));
    if (missing.length > 0) {
      const names = missing.map((number) => `shard:${number}`);
      const texts = await this.#commands.run(FETCH_SCRIPT, [this.#keys.now], names);
      // What a commit has written meanwhile is newer.
      for (const shard of await parseShards(missing, texts)) {
        if (!known.has(shard.shard)) known.set(shard.shard, shard);
      }
    }
    return numbers.flatMap((number) => known.get(number) ?? []).map((shard) => ({ ...shard }));
  }

  /** A commit under `lease` was applied. */
  noteCommit({ fence }: Lease, shards: Shard[], dropFrom = Infinity): void {
    if (this.#known?.fence !== fence) return;
    const { shards: known } = this.#known;
    for (const number of known.keys()) if (number >= dropFrom) known.delete(number);
    for (const shard of shards) known.set(shard.shard, shard);
  }

  /** Drops what is known: the store may hold something else now. */
  forget(): void {
    this.#known = undefined;
    this.#newestLease = undefined;
  }
}

/** Shards from what HMGET answers for them; missing ones are left out. */
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
