/**
 * The outbox in Redis. Answers to commits and claims tell when the next notice is due, which saves most
 * requests.
 */
import * as z from "../../base/zod.ts";
import { decodeCursor, toPage } from "../cursor.ts";
import { NOTICES, RECEIPT, validateShape } from "../schema.ts";
import type { Delivery, NewNotice, Page, Receipt, Store } from "../store.ts";
import type { Commands } from "./client.ts";
import { ATTEMPT_SCRIPT, CLAIM_SCRIPT, ENQUEUE_SCRIPT, RESEND_SCRIPT, WAKE_SCRIPT } from "./lua.ts";
import type { Reader } from "./reader.ts";
import {
  BODY,
  decodeLine,
  encodeLast,
  encodeNotice,
  inflateJson,
  type Keys,
  queueOf,
  queuesOf,
} from "./values.ts";
import { MINUTE_MS } from "../../base/time.ts";

const CLAIMED = z.tuple([z.string()], z.string());
/** How long a known due time is valid: another process may have written notices since. */
const VALID_MS = 5 * MINUTE_MS;
/** Notices per request. */
const CHUNK = 500;

/** The outbox of one database. */
export class Outbox {
  readonly #commands: Commands;
  readonly #reader: Reader;
  readonly #keys: Keys;
  /** No notice is due before this, epoch ms; undefined if unknown. */
  #dueAt: number | undefined;
  /** When `#dueAt` was first used, epoch ms. */
  #since: number | undefined;
  #changes = 0;

  constructor(commands: Commands, reader: Reader, keys: Keys) {
    this.#commands = commands;
    this.#reader = reader;
    this.#keys = keys;
  }

  /** Records when the next notice is due, as answered by a script; empty if none is pending. */
  noteNextDue(due: string): void {
    this.forget();
    this.#dueAt = due === "" ? Infinity : Number(due);
  }

  /** Discards the known due time. */
  forget(): void {
    this.#changes++;
    this.#dueAt = undefined;
    this.#since = undefined;
  }

