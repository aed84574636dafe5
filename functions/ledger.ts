/** The single writer: settles slots, keeps the store in its own SQLite, answers the API. Its alarm drives the outbox. */
import { DurableObject } from "cloudflare:workers";
import { messageOf } from "../src/exchange.ts";
import type { Env } from "./edge.ts";
import { once } from "./once.ts";
import { peerOf } from "./peer.ts";

const MINUTE_MS = 60_000;
/** The alarm is armed at least this far ahead, so that a broken receiver cannot make it spin. */
const ALARM_MS = 1_000;
/** When the alarm looks again after the store failed. */
const AGAIN_MS = 30_000;
/** Pending notices that are looked at for the next alarm. */
const WAITING = 2_000;

/** One object, named `ledger`. */
export class Ledger extends DurableObject<Env> {
  readonly #assay = once(async () => (await import("./open.ts")).openLedger(this.env, this.ctx.storage));
  /** Slots of the running minute that the alarm still has to settle. */
  #agenda: number[] = [];

  /** One cron event. Fired twice, it changes nothing; a missed one leaves a gap that the next slot shows. */
  async tick(scheduledMs: number): Promise<void> {
    const { begin, settle, outbox, upkeep } = await this.#assay();
    const agenda = await begin(Math.floor(scheduledMs / MINUTE_MS) * MINUTE_MS);
    if (!agenda) return;
    const now = Date.now();
    this.#agenda = agenda.filter((slot) => slot > now);
    await this.#arm();
    await Promise.all(agenda.filter((slot) => slot <= now).map(settle));
    await outbox();
    await upkeep();
    await this.#arm();
  }

  /** Always arms again: an alarm that throws is retried six times and then dropped. */
  override async alarm(): Promise<void> {
    try {
      const { settle, outbox } = await this.#assay();
      const now = Date.now();
      const due = this.#agenda.filter((slot) => slot <= now);
      this.#agenda = this.#agenda.filter((slot) => slot > now);
      await Promise.all(due.map(settle));
      await outbox();
    } catch (error) {
      console.error({ level: "error", message: "an alarm failed", error: messageOf(error) });
    } finally {
      await this.#arm();
    }
  }

  override async fetch(request: Request): Promise<Response> {
    return await (await this.#assay()).app.fetch(request, peerOf(request));
  }

  /** For the next slot below a minute, or the next notice that is due; none if there is nothing to wait for. */
  async #arm(): Promise<void> {
    const times = [...this.#agenda, ...await this.#waiting()];
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
        const { items, next } = await store.deliveries({ state: "pending", limit: 200, before });
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
