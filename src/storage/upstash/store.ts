/**
 * State in Upstash Redis, for several deployments that share no disk. A tick is two requests and four commands, whatever the number of
 * checks: HSETNX takes the lease, and one script of two calls commits (upstash_lease.ts says why the states need not be read).
 */
import * as z from "zod";
import type { Incident } from "../../judgement/incident.ts";
import type { Random } from "../../base/ports.ts";
import { paged, type Place, placeOf } from "../cursor.ts";
import { COMMIT as SHAPE, INCIDENT, MEMO, ROLLUP, shaped } from "../schema.ts";
import {
  type Commit,
  type Cutoffs,
  type Lease,
  type Memo,
  MEMO_KINDS,
  type Paged,
  type Rollup,
  type Sample,
  type Shard,
  type Store,
} from "../store.ts";
import { Commands, type UpstashOptions } from "./client.ts";
import { Leases, readShards, TEXTS } from "./lease.ts";
import { Outbox, pairs } from "./outbox.ts";
import { ANNUL, COMMIT, FETCH, RETAIN, STAGE, TELL } from "./lua.ts";
import { HOUR_MS, keysOf, pack, readMemo, unpack, unpackJson, writeCommit, writeMemo } from "./values.ts";

/** What a store needs. `prefix` tells apart those that share a database. */
export interface StoreOptions extends UpstashOptions {
  random: Random;
  prefix?: string;
}

/** A commit that is larger (in UTF-16 units) is sent in pieces: Upstash takes requests of 1 MB. Quotes may be escaped twice. */
const PIECE = 400_000;
const STAGE_SECONDS = 300;
/** Packed texts that are read at once. */
const CHUNK = 100;
const WON = z.tuple([z.union([z.literal(0), z.literal(1)]), z.string()]);
const STRINGS = z.array(z.string());

/** A store over an Upstash database. Nothing is asked before the first call. */
export function upstashStore({ random, prefix = "assay", ...options }: StoreOptions): Store {
  return new UpstashStore(new Commands(options), prefix, random);
}

class UpstashStore implements Store {
  readonly #commands: Commands;
  readonly #keys: ReturnType<typeof keysOf>;
  readonly #leases: Leases;
  readonly #outbox: Outbox;
  /** Shards that there were when all were read last. */
  #listed: number[] = [];
  /** Commits whose end is not known: one may still arrive, under a lease that holds. */
  #strays: string[] = [];

  constructor(commands: Commands, prefix: string, random: Random) {
    this.#commands = commands;
    this.#keys = keysOf(prefix);
    this.#leases = new Leases(commands, this.#keys, random);
    this.#outbox = new Outbox(commands, this.#keys);
  }

  lease(request: Parameters<Store["lease"]>[0]): Promise<Lease | null> {
    return this.#leases.take(request);
  }

  release(lease: Lease): Promise<void> {
    return this.#leases.release(lease);
  }

  async read(shards: number[] | "all", lease?: Lease): Promise<Shard[]> {
    if (lease) await this.#annul();
    const query = (fields: string[]) =>
      lease ? this.#commands.run(FETCH, [this.#keys.now], fields) : this.#hmget(this.#keys.now, fields);
    if (shards === "all") return await this.#all(query);
    const numbers = [...new Set(shards)].sort((a, b) => a - b);
    if (numbers.length === 0) return [];
    if (lease) return await this.#leases.shards(numbers, lease);
    return await readShards(numbers, await query(numbers.map((number) => `shard:${number}`)));
  }

