/** Shards and commits in Redis. */
import * as z from "../../base/zod.ts";
import { COMMIT, validateShape } from "../schema.ts";
import type { Commit, Lease, Shard, StateStore } from "../store.ts";
import type { Commands } from "./client.ts";
import type { Leases } from "./lease.ts";
import { ABORT_SCRIPT, COMMIT_SCRIPT, FETCH_SCRIPT, STAGE_SCRIPT } from "./lua.ts";
import type { Outbox } from "./outbox.ts";
import { type Reader, TEXTS, wordsOf } from "./reader.ts";
import { encodeCommit, inflateJson, type Keys } from "./values.ts";

/**
 * A larger commit (in UTF-16 units) is staged in pieces, because Upstash limits requests to 1 MB. The margin
 * leaves room for quotes that are escaped twice.
 */
const PIECE = 400_000;
const STAGE_SECONDS = 300;
const TRIES = 5;
const PAIR = z.tuple([z.string(), z.string()]);
const COMMITTED = z.tuple([z.union([z.literal(0), z.literal(1)]), z.string()]);

/** What `States` works with. */
export interface StatesOptions {
  commands: Commands;
  reader: Reader;
  keys: Keys;
  leases: Leases;
  outbox: Outbox;
}

/** The states of one database. */
export class UpstashStates implements StateStore {
  readonly #options: StatesOptions;
  /** Numbers of the shards that the last read of all found. */
  #listed: number[] = [];
  /** Ids of commits without an answer: one may still arrive while its lease is the newest. */
  #unconfirmed: string[] = [];

  constructor(options: StatesOptions) {
    this.#options = options;
  }

  async readShards(shards: number[] | "all", lease?: Lease): Promise<Shard[]> {
    const { commands, reader, keys } = this.#options;
    if (lease) await this.#abortUnconfirmed();
    const query = (fields: string[]) =>
      lease ? commands.run(FETCH_SCRIPT, [keys.now], fields) : reader.fields(keys.now, fields);
    if (shards === "all") return await this.#readAll(query);
    const numbers = [...new Set(shards)].sort((a, b) => a - b);
    if (numbers.length === 0) return [];
    return await parseShards(numbers, await query(numbers.map((number) => `shard:${number}`)));
  }

  /** Takes one command, unless shards were added since the last read. */
  async #readAll(query: (fields: string[]) => Promise<unknown>): Promise<Shard[]> {
    for (let tries = 0;; tries++) {
      const wanted = this.#listed;
      const fields = ["shards", ...wanted.map((number) => `shard:${number}`)];
      const [list, ...texts] = validateShape(TEXTS, await query(fields), "the shards of the Upstash store");
      const listed = wordsOf(list).map(Number).sort((a, b) => a - b);
      this.#listed = validateShape(z.array(z.int()), listed, "field shards of the Upstash store");
      if (listed.every((number) => wanted.includes(number)) || tries === TRIES) {
        return await parseShards(wanted, texts);
      }
    }
  }

  async commit(lease: Lease, commit: Commit): Promise<boolean> {
    const { commands, leases, outbox } = this.#options;
    const own = validateShape(COMMIT, commit, "the commit");
    await this.#abortUnconfirmed();
    const id = leases.newId();
    const { now, incidents, opened, resolved, notices, order, pending, deliveries, stage } =
      this.#options.keys;
    const keys = [now, incidents, opened, resolved, notices, order, pending, deliveries, stage(id)];
    const args = [`${lease.fence}`, `${lease.fence + 1}`, id];
    try {
      const text = JSON.stringify(await encodeCommit(own));
      const answer = await commands.run(COMMIT_SCRIPT, keys, [
        ...args,
        ...await this.#stage(stage(id), text),
      ]);
      const [isCommitted, due] = validateShape(COMMITTED, answer, "the answer to a commit");
      outbox.noteNextDue(due);
      if (isCommitted === 0) leases.forget();
      return isCommitted === 1;
    } catch (error) {
      this.#unconfirmed.push(id);
      leases.forget();
      outbox.forget();
      throw error;
    }
  }

  /** Makes sure that no abandoned commit is applied after the read or commit that follows. */
  async #abortUnconfirmed(): Promise<void> {
    const { commands, keys } = this.#options;
    const unconfirmed = [...this.#unconfirmed];
    if (unconfirmed.length === 0) return;
    await commands.run(ABORT_SCRIPT, [keys.now], unconfirmed);
    this.#unconfirmed = this.#unconfirmed.filter((id) => !unconfirmed.includes(id));
  }

  /**
   * The commit as arguments of its script: the text, or the number of pieces sent ahead if it is too large.
   */
  async #stage(key: string, text: string): Promise<string[]> {
    if (text.length <= PIECE) return [text, "0"];
    const pieces = Math.ceil(text.length / PIECE);
    for (let i = 0; i < pieces; i++) {
      const piece = text.slice(i * PIECE, (i + 1) * PIECE);
      await this.#options.commands.run(STAGE_SCRIPT, [key], [`${i + 1}`, piece, `${STAGE_SECONDS}`]);
    }
    return ["", `${pieces}`];
  }

  latest(): Promise<{ tick: number; slot: number | null } | null> {
    return this.#options.leases.latest();
  }
}

/** Shards from the answer of HMGET, without missing ones. */
async function parseShards(numbers: number[], answer: unknown): Promise<Shard[]> {
  const texts = validateShape(TEXTS, answer, "the shards of the Upstash store");
  const shards = await Promise.all(numbers.map(async (shard, i) => {
    const text = texts[i];
    if (typeof text !== "string") return [];
    const [layout, state] = await inflateJson(PAIR, text, `field shard:${shard} of the Upstash store`);
    return [{ shard, layout, state }];
  }));
  return shards.flat();
}
