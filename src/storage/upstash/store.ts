/**
 * State in Upstash Redis, for several deployments that share no disk. A tick is two requests and four commands, whatever the number of
 * checks: HSETNX takes the lease, and one script of two calls commits (lease.ts explains why the states need not be read).
 */
import * as z from "../../base/zod.ts";
import type { Incident } from "../../judgement/incident.ts";
import type { Random } from "../../base/ports.ts";
import { type Cursor, decodeCursor, toPage } from "../cursor.ts";
import { COMMIT, INCIDENT, RECORD, ROLLUP, validateShape } from "../schema.ts";
import {
  type Commit,
  type Cutoffs,
  type Lease,
  type NewNotice,
  type Page,
  RECORD_KINDS,
  type Rollup,
  type Sample,
  type Shard,
  type Store,
  type StoredRecord,
} from "../store.ts";
import { Commands, type UpstashOptions } from "./client.ts";
import { Leases, parseShards, TEXTS } from "./lease.ts";
import { Outbox, pairs } from "./outbox.ts";
import { ABORT_SCRIPT, COMMIT_SCRIPT, FETCH_SCRIPT, PRUNE_SCRIPT, PUT_SCRIPT, STAGE_SCRIPT } from "./lua.ts";
import { decodeRecord, deflate, encodeCommit, encodeRecord, inflate, inflateJson, keysOf } from "./values.ts";
import { HOUR_MS } from "../../base/time.ts";