  /** The known due time, while it is valid. */
  #knownDue(nowMs: number): number | undefined {
    if (this.#dueAt === undefined) return undefined;
    this.#since ??= nowMs;
    return Math.abs(nowMs - this.#since) < VALID_MS ? this.#dueAt : undefined;
  }

  #isQuiet(nowMs: number): boolean {
    return (this.#dueAt ?? nowMs) > nowMs && this.#knownDue(nowMs) !== undefined;
  }

  /** As `Store.claimDeliveries`; sends a request only if a notice may be due. */
  async claimDeliveries(
    { nowMs, leaseMs, limit, webhook }: Parameters<Store["claimDeliveries"]>[0],
  ): Promise<Delivery[]> {
    if (this.#isQuiet(nowMs)) return [];
    const { now, pending, deliveries, notices } = this.#keys;
    const args = [
      `${nowMs}`,
      `${nowMs + leaseMs}`,
      `${limit}`,
      webhook === undefined ? "" : queuesOf(webhook),
    ];
    const changes = this.#changes;
    const answer = await this.#commands.run(CLAIM_SCRIPT, [now, pending, deliveries, notices], args);
    const [due, ...rows] = validateShape(CLAIMED, answer, "the answer to a claim");
    // If a notice was written in the meantime, this answer is out of date.
    if (changes === this.#changes) this.noteNextDue(due);
    const given = Array.from({ length: rows.length / 3 }, (_, i) => rows.slice(3 * i, 3 * i + 3));
    return await Promise.all(given.map(([id = "", line = "", body = ""]) => delivery(id, line, body)));
  }

  /** As `Store.nextDelivery`; sends a request only if the due time is unknown. */
  async nextDelivery(nowMs: number): Promise<number | null> {
    const known = this.#knownDue(nowMs);
    if (known !== undefined) return known === Infinity ? null : known;
    const heads = new Map<string, number>();
    for await (const lines of this.#pending()) {
      // Lines are newest first, so the last write for a queue is its oldest notice.
      for (const { nextAt, ...queue } of lines) heads.set(queueOf(queue), nextAt);
    }
    return heads.size === 0 ? null : Math.min(...heads.values());
  }

  /** As `Store.enqueue`. */
  async enqueue(notices: NewNotice[]): Promise<void> {
    const own = await Promise.all(validateShape(NOTICES, notices, "the notices").map(encodeNotice));
    const { now, pending, deliveries, notices: bodies, order } = this.#keys;
    const keys = [now, bodies, order, pending, deliveries];
    try {
      await this.#commands.run(ENQUEUE_SCRIPT, keys, [JSON.stringify(own)]);
    } finally {
      this.forget();
    }
  }

  /** As `Store.recordAttempt`. */
  async recordAttempt(ids: string | readonly string[], receipt: Receipt, wakes?: number): Promise<void> {
    const own = validateShape(RECEIPT, receipt, `the receipt of ${ids}`);
    const { now, pending, deliveries } = this.#keys;
    const args = [own.state, `${own.nextAt}`, `${own.attempts}`, encodeLast(own), `${wakes ?? ""}`];
    try {
      await this.#commands.run(ATTEMPT_SCRIPT, [now, pending, deliveries], [...args, ...[ids].flat()]);
    } finally {
      this.forget();
    }
  }

  /** As `Store.wakeDeliveries`. */
  async wakeDeliveries(
    { webhook, nowMs, after, limit = Number.MAX_SAFE_INTEGER }: Parameters<Store["wakeDeliveries"]>[0],
  ): Promise<number> {
    const { now, pending, deliveries } = this.#keys;
    const args = [queuesOf(webhook), `${nowMs}`, `${after}`, `${limit}`];
    try {
      const woken = await this.#commands.run(WAKE_SCRIPT, [now, pending, deliveries], args);
      return validateShape(z.int(), woken, "the answer to a waking");
    } finally {
      this.forget();
    }
  }

  /** As `Store.resend`. */
  async resend(id: string, nowMs: number): Promise<boolean> {
    const { now, pending, deliveries, disabled } = this.#keys;
    try {
      const keys = [now, pending, deliveries, disabled];
      return await this.#commands.run(RESEND_SCRIPT, keys, [id, `${nowMs}`], "once") === 1;
    } finally {
      this.forget();
    }
  }

  /** As `Store.listDisabledWebhooks`. */
  async listDisabledWebhooks(): Promise<Record<string, number>> {
    const entries = await this.#reader.entries(this.#keys.disabled, "the webhooks");
    return Object.fromEntries(entries.map(([id, at]) => [id, validateShape(z.number(), Number(at), id)]));
  }

  /** As `Store.disableWebhook`. */
  async disableWebhook(webhook: string, atMs: number | null): Promise<void> {
    const { disabled } = this.#keys;
    await this.#commands.ask(
      atMs === null ? ["HDEL", disabled, webhook] : ["HSET", disabled, webhook, `${atMs}`],
    );
  }

  /** As `Store.listDeliveries`. */
  async listDeliveries(query: Parameters<Store["listDeliveries"]>[0]): Promise<Page<Delivery>> {
    const { limit, before, state, incident } = query;
    const { at } = decodeCursor(before);
    const found: Awaited<ReturnType<Outbox["lines"]>> = [];
    for await (const lines of state === "pending" ? this.#pending() : this.#newest(at)) {
      found.push(
        ...lines.filter((line) =>
          line.seq < at && (state ?? line.state) === line.state &&
          (incident ?? line.incident) === line.incident
        ),
      );
      if (found.length > limit) break;
    }
    const { items, next } = toPage(found, limit, ({ seq, id }) => ({ at: seq, id }));
    const bodies = await this.#reader.fields(this.#keys.notices, items.map(({ id }) => id));
    const whole = items.map(async (line, i) => ({ ...line, ...await bodyOf(line.id, bodies[i] ?? "") }));
    return { items: await Promise.all(whole), next };
  }

  /** Lines of pending notices, newest first. */
  async *#pending() {
    const ids = await this.#reader.strings(["SMEMBERS", this.#keys.pending], "the pending notices");
    yield (await this.lines(ids)).sort((a, b) => b.seq - a.seq);
  }

  /** Lines before `seq`, newest first, in chunks. */
  async *#newest(seq: number) {
    const range = [seq === Infinity ? "+inf" : `(${seq}`, "-inf", "BYSCORE", "REV", "LIMIT"];
    if (seq === -Infinity) return;
    for (let offset = 0;; offset += CHUNK) {
      const command = ["ZRANGE", this.#keys.order, ...range, `${offset}`, `${CHUNK}`];
      const ids = await this.#reader.strings(command, "the order of notices");
      yield await this.lines(ids);
      if (ids.length < CHUNK) return;
    }
  }

  /** The lines of these notices, without those pruned meanwhile. */
  async lines(ids: string[]) {
    const lines = await this.#reader.fields(this.#keys.deliveries, ids);
    return ids.flatMap((id, i) => typeof lines[i] === "string" ? [decodeLine(id, lines[i])] : []);
  }
}

const bodyOf = (id: string, packed: string) => inflateJson(BODY, packed, `the notice ${id}`);

const delivery = async (id: string, line: string, body: string): Promise<Delivery> => ({
  ...decodeLine(id, line),
  ...await bodyOf(id, body),
});