  /** In one command, unless there are others than before. */
  async #all(query: (fields: string[]) => Promise<unknown>): Promise<Shard[]> {
    for (let tries = 0;; tries++) {
      const wanted = this.#listed;
      const fields = ["shards", ...wanted.map((number) => `shard:${number}`)];
      const [list, ...texts] = shaped(TEXTS, await query(fields), "the shards of the Upstash store");
      const listed = words(list).map(Number).sort((a, b) => a - b);
      this.#listed = shaped(z.array(z.int()), listed, "field shards of the Upstash store");
      if (listed.every((number) => wanted.includes(number)) || tries === 5) {
        return await readShards(wanted, texts);
      }
    }
  }

  async commit(lease: Lease, commit: Commit): Promise<boolean> {
    const own = shaped(SHAPE, commit, "the commit");
    await this.#annul();
    const id = this.#leases.newId();
    const { now, incidents, opened, resolved, notices, order, pending, deliveries, stage } = this.#keys;
    const keys = [now, incidents, opened, resolved, notices, order, pending, deliveries, stage(id)];
    const args = [`${lease.fence}`, `${lease.fence + 1}`, id];
    try {
      const text = JSON.stringify(await writeCommit(own));
      const answer = await this.#commands.run(COMMIT, keys, [
        ...args,
        ...await this.#staged(stage(id), text),
      ]);
      const [won, due] = shaped(WON, answer, "the answer to a commit");
      this.#outbox.hear(due);
      if (won === 1) this.#leases.committed(lease, own.shards, own.dropFrom);
      else this.#leases.forget();
      return won === 1;
    } catch (error) {
      this.#strays.push(id);
      this.#leases.forget();
      this.#outbox.forget();
      throw error;
    }
  }

  /** What is read now must not be overtaken by a commit that was given up. */
  async #annul(): Promise<void> {
    const strays = [...this.#strays];
    if (strays.length === 0) return;
    await this.#commands.run(ANNUL, [this.#keys.now], strays);
    this.#strays = this.#strays.filter((id) => !strays.includes(id));
  }

  /** The commit as arguments of its script; what is too large for one request is sent ahead in pieces. */
  async #staged(key: string, text: string): Promise<string[]> {
    if (text.length <= PIECE) return [text, "0"];
    const pieces = Math.ceil(text.length / PIECE);
    for (let i = 0; i < pieces; i++) {
      const piece = text.slice(i * PIECE, (i + 1) * PIECE);
      await this.#commands.run(STAGE, [key], [`${i + 1}`, piece, `${STAGE_SECONDS}`]);
    }
    return ["", `${pieces}`];
  }

  pulse(): Promise<{ tick: number; slot: number | null } | null> {
    return this.#leases.pulse();
  }

  claim(request: Parameters<Store["claim"]>[0]) {
    return this.#outbox.claim(request);
  }

  receipt(...args: Parameters<Store["receipt"]>): Promise<void> {
    return this.#outbox.receipt(...args);
  }

  resend(id: string, nowMs: number): Promise<boolean> {
    return this.#outbox.resend(id, nowMs);
  }

  disabled(): Promise<Record<string, number>> {
    return this.#outbox.disabled();
  }

  disable(webhook: string, atMs: number | null): Promise<void> {
    return this.#outbox.disable(webhook, atMs);
  }

  deliveries(query: Parameters<Store["deliveries"]>[0]) {
    return this.#outbox.deliveries(query);
  }

  async incident(id: string): Promise<Incident | null> {
    return (await this.#incidentsOf([id]))[0] ?? null;
  }

  async incidents(query: Parameters<Store["incidents"]>[0]): Promise<Paged<Incident>> {
    const { limit, before, state, target, check } = query;
    const start = placeOf(before);
    const isWanted = (row: Incident) =>
      isBehind(start, { at: row.openedAt, id: row.id }) && (state ?? row.state) === row.state &&
      (target ?? row.target) === row.target && (check ?? row.check) === row.check;
    const found: Incident[] = [];
    const from = start.at === Infinity ? "+inf" : `${start.at}`;
    for (let offset = 0; start.at !== -Infinity && found.length <= limit; offset += CHUNK) {
      const range = [from, "-inf", "BYSCORE", "REV", "LIMIT", `${offset}`, `${CHUNK}`];
      const ids = await this.#strings(["ZRANGE", this.#keys.opened, ...range]);
      found.push(...(await this.#incidentsOf(ids)).filter(isWanted));
      if (ids.length < CHUNK) break;
    }
    return paged(found, limit, ({ openedAt, id }) => ({ at: openedAt, id }));
  }

  async #incidentsOf(ids: string[]): Promise<Incident[]> {
    const texts = await this.#hmget(this.#keys.incidents, ids);
    const found = ids.flatMap((id, i) => typeof texts[i] === "string" ? [[id, texts[i]] as const] : []);
    return await Promise.all(found.map(([id, text]) => unpackJson(INCIDENT, text, `the incident ${id}`)));
  }

  async samples({ shard, from, to }: Parameters<Store["samples"]>[0]): Promise<Sample[]> {
    const [list] = await this.#hmget(this.#keys.now, ["hours"]);
    const hours = words(list).filter((hour) =>
      from < (Number(hour) + 1) * HOUR_MS && Number(hour) * HOUR_MS <= to
    );
    const indexes = await this.#hmget(this.#keys.now, hours.map((hour) => `index:${hour}`));
    const slots = indexes.flatMap(words).map((place) => place.split("/").map(Number))
      .filter(([slot, of]) => of === shard && from <= slot! && slot! <= to)
      .map(([slot]) => slot!).sort((a, b) => a - b);
    const fields = slots.map((slot) => `sample:${slot}/${shard}`);
    return (await this.#packed(this.#keys.now, fields)).map((data, i) => ({ slot: slots[i]!, shard, data }));
  }

  async rollUp(rollups: Rollup[]): Promise<void> {
    const own = shaped(ROLLUP.array(), rollups, "the rollups");
    if (own.length === 0) return;
    const fields = await Promise.all(own.map(async ({ unit, start, shard, data }) => [
      `${unit}/${start}/${shard}`,
      await pack(data),
    ]));
    await this.#commands.ask(["HSET", this.#keys.rollups, ...fields.flat()]);
  }

  async rollups({ unit, from, to }: Parameters<Store["rollups"]>[0]): Promise<Rollup[]> {
    const names = (await this.#strings(["HKEYS", this.#keys.rollups])).map((name) => name.split("/"));
    const places = names.map(([unit, start, shard]) => ({ unit, start: Number(start), shard: Number(shard) }))
      .filter((place) => place.unit === unit && from <= place.start && place.start <= to)
      .sort((a, b) => a.start - b.start || a.shard - b.shard);
    const fields = places.map(({ start, shard }) => `${unit}/${start}/${shard}`);
    const texts = await this.#packed(this.#keys.rollups, fields);
    return places.map(({ start, shard }, i) => ({ unit, start, shard, data: texts[i]! }));
  }

  async tell(memo: Memo): Promise<boolean> {
    const own = shaped(MEMO, memo, "the memo");
    const args = [own.key, `${own.order}`, writeMemo(own)];
    return await this.#commands.run(TELL, [this.#keys.memos(own.kind)], args, "once") === 1;
  }

  async told({ kind, under = "", limit }: Parameters<Store["told"]>[0]): Promise<Memo[]> {
    const all = pairs(await this.#strings(["HGETALL", this.#keys.memos(kind)]));
    const wanted = all.filter(([key]) => key.startsWith(under)).sort(([a], [b]) => a < b ? -1 : 1).slice(
      -limit,
    );
    return wanted.map(([key, line]) => shaped(MEMO, { kind, key, ...readMemo(line) }, `the ${kind} ${key}`));
  }

  async unsay(kind: Memo["kind"], key: string): Promise<boolean> {
    return await this.#commands.once(["HDEL", this.#keys.memos(kind), key]) === 1;
  }

  async retain({ rawBefore, hoursBefore, daysBefore, incidentsBefore, nowMs }: Cutoffs): Promise<number> {
    const { now, incidents, opened, resolved, notices, order, pending, deliveries, rollups, memos } =
      this.#keys;
    const keys = [now, incidents, opened, resolved, notices, order, pending, deliveries, rollups];
    const cutoffs = [rawBefore, hoursBefore, daysBefore, incidentsBefore, nowMs].map(String);
    const answer = await this.#commands.run(RETAIN, [...keys, ...MEMO_KINDS.map(memos)], cutoffs);
    return shaped(z.int(), answer, "the answer to retain");
  }

  async probe(): Promise<void> {
    await this.#commands.ask(["SET", this.#keys.probe, "1"]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #strings(command: string[]): Promise<string[]> {
    return shaped(STRINGS, await this.#commands.ask(command), `key ${command[1]}`);
  }

  async #hmget(key: string, fields: string[]): Promise<(string | null)[]> {
    if (fields.length === 0) return [];
    return shaped(TEXTS, await this.#commands.ask(["HMGET", key, ...fields]), `key ${key}`);
  }

  /** Packed texts, in chunks: an answer may not be too large either. One that is missing is an error. */
  async #packed(key: string, fields: string[]): Promise<string[]> {
    const texts: string[] = [];
    for (let at = 0; at < fields.length; at += CHUNK) {
      const chunk = fields.slice(at, at + CHUNK);
      const packed = await this.#hmget(key, chunk);
      texts.push(
        ...await Promise.all(chunk.map((field, i) => unpack(packed[i] ?? "?", `field ${field} of ${key}`))),
      );
    }
    return texts;
  }
}

const words = (text: string | null | undefined): string[] => text?.split(" ").filter(Boolean) ?? [];

/** Whether a row comes after that place in a list of the newest first. */
const isBehind = (start: Place, { at, id }: Place) => at < start.at || (at === start.at && id < start.id);
