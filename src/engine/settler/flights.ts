/** Runs flights: asks the probers of one lane and instant, and queues what they bring for judgement. */
import { messageOf } from "../../base/error_message.ts";
import { type Clock, pause } from "../../base/ports.ts";
import { MINUTE_MS } from "../../base/time.ts";
import { pushes } from "../../storage/records/pushes.ts";
import type { Store } from "../../storage/store.ts";
import { Collector, type Landed } from "./collect.ts";
import { gather } from "./gather.ts";
import type { JudgeQueue } from "./judge_queue.ts";
import type { Flight } from "./minute_plan.ts";
import type { Setup } from "./setup.ts";
import type { Statistics } from "./statistics.ts";

/** What flights work with. */
export interface FlightsOptions {
  clock: Clock;
  store: Store;
  queue: JudgeQueue;
  statistics: Statistics;
  /** The current setup; a reload replaces it. */
  setup(): Setup;
}

/** The flights of one settler. */
export class Flights {
  readonly #options: FlightsOptions;
  readonly #running = new Set<Promise<void>>();
  #changed = Promise.withResolvers<void>();

  constructor(options: FlightsOptions) {
    this.#options = options;
  }

  /** Starts every flight that is due. The promises never reject: failures are logged. */
  startDue(): Promise<void>[] {
    const { clock, setup } = this.#options;
    return setup().plan.takeDue(clock.now()).map((flight) => {
      const running = this.#run(flight)
        .catch((error) => {
          const { log, secrets } = setup().ports;
          log.error("a slot could not be settled", {
            ...{ slot: flight.at, lane: flight.lane },
            error: secrets.redact(messageOf(error)),
          });
        })
        .finally(() => {
          this.#running.delete(running);
          this.notifyChange();
        });
      this.#running.add(running);
      return running;
    });
  }

  /**
   * Runs what is due until the minute has no walk left or `isCurrent` (its lease is the newest) turns false.
   */
  async runMinute(isCurrent: () => boolean, signal?: AbortSignal): Promise<void> {
    const { clock, setup } = this.#options;
    while (isCurrent() && !signal?.aborted) {
      const at = setup().plan.next();
      if (at === undefined && this.#running.size === 0) break;
      const waitMs = (at ?? Infinity) - clock.now();
      // The clock stepped back: these walks are not due in this minute.
      if (at !== undefined && waitMs > MINUTE_MS) break;
      if (waitMs <= 0) this.startDue();
      else await this.#waitUntil(at, signal);
      if (waitMs <= 0 && !setup().plan.isHeld(clock.now())) break;
    }
    await Promise.all(this.#running);
  }

  /** Ends the current wait: the plan may hold an earlier walk now. */
  notifyChange(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Waits until `atMs` (undefined: at most a minute), the next change, or the abort of `signal`. */
  async #waitUntil(atMs: number | undefined, signal?: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const stop = new AbortController();
    const abort = () => stop.abort();
    signal?.addEventListener("abort", abort, { once: true });
    const waitMs = atMs === undefined ? MINUTE_MS : atMs - clock.now();
    await Promise.race([this.#changed.promise, pause(clock, waitMs, stop.signal)]);
    stop.abort();
    signal?.removeEventListener("abort", abort);
  }

  async #run(flight: Flight): Promise<void> {
    const { clock, store, queue, statistics } = this.#options;
    const setup = this.#options.setup();
    const { asks, unasked, at } = flight;
    for (const { checks } of asks) statistics.countBegun(checks.length, clock.now() - at);
    for (const { brought } of unasked) statistics.countBrought(brought);
    const pushed = pushes(store, clock, asks.flatMap(({ checks }) => checks));
    pushed.catch(() => {}); // each judgement that awaits it reports the failure
    const judging: Promise<void>[] = [];
    const judge = (landed: readonly Landed[]) =>
      void judging.push(queue.judge(flight, landed, pushed).finally(() => this.notifyChange()));
    if (unasked.length > 0) judge(unasked);
    const collector = new Collector({ clock, asks, waitMs: setup.waitMs, judge });
    await gather(setup, asks, setup.cache, (ask, check, brought) => {
      statistics.countBrought(brought);
      collector.arrive(ask, check, brought);
    });
    collector.end();
    await Promise.all(judging);
  }
}
