/** The single writer: settles slots, keeps the store in its own SQLite, answers the API. Its alarm drives the outbox. */
import { DurableObject } from "cloudflare:workers";
import type { Minute } from "../../src/engine/settler/settler.ts";
import type { Env } from "./env.ts";
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
/** Pending notices that are looked at for the next alarm. */
const MAX_SCANNED = 2_000;
/** Where the minute is kept that has slots to come: an object sleeps after ten idle seconds, and forgets. */
const MINUTE_KEY = "minute";

/** One object, named `ledger`. */
export class LedgerObject extends DurableObject<Env> {
  readonly #assay = lazy(async () => (await import("./open.ts")).openLedger(this.env, this.ctx.storage));
  /** Slots of the running minute that the alarm still has to settle; undefined: they are to be remembered. */
  #slotsLeft: number[] | undefined;

  /** One cron event. Fired twice, it changes nothing; a missed one leaves a gap that the next slot shows. */
  async tick(scheduledMs: number): Promise<void> {
    const { begin, settle, outbox, housekeep } = await this.#assay();
    const minute = await begin(Math.floor(scheduledMs / MINUTE_MS) * MINUTE_MS);
    if (!minute) {
      return console.log({ level: "info", message: "this minute is taken or settled", scheduledMs });
    }
    const now = Date.now();
    this.#slotsLeft = minute.slots.filter((slot) => slot > now);
    if (this.#slotsLeft.length > 0) await this.ctx.storage.put<Minute>(MINUTE_KEY, minute);
    await this.#arm();
    await Promise.all(minute.slots.filter((slot) => slot <= now).map(settle));
    await this.#waitUntilNext(outbox());
    await housekeep();
    await this.#arm();
  }

  /** Always arms again: an alarm that throws is retried six times and then dropped. */
  override async alarm(): Promise<void> {
    try {
      await this.#restoreSlots();
      const [agenda, now] = [this.#slotsLeft ?? [], Date.now()];
      this.#slotsLeft = agenda.filter((slot) => slot > now);
      await this.#waitUntilNext(this.#work(agenda.filter((slot) => slot <= now)));
    } catch (error) {
      this.#logFailure(error);
    } finally {
      await this.#arm();
    }
  }

  override async fetch(request: Request): Promise<Response> {
    return await (await this.#assay()).app.fetch(request, peerOf(request));
  }

  async #work(due: number[]): Promise<void> {
    const { settle, outbox } = await this.#assay();
    await Promise.all(due.map(settle));
    await outbox();
  }

  /** After a sleep: the slots that are left of the minute which this object began. */
  async #restoreSlots(): Promise<void> {
    if (this.#slotsLeft) return;
    const { resume } = await this.#assay();
    const minute = await this.ctx.storage.get<Minute>(MINUTE_KEY);
    // Cron may have begun the next minute meanwhile.
    if (!minute || this.#slotsLeft) return;
    resume(minute);
    // What is settled among them is not walked again.
    this.#slotsLeft = minute.slots.filter((slot) => slot > Date.now() - MINUTE_MS);
  }

  /** Waits for the work, but not past the next slot: one alarm runs at a time, and a receiver that hangs must not cost that slot. */
  async #waitUntilNext(work: Promise<unknown>): Promise<void> {
    const next = Math.min(...this.#slotsLeft ?? [], Date.now() + MAX_WAIT_MS);
    const done = work.catch((error) => this.#logFailure(error));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const due = new Promise<void>((resolve) => timer = setTimeout(resolve, next - Date.now()));
    // What is left over may be a notice to send again, of which the alarm that armed now does not know.
    const late = due.then(() => void done.then(() => this.#arm()).catch((error) => this.#logFailure(error)));
    await Promise.race([done, late]).finally(() => clearTimeout(timer));
  }

  #logFailure(error: unknown): void {
    console.error({ level: "error", message: "an alarm failed", error: messageOf(error) });
  }

  /** For the next slot below a minute, or the next notice that is due; none if there is nothing to wait for. */
  async #arm(): Promise<void> {
    const waiting = await this.#dueTimes();
    const times = [...this.#slotsLeft ?? [], ...waiting];
    if (times.length === 0) return;
    await this.ctx.storage.setAlarm(Math.max(Math.min(...times), Date.now() + ALARM_MS));
  }

  /** When the pending notices are due; soon, if that cannot be known. */
  async #dueTimes(): Promise<number[]> {
    try {
      const { store } = await this.#assay();
      const times: number[] = [];
      let before: string | undefined;
      do {
        const { items, next } = await store.listDeliveries({ state: "pending", limit: 200, before });
        times.push(...items.map(({ nextAt }) => nextAt));
        before = next ?? undefined;
      } while (before && times.length < MAX_SCANNED);
      return times;
    } catch (error) {
      console.error({ level: "error", message: "the outbox cannot be read", error: messageOf(error) });
      return [Date.now() + RETRY_MS];
    }
  }
}
