/** The single writer: settles slots, keeps the store in its own SQLite, answers the API. Its alarm drives the outbox. */
import { DurableObject } from "cloudflare:workers";
import type { Minute } from "../../src/engine/settler/settler.ts";
import type { Env } from "./boot.ts";
import { lazy } from "../../src/base/once.ts";
import { peerOf } from "./client_address.ts";
import { messageOf } from "../../src/base/error_message.ts";

const MINUTE_MS = 60_000;
/** The alarm is armed at least this far ahead, so that a broken receiver cannot make it spin. */
const ALARM_MS = 1_000;
/** An alarm waits for its work no longer than this; the work goes on. */
const PATIENCE_MS = 10_000;
/** When the alarm looks again after the store failed. */
const AGAIN_MS = 30_000;
/** Pending notices that are looked at for the next alarm. */
const WAITING = 2_000;
/** Where the minute is kept that has slots to come: an object sleeps after ten idle seconds, and forgets. */
const MINUTE = "minute";

/** One object, named `ledger`. */
export class Ledger extends DurableObject<Env> {
  readonly #assay = lazy(async () => (await import("./open.ts")).openLedger(this.env, this.ctx.storage));
  /** Slots of the running minute that the alarm still has to settle; undefined: they are to be remembered. */
  #agenda: number[] | undefined;

  /** One cron event. Fired twice, it changes nothing; a missed one leaves a gap that the next slot shows. */
  async tick(scheduledMs: number): Promise<void> {
    const { begin, settle, outbox, upkeep } = await this.#assay();
    const minute = await begin(Math.floor(scheduledMs / MINUTE_MS) * MINUTE_MS);
    if (!minute) {
      return console.log({ level: "info", message: "this minute is taken or settled", scheduledMs });
    }
    const now = Date.now();
    this.#agenda = minute.slots.filter((slot) => slot > now);
    if (this.#agenda.length > 0) await this.ctx.storage.put<Minute>(MINUTE, minute);
    await this.#arm();
    await Promise.all(minute.slots.filter((slot) => slot <= now).map(settle));
    await this.#untilNext(outbox());
    await upkeep();
    await this.#arm();
  }

  /** Always arms again: an alarm that throws is retried six times and then dropped. */
  override async alarm(): Promise<void> {
    try {
      await this.#remember();
      const [agenda, now] = [this.#agenda ?? [], Date.now()];
      this.#agenda = agenda.filter((slot) => slot > now);
      await this.#untilNext(this.#work(agenda.filter((slot) => slot <= now)));
    } catch (error) {
      this.#failed(error);
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
  async #remember(): Promise<void> {
    if (this.#agenda) return;
    const { resume } = await this.#assay();
    const minute = await this.ctx.storage.get<Minute>(MINUTE);
    // Cron may have begun the next minute meanwhile.
    if (!minute || this.#agenda) return;
    resume(minute);
    // What is settled among them is not walked again.
    this.#agenda = minute.slots.filter((slot) => slot > Date.now() - MINUTE_MS);
  }

  /** Waits for the work, but not past the next slot: one alarm runs at a time, and a receiver that hangs must not cost that slot. */
  async #untilNext(work: Promise<unknown>): Promise<void> {
    const next = Math.min(...this.#agenda ?? [], Date.now() + PATIENCE_MS);
    const done = work.catch((error) => this.#failed(error));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const due = new Promise<void>((resolve) => timer = setTimeout(resolve, next - Date.now()));
    // What is left over may be a notice to send again, of which the alarm that armed now does not know.
    const late = due.then(() => void done.then(() => this.#arm()).catch((error) => this.#failed(error)));
    await Promise.race([done, late]).finally(() => clearTimeout(timer));
  }

  #failed(error: unknown): void {
    console.error({ level: "error", message: "an alarm failed", error: messageOf(error) });
  }

  /** For the next slot below a minute, or the next notice that is due; none if there is nothing to wait for. */
  async #arm(): Promise<void> {
    const waiting = await this.#waiting();
    const times = [...this.#agenda ?? [], ...waiting];
    if (times.length === 0) return;
    await this.ctx.storage.setAlarm(Math.max(Math.min(...times), Date.now() + ALARM_MS));
  }

  /** When the pending notices are due; soon, if that cannot be known. */
  async #waiting(): Promise<number[]> {
    try {
      const { store } = await this.#assay();
      const times: number[] = [];
      let before: string | undefined;
      do {
        const { items, next } = await store.listDeliveries({ state: "pending", limit: 200, before });
        times.push(...items.map(({ nextAt }) => nextAt));
        before = next ?? undefined;
      } while (before && times.length < WAITING);
      return times;
    } catch (error) {
      console.error({ level: "error", message: "the outbox cannot be read", error: messageOf(error) });
      return [Date.now() + AGAIN_MS];
    }
  }
}
