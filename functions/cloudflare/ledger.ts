/** The single writer: settles slots, keeps the store in its own SQLite, answers the API. Its alarm drives the outbox. */
import { DurableObject } from "cloudflare:workers";
import type { Lease } from "../../src/storage/store.ts";
import type { Env } from "./env.ts";
import { openLedger } from "./open.ts";
import { lazy } from "../../src/base/lazy.ts";
import { peerOf } from "./client_address.ts";
import { messageOf } from "../../src/base/error_message.ts";
import { MINUTE_MS } from "../../src/base/time.ts";

/** The alarm is armed at least this far ahead, so that a broken receiver cannot make it spin. */
const ALARM_MS = 1_000;
/** An alarm waits for its work no longer than this; the work goes on. */
const MAX_WAIT_MS = 10_000;
/** When the alarm looks again after the store failed. */
const RETRY_MS = 30_000;
/** Where the lease of the running minute is kept: an object sleeps after ten idle seconds, and forgets. What is left of it stands in the rows. */
const MINUTE_KEY = "minute";

/** How long after its beginning the alarm begins a minute that the cron trigger has missed: triggers have stopped silently. */
const OVERDUE_MS = 20_000;

const minuteOf = (atMs: number) => Math.floor(atMs / MINUTE_MS) * MINUTE_MS;

/** One object, named `ledger`. */
export class LedgerObject extends DurableObject<Env> {
  readonly #assay = lazy(() => openLedger(this.env, this.ctx.storage));
  /** It has begun a minute, or remembered one, since it woke up. */
  #isAwake = false;
  /** The minute (epoch ms) that was begun last, as far as is known since it woke up. */
  #minuteMs: number | undefined;
  /** Of a minute that is not yet kept in storage. */
  #lease: Lease | undefined;

  /** One cron event. Fired twice, it changes nothing; a missed one is made up for by the alarm, twenty seconds later. */
  async tick(scheduledMs: number): Promise<void> {
    const { settleDue, outbox, housekeep } = await this.#assay();
    if (!await this.#begin(minuteOf(scheduledMs))) {
      return console.log({ level: "info", message: "this minute is taken or settled", scheduledMs });
    }
    const settled = settleDue();
    await this.#arm();
    await settled;
    await this.#waitUntilNext(outbox());
    await housekeep();
    await this.#arm();
  }

  /** Always arms again: an alarm that throws is retried six times and then dropped. */
  override async alarm(): Promise<void> {
    try {
      await this.#remember();
      await this.#waitUntilNext(this.#work(await this.#beginIfOverdue()));
    } catch (error) {
      this.#logFailure(error);
    } finally {
      await this.#arm();
    }
  }

  override async fetch(request: Request): Promise<Response> {
    const response = await (await this.#assay()).app.fetch(request, peerOf(request));
    // It may have asked to send something now.
    if (request.method === "POST") await this.#arm();
    return response;
  }

  async #work(isBegun: boolean): Promise<void> {
    const { settleDue, outbox, housekeep } = await this.#assay();
    await settleDue();
    await outbox();
    if (isBegun) await housekeep();
  }

  /** Takes the lease of a minute; false: somebody has begun it. */
  async #begin(minuteMs: number): Promise<boolean> {
    const { begin, store } = await this.#assay();
    const beforeMs = this.#minuteMs ?? (await store.latest())?.tick;
    const lease = await begin(minuteMs, beforeMs);
    this.#minuteMs = Math.max(minuteMs, beforeMs ?? minuteMs);
    if (!lease) return false;
    this.#isAwake = true;
    this.#lease = lease;
    return true;
  }

  /** Whether no cron came for this minute, and it is begun only now. */
  async #beginIfOverdue(): Promise<boolean> {
    const minuteMs = minuteOf(Date.now());
    if (!await this.#watchesCron() || Date.now() < minuteMs + OVERDUE_MS) return false;
    if (this.#isBegun(minuteMs) || !await this.#begin(minuteMs)) return false;
    console.warn({ level: "warn", message: "no cron event came for this minute", minuteMs });
    return true;
  }

  #isBegun = (minuteMs: number) => this.#minuteMs !== undefined && this.#minuteMs >= minuteMs;

  /** Not on a developer's machine, where cron is fired by hand. */
  async #watchesCron(): Promise<boolean> {
    return await this.#assay().then(({ watchesCron }) => watchesCron, () => true);
  }

  /** When this minute, or the next one, counts as not begun. */
  #overdueAt(): number {
    const minuteMs = minuteOf(Date.now());
    return (this.#isBegun(minuteMs) ? minuteMs + MINUTE_MS : minuteMs) + OVERDUE_MS;
  }

  /** After a sleep: the minute that this object began. What is settled of it is not walked again. */
  async #remember(): Promise<void> {
    if (this.#isAwake) return;
    const { resume } = await this.#assay();
    const lease = await this.ctx.storage.get<Lease>(MINUTE_KEY);
    // Cron may have begun the next minute meanwhile.
    if (lease && !this.#isAwake) {
      await resume(lease);
      this.#minuteMs ??= lease.tick;
    }
    this.#isAwake = true;
  }

  /** Waits for the work, but not past the next walk: one alarm runs at a time, and a receiver that hangs must not cost that walk. */
  async #waitUntilNext(work: Promise<unknown>): Promise<void> {
    const until = Math.min(await this.#nextWalk() ?? Infinity, Date.now() + MAX_WAIT_MS);
    const done = work.catch((error) => this.#logFailure(error));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const due = new Promise<void>((resolve) => timer = setTimeout(resolve, until - Date.now()));
    // What is left over may be a notice to send again, of which the alarm that armed now does not know.
    const late = due.then(() => void done.then(() => this.#arm()).catch((error) => this.#logFailure(error)));
    await Promise.race([done, late]).finally(() => clearTimeout(timer));
  }

  async #nextWalk(): Promise<number | undefined> {
    // A config that cannot be read has none; the requests that need it answer the error.
    return await this.#assay().then(({ next }) => next(), () => undefined);
  }

  #logFailure(error: unknown): void {
    console.error({ level: "error", message: "an alarm failed", error: messageOf(error) });
  }

  /** For what comes first: a turn or confirmation of the minute, a notice that is due, a minute that the cron trigger misses. */
  async #arm(): Promise<void> {
    const { storage } = this.ctx;
    const next = await this.#nextWalk();
    if (next !== undefined && this.#lease) {
      await storage.put<Lease>(MINUTE_KEY, this.#lease);
      this.#lease = undefined;
    }
    const overdue = await this.#watchesCron() ? this.#overdueAt() : [];
    const times = [next ?? [], await this.#nextDelivery() ?? [], overdue].flat();
    if (times.length === 0) return;
    const at = Math.max(Math.min(...times), Date.now() + ALARM_MS);
    // To set it is a row written.
    if (await storage.getAlarm() !== at) await storage.setAlarm(at);
  }

  /** When the next notice is due; soon, if that cannot be known. */
  async #nextDelivery(): Promise<number | undefined> {
    try {
      const { store } = await this.#assay();
      return await store.nextDelivery(Date.now()) ?? undefined;
    } catch (error) {
      console.error({ level: "error", message: "the outbox cannot be read", error: messageOf(error) });
      return Date.now() + RETRY_MS;
    }
  }
}
