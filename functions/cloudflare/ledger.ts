/**
 * The single writer: settles slots, keeps the store in its own SQLite and answers the API. Its alarm drives
 * the outbox.
 */
import { DurableObject } from "cloudflare:workers";
import type { Lease } from "../../src/storage/store.ts";
import type { Env } from "./env.ts";
import { openLedger } from "./open.ts";
import { lazy } from "../../src/base/lazy.ts";
import { peerOf } from "./client_address.ts";
import { messageOf } from "../../src/base/error_message.ts";
import { MINUTE_MS } from "../../src/base/time.ts";

/** The minimum delay (ms) of the alarm, so that a failing receiver cannot make it spin. */
const ALARM_MS = 1_000;
/** The maximum time (ms) an alarm waits for its work; the work continues. */
const MAX_WAIT_MS = 10_000;
/** The alarm's delay (ms) after the store failed. */
const RETRY_MS = 30_000;
/**
 * The storage key of the current minute's lease: an object sleeps after ten idle seconds and loses its
 * memory. The state rows show which walks are left.
 */
const MINUTE_KEY = "minute";

/**
 * How long (ms) after its start the alarm begins a minute that the cron trigger missed: triggers have stopped
 * silently before.
 */
const OVERDUE_MS = 20_000;

const minuteOf = (atMs: number) => Math.floor(atMs / MINUTE_MS) * MINUTE_MS;

export class LedgerObject extends DurableObject<Env> {
  readonly #assay = lazy(() => openLedger(this.env, this.ctx.storage));
  /** Whether it has begun or resumed a minute since it woke up. */
  #isAwake = false;
  /** The last minute begun (epoch ms), as far as known since it woke up. */
  #minuteMs: number | undefined;
  /** The lease of a minute that is not yet in storage. */
  #lease: Lease | undefined;

  /** One cron event. A duplicate changes nothing; the alarm begins a missed minute after twenty seconds. */
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

  /** Always sets the next alarm: the platform drops an alarm after six failed retries. */
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
    // The request may have queued something to send now.
    if (request.method === "POST") await this.#arm();
    return response;
  }

  async #work(isBegun: boolean): Promise<void> {
    const { settleDue, outbox, housekeep } = await this.#assay();
    await settleDue();
    await outbox();
    if (isBegun) await housekeep();
  }

  /** Takes the lease of a minute; false: it was begun already. */
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

  /** Begins this minute if no cron event came for it; whether it did. */
  async #beginIfOverdue(): Promise<boolean> {
    const minuteMs = minuteOf(Date.now());
    if (!await this.#watchesCron() || Date.now() < minuteMs + OVERDUE_MS) return false;
    if (this.#isBegun(minuteMs) || !await this.#begin(minuteMs)) return false;
    console.warn({ level: "warn", message: "no cron event came for this minute", minuteMs });
    return true;
  }

  #isBegun = (minuteMs: number) => this.#minuteMs !== undefined && this.#minuteMs >= minuteMs;

  /** False on a developer's machine, where cron is triggered by hand. */
  async #watchesCron(): Promise<boolean> {
    return await this.#assay().then(({ watchesCron }) => watchesCron, () => true);
  }

  /** When this minute, or the next one, counts as missed (epoch ms). */
  #overdueAt(): number {
    const minuteMs = minuteOf(Date.now());
    return (this.#isBegun(minuteMs) ? minuteMs + MINUTE_MS : minuteMs) + OVERDUE_MS;
  }

  /** After a sleep, resumes the minute that this object began. Walks already settled are not repeated. */
  async #remember(): Promise<void> {
    if (this.#isAwake) return;
    const { resume } = await this.#assay();
    const lease = await this.ctx.storage.get<Lease>(MINUTE_KEY);
    // A cron event may have begun the next minute meanwhile.
    if (lease && !this.#isAwake) {
      await resume(lease);
      this.#minuteMs ??= lease.tick;
    }
    this.#isAwake = true;
  }

  /**
   * Waits for the work, but not past the next walk: only one alarm runs at a time, and a hanging receiver
   * must not delay that walk.
   */
  async #waitUntilNext(work: Promise<unknown>): Promise<void> {
    const until = Math.min(await this.#nextWalk() ?? Infinity, Date.now() + MAX_WAIT_MS);
    const done = work.catch((error) => this.#logFailure(error));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const due = new Promise<void>((resolve) => timer = setTimeout(resolve, until - Date.now()));
    // The remaining work may leave a notice to retry, which the alarm set now does not cover.
    const late = due.then(() => void done.then(() => this.#arm()).catch((error) => this.#logFailure(error)));
    await Promise.race([done, late]).finally(() => clearTimeout(timer));
  }

  async #nextWalk(): Promise<number | undefined> {
    // An unreadable config has no walks; requests that need it report the error.
    return await this.#assay().then(({ next }) => next(), () => undefined);
  }

  #logFailure(error: unknown): void {
    console.error({ level: "error", message: "an alarm failed", error: messageOf(error) });
  }

  /**
   * Sets the alarm for the earliest of: a turn or confirmation of the minute, a due notice, a minute that
   * cron missed.
   */
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
    // Setting the alarm costs a written row.
    if (await storage.getAlarm() !== at) await storage.setAlarm(at);
  }

  /** When the next notice is due (epoch ms); soon if the store cannot be read. */
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
