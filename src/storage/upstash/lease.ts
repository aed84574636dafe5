/** Leases in Redis, and what a lease lets its holder know without asking. */
import * as z from "zod";
import type { Random } from "../../base/ports.ts";
import { grant, type Held } from "../lease.ts";
import { shaped } from "../schema.ts";
import type { Lease, Shard, Store } from "../store.ts";
import type { Commands } from "./client.ts";
import { FETCH, RELEASE } from "./lua.ts";
import { type Keys, readHeld, unpackJson, writeHeld } from "./values.ts";

/** What HMGET answers. */
export const TEXTS: z.ZodType<(string | null)[]> = z.array(z.string().nullable());
const PAIR = z.tuple([z.string(), z.string()]);
/** Leases that are looked for at once beyond the newest one known. */
const AHEAD = 8;
const TRIES = 3;

const count = (text: string | null | undefined, field: string): number =>
  shaped(z.coerce.number<string | null>().int(), text ?? "0", `field ${field}`);

/**
 * Each lease is a field `lease:<fence>` that is written once (HSETNX), so that taking the next one is a single command: it fails if
 * anybody came between. And if nobody did, all that the last holder committed still stands: `shards` then needs no request.
 */
export class Leases {
  readonly #commands: Commands;
  readonly #keys: Keys;
  readonly #random: Random;
  /** The newest lease that is known here; null: there was none; undefined: nobody has looked. */
  #held: Held | null | undefined;
  /** What stands in the store for whoever holds the lease of that fence. */
  #known: { fence: number; shards: Map<number, Shard> } | undefined;

  constructor(commands: Commands, keys: Keys, random: Random) {
    this.#commands = commands;
    this.#keys = keys;
    this.#random = random;
  }

  /** A text that nobody else comes up with. */
  newId(): string {
    return Array.from({ length: 2 }, () => Math.floor(this.#random() * 2 ** 48).toString(36)).join("");
  }

  /** As `Store.lease`. */
  async take(request: Parameters<Store["lease"]>[0]): Promise<Lease | null> {
    const id = this.newId();
    let isFresh = this.#held === undefined;
    if (isFresh) await this.#look();
    for (let tries = 0; tries < TRIES; tries++) {
      const next = grant(this.#held ?? undefined, request);
      if (!next && isFresh) return null;
      if (next && await this.#write(next, id)) return this.#taken(next);
      const newest = await this.#look();
      // The answer to our own attempt was lost.
      if (newest?.id === id) return this.#taken(newest);
      isFresh = true;
    }
    return null;
  }

  /** Whether the field was free. */
  async #write(next: Held, id: string): Promise<boolean> {
    const command = ["HSETNX", this.#keys.now, `lease:${next.fence}`, writeHeld(next, id)];
    try {
      return await this.#commands.once(command) === 1;
    } catch {
      // It may have been written all the same: a look will tell, and fails if nothing works.
      return false;
    }
  }

  #taken(next: Held): Lease {
    const own = this.#known && this.#known.fence === next.fence - 1 ? this.#known.shards : new Map();
    this.#known = { fence: next.fence, shards: own };
    this.#held = next;
    const { tick, owner, fence } = next;
    return { tick, owner, fence };
  }

  /** The newest lease, from where writes go. */
  async #look(): Promise<(Held & { id: string }) | null> {
    const query = (fields: string[]) => this.#commands.run(FETCH, [this.#keys.now], fields);
    const { held = null } = await this.#newest(query);
    this.#held = held;
    return held;
  }

  /** The newest lease, and the newest slot that has a sample; only reads. */
  async pulse(): Promise<{ tick: number; slot: number | null } | null> {
    const query = (fields: string[]) => this.#commands.ask(["HMGET", this.#keys.now, ...fields]);
    const { held, slot } = await this.#newest(query);
    return held ? { tick: held.tick, slot } : null;
  }

  /** Goes on from the newest lease that is known, or that a commit was made under. */
  async #newest(query: (fields: string[]) => Promise<unknown>) {
    let held: (Held & { id: string }) | undefined;
    let slot: number | null = null;
    for (let from = this.#held?.fence ?? 0;;) {
      const names = Array.from({ length: AHEAD }, (_, i) => `lease:${from + i}`);
      const [newest, fence, ...texts] = shaped(
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
      if (last >= 0) held = readHeld(from + last, texts[last]!);
      if (last < AHEAD - 1) return { held, slot };
      from += last;
    }
  }

  /** As `Store.release`. */
  async release({ fence }: Lease): Promise<void> {
    const held = this.#held;
    if (!held || held.fence !== fence) return;
    const freed = { ...held, until: 0 };
    await this.#commands.run(RELEASE, [this.#keys.now], [`${fence}`, `${fence + 1}`, writeHeld(freed, "")]);
    this.#held = freed;
  }

  /** What stands in the store for the holder of `lease`: what is known, and else what is read where writes go. */
  async shards(numbers: number[], { fence }: Lease): Promise<Shard[]> {
    const known = this.#known?.fence === fence ? this.#known.shards : new Map<number, Shard>();
    const missing = numbers.filter((number) => !known.has(number));
    if (missing.length > 0) {
      const names = missing.map((number) => `shard:${number}`);
      const texts = await this.#commands.run(FETCH, [this.#keys.now], names);
      // What a commit has written meanwhile is newer.
      for (const shard of await readShards(missing, texts)) {
        if (!known.has(shard.shard)) known.set(shard.shard, shard);
      }
    }
    return numbers.flatMap((number) => known.get(number) ?? []).map((shard) => ({ ...shard }));
  }

  /** A commit under `lease` was applied. */
  committed({ fence }: Lease, shards: Shard[], dropFrom = Infinity): void {
    if (this.#known?.fence !== fence) return;
    const { shards: known } = this.#known;
    for (const number of known.keys()) if (number >= dropFrom) known.delete(number);
    for (const shard of shards) known.set(shard.shard, shard);
  }

  /** It is not certain any more what stands in the store, and whose it is. */
  forget(): void {
    this.#known = undefined;
    this.#held = undefined;
  }
}

/** Shards from what HMGET answers for them; missing ones are left out. */
export async function readShards(numbers: number[], answer: unknown): Promise<Shard[]> {
  const texts = shaped(TEXTS, answer, "the shards of the Upstash store");
  const shards = await Promise.all(numbers.map(async (shard, i) => {
    const text = texts[i];
    if (typeof text !== "string") return [];
    const [layout, state] = await unpackJson(PAIR, text, `field shard:${shard} of the Upstash store`);
    return [{ shard, layout, state }];
  }));
  return shards.flat();
}