/** What a store needs. `prefix` separates stores that share a database. */
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
  #unconfirmed: string[] = [];

  constructor(commands: Commands, prefix: string, random: Random) {
    this.#commands = commands;
    this.#keys = keysOf(prefix);
    this.#leases = new Leases(commands, this.#keys, random);
    this.#outbox = new Outbox(commands, this.#keys);
  }

  takeLease(request: Parameters<Store["takeLease"]>[0]): Promise<Lease | null> {
    return this.#leases.take(request);
  }

  releaseLease(lease: Lease): Promise<void> {
    return this.#leases.release(lease);
  }

  async readShards(shards: number[] | "all", lease?: Lease): Promise<Shard[]> {
    if (lease) await this.#abortUnconfirmed();
    const query = (fields: string[]) =>
      lease
        ? this.#commands.run(FETCH_SCRIPT, [this.#keys.now], fields)
        : this.#hmget(this.#keys.now, fields);
    if (shards === "all") return await this.#all(query);
    const numbers = [...new Set(shards)].sort((a, b) => a - b);
    if (numbers.length === 0) return [];
    if (lease) return await this.#leases.shards(numbers, lease);
    return await parseShards(numbers, await query(numbers.map((number) => `shard:${number}`)));
  }

  /** In one command, unless there are others than before. */
  async #all(query: (fields: string[]) => Promise<unknown>): Promise<Shard[]> {
    for (let tries = 0;; tries++) {
      const wanted = this.#listed;
      const fields = ["shards", ...wanted.map((number) => `shard:${number}`)];
      const [list, ...texts] = validateShape(TEXTS, await query(fields), "the shards of the Upstash store");
      const listed = words(list).map(Number).sort((a, b) => a - b);
      this.#listed = validateShape(z.array(z.int()), listed, "field shards of the Upstash store");
      if (listed.every((number) => wanted.includes(number)) || tries === 5) {
        return await parseShards(wanted, texts);
      }
    }
  }

  async commit(lease: Lease, commit: Commit): Promise<boolean> {
    const own = validateShape(COMMIT, commit, "the commit");
    await this.#abortUnconfirmed();
    const id = this.#leases.newId();
    const { now, incidents, opened, resolved, notices, order, pending, deliveries, stage } = this.#keys;
    const keys = [now, incidents, opened, resolved, notices, order, pending, deliveries, stage(id)];
    const args = [`${lease.fence}`, `${lease.fence + 1}`, id];
    try {
      const text = JSON.stringify(await encodeCommit(own));
      const answer = await this.#commands.run(COMMIT_SCRIPT, keys, [
        ...args,
        ...await this.#staged(stage(id), text),
      ]);
      const [won, due] = validateShape(WON, answer, "the answer to a commit");
      this.#outbox.noteNextDue(due);
      if (won === 1) this.#leases.noteCommit(lease, own.shards, own.dropFrom);
      else this.#leases.forget();
      return won === 1;
    } catch (error) {
      this.#unconfirmed.push(id);
      this.#leases.forget();
      this.#outbox.forget();
      throw error;
    }
  }

  /** What is read now must not be overtaken by a commit that was given up. */
  async #abortUnconfirmed(): Promise<void> {
    const unconfirmed = [...this.#unconfirmed];
    if (unconfirmed.length === 0) return;
    await this.#commands.run(ABORT_SCRIPT, [this.#keys.now], unconfirmed);
    this.#unconfirmed = this.#unconfirmed.filter((id) => !unconfirmed.includes(id));
  }

  /** The commit as arguments of its script; what is too large for one request is sent ahead in pieces. */
  async #staged(key: string, text: string): Promise<string[]> {
    if (text.length <= PIECE) return [text, "0"];
    const pieces = Math.ceil(text.length / PIECE);
    for (let i = 0; i < pieces; i++) {
      const piece = text.slice(i * PIECE, (i + 1) * PIECE);
      await this.#commands.run(STAGE_SCRIPT, [key], [`${i + 1}`, piece, `${STAGE_SECONDS}`]);
    }
    return ["", `${pieces}`];
  }

  latest(): Promise<{ tick: number; slot: number | null } | null> {
    return this.#leases.latest();
  }

  claimDeliveries(request: Parameters<Store["claimDeliveries"]>[0]) {
    return this.#outbox.claimDeliveries(request);
  }

  nextDelivery(nowMs: number): Promise<number | null> {
    return this.#outbox.nextDelivery(nowMs);
  }

  enqueue(notices: NewNotice[]): Promise<void> {
    return this.#outbox.enqueue(notices);
  }

  recordAttempt(...args: Parameters<Store["recordAttempt"]>): Promise<void> {
    return this.#outbox.recordAttempt(...args);
  }

  wakeDeliveries(...args: Parameters<Store["wakeDeliveries"]>): Promise<number> {
    return this.#outbox.wakeDeliveries(...args);
  }

  resend(id: string, nowMs: number): Promise<boolean> {
    return this.#outbox.resend(id, nowMs);
  }

  listDisabledWebhooks(): Promise<Record<string, number>> {
    return this.#outbox.listDisabledWebhooks();
  }

  disableWebhook(webhook: string, atMs: number | null): Promise<void> {
    return this.#outbox.disableWebhook(webhook, atMs);
  }

  listDeliveries(query: Parameters<Store["listDeliveries"]>[0]) {
    return this.#outbox.listDeliveries(query);
  }

  async getIncident(id: string): Promise<Incident | null> {
    return (await this.#incidentsOf([id]))[0] ?? null;
  }

  async listIncidents(query: Parameters<Store["listIncidents"]>[0]): Promise<Page<Incident>> {
    const { limit, before, state, target, check } = query;
    const start = decodeCursor(before);
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
    return toPage(found, limit, ({ openedAt, id }) => ({ at: openedAt, id }));
  }

  async #incidentsOf(ids: string[]): Promise<Incident[]> {
    const texts = await this.#hmget(this.#keys.incidents, ids);
    const found = ids.flatMap((id, i) => typeof texts[i] === "string" ? [[id, texts[i]] as const] : []);
    return await Promise.all(found.map(([id, text]) => inflateJson(INCIDENT, text, `the incident ${id}`)));
  }

  async readSamples({ shard, from, to }: Parameters<Store["readSamples"]>[0]): Promise<Sample[]> {
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

  async putRollups(rollups: Rollup[]): Promise<void> {
    const own = validateShape(z.array(ROLLUP), rollups, "the rollups");
    if (own.length === 0) return;
    const fields = await Promise.all(own.map(async ({ unit, start, shard, data }) => [
      `${unit}/${start}/${shard}`,
      await deflate(data),
    ]));
    await this.#commands.ask(["HSET", this.#keys.rollups, ...fields.flat()]);
  }

  async readRollups({ unit, from, to }: Parameters<Store["readRollups"]>[0]): Promise<Rollup[]> {
    const names = (await this.#strings(["HKEYS", this.#keys.rollups])).map((name) => name.split("/"));
    const places = names.map(([unit, start, shard]) => ({ unit, start: Number(start), shard: Number(shard) }))
      .filter((place) => place.unit === unit && from <= place.start && place.start <= to)
      .sort((a, b) => a.start - b.start || a.shard - b.shard);
    const fields = places.map(({ start, shard }) => `${unit}/${start}/${shard}`);
    const texts = await this.#packed(this.#keys.rollups, fields);
    return places.map(({ start, shard }, i) => ({ unit, start, shard, data: texts[i]! }));
  }

  async putRecord(record: StoredRecord): Promise<boolean> {
    const own = validateShape(RECORD, record, "the record");
    const args = [own.key, `${own.order}`, encodeRecord(own)];
    return await this.#commands.run(PUT_SCRIPT, [this.#keys.records(own.kind)], args, "once") === 1;
  }

  async listRecords(
    { kind, under = "", limit }: Parameters<Store["listRecords"]>[0],
  ): Promise<StoredRecord[]> {
    const all = pairs(await this.#strings(["HGETALL", this.#keys.records(kind)]));
    const wanted = all.filter(([key]) => key.startsWith(under)).sort(([a], [b]) => a < b ? -1 : 1).slice(
      -limit,
    );
    return wanted.map(([key, line]) =>
      validateShape(RECORD, { kind, key, ...decodeRecord(line) }, `the ${kind} ${key}`)
    );
  }

  async deleteRecord(kind: StoredRecord["kind"], key: string): Promise<boolean> {
    return await this.#commands.once(["HDEL", this.#keys.records(kind), key]) === 1;
  }

  async prune({ rawBefore, hoursBefore, daysBefore, incidentsBefore, nowMs }: Cutoffs): Promise<number> {
    const { now, incidents, opened, resolved, notices, order, pending, deliveries, rollups, records } =
      this.#keys;
    const keys = [now, incidents, opened, resolved, notices, order, pending, deliveries, rollups];
    const cutoffs = [rawBefore, hoursBefore, daysBefore, incidentsBefore, nowMs].map(String);
    const answer = await this.#commands.run(PRUNE_SCRIPT, [...keys, ...RECORD_KINDS.map(records)], cutoffs);
    return validateShape(z.int(), answer, "the answer to retain");
  }

  async checkWritable(): Promise<void> {
    await this.#commands.ask(["SET", this.#keys.probe, "1"]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #strings(command: string[]): Promise<string[]> {
    return validateShape(STRINGS, await this.#commands.ask(command), `key ${command[1]}`);
  }

  async #hmget(key: string, fields: string[]): Promise<(string | null)[]> {
    if (fields.length === 0) return [];
    return validateShape(TEXTS, await this.#commands.ask(["HMGET", key, ...fields]), `key ${key}`);
  }

  /** Packed texts, in chunks: an answer may not be too large either. One that is missing is an error. */
  async #packed(key: string, fields: string[]): Promise<string[]> {
    const texts: string[] = [];
    for (let at = 0; at < fields.length; at += CHUNK) {
      const chunk = fields.slice(at, at + CHUNK);
      const packed = await this.#hmget(key, chunk);
      texts.push(
        ...await Promise.all(chunk.map((field, i) => inflate(packed[i] ?? "?", `field ${field} of ${key}`))),
      );
    }
    return texts;
  }
}

const words = (text: string | null | undefined): string[] => text?.split(" ").filter(Boolean) ?? [];

/** Whether a row comes after that place in a list of the newest first. */
const isBehind = (start: Cursor, { at, id }: Cursor) => at < start.at || (at === start.at && id < start.id);
