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

/** One object, named `ledger`. */
export class LedgerObject extends DurableObject<Env> {
  readonly #assay = lazy(() => openLedger(this.env, this.ctx.storage));
  /** It has begun a minute, or remembered one, since it woke up. */
  #isAwake = false;
  /** Of a minute that is not yet kept in storage. */
  #lease: Lease | undefined;

  /** One cron event. Fired twice, it changes nothing; a missed one leaves a gap that the next slot shows. */
  async tick(scheduledMs: number): Promise<void> {
    const { begin, settleDue, outbox, housekeep } = await this.#assay();
    const lease = await begin(Math.floor(scheduledMs / MINUTE_MS) * MINUTE_MS);
    if (!lease) {
      return console.log({ level: "info", message: "this minute is taken or settled", scheduledMs });
    }
    this.#isAwake = true;
    const settled = settleDue();
    this.#lease = lease;
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
      await this.#waitUntilNext(this.#work());
    } catch (error) {
      this.#logFailure(error);
    } finally {
      await this.#arm();
    }
  }

  override async fetch(request: Request): Promise<Response> {
    return await (await this.#assay()).app.fetch(request, peerOf(request));
  }

  async #work(): Promise<void> {
    const { settleDue, outbox } = await this.#assay();
    await settleDue();
    await outbox();
  }

  /** After a sleep: the minute that this object began. What is settled of it is not walked again. */
  async #remember(): Promise<void> {
    if (this.#isAwake) return;
    const { resume } = await this.#assay();
    const lease = await this.ctx.storage.get<Lease>(MINUTE_KEY);
    // Cron may have begun the next minute meanwhile.
    if (lease && !this.#isAwake) await resume(lease);
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
    // A config that cannot be read has none; who asks for more is told.
    return await this.#assay().then(({ next }) => next(), () => undefined);
  }

  #logFailure(error: unknown): void {
    console.error({ level: "error", message: "an alarm failed", error: messageOf(error) });
  }

  /** For the next turn or confirmation of the minute, or the next notice that is due; none if there is nothing to wait for. */
  async #arm(): Promise<void> {
    const next = await this.#nextWalk();
    if (next !== undefined && this.#lease) {
      await this.ctx.storage.put<Lease>(MINUTE_KEY, this.#lease);
      this.#lease = undefined;
    }
    const times = [next ?? [], await this.#nextDelivery() ?? []].flat();
    if (times.length === 0) return;
    await this.ctx.storage.setAlarm(Math.max(Math.min(...times), Date.now() + ALARM_MS));
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
