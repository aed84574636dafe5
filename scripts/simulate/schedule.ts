import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/base/time.ts";
import { chanceOf } from "./chance.ts";
import type { VirtualClock } from "./clock.ts";
import type { EventsAt } from "./network.ts";
import { minuteOf, type Process } from "./process.ts";
import type { Event, Tape } from "./tape.ts";

const OUTBOX_MS = 5 * SECOND_MS;

/** The schedule of a run: when its processes start, tick, deliver and die. */
export class Schedule {
  #process: Process;
  #second: Process | undefined;
  #count = 0;
  readonly #done = new Set<Event>();

  constructor(
    readonly options: {
      tape: Tape;
      startMs: number;
      clock: VirtualClock;
      start: (owner: string) => Process;
      on: EventsAt;
      isOver: () => boolean;
    },
  ) {
    this.#process = this.#start();
  }

  #start = () => this.options.start(`process ${this.#count++}`);

  /**
   * Plays the tape minute by minute. The receivers then work again, and the outbox has eight hours to empty.
   */
  async play(): Promise<void> {
    const { tape: { minutes }, clock, startMs } = this.options;
    this.#keepSending();
    for (let minute = 0; minute < minutes; minute++) {
      const at = minute * MINUTE_MS;
      this.#manageSecond(at);
      this.#planDeaths(at);
      for (const delayMs of this.#delays(at, minute)) {
        clock.after(delayMs, () => {
          this.#process.tick(minuteOf(clock.now()));
          this.#second?.tick(minuteOf(clock.now()));
        });
      }
      await clock.runUntil(startMs + at + MINUTE_MS);
      if (this.options.isOver()) return;
    }
    await clock.runUntil(startMs + minutes * MINUTE_MS + 8 * HOUR_MS);
  }

  /**
   * Delivers every five seconds, like a real process; every minute after the tape ends, when only old notices
   * are left.
   */
  #keepSending(): void {
    const { clock, startMs, tape: { minutes } } = this.options;
    const again = () => {
      this.#process.deliver();
      const isOver = clock.now() > startMs + minutes * MINUTE_MS;
      clock.after(isOver ? MINUTE_MS : OUTBOX_MS, again);
    };
    clock.after(OUTBOX_MS, again);
  }

  /** Delays (ms) of this minute's ticks; empty if the minute is skipped. */
  #delays(at: number, minute: number): number[] {
    const { on, tape: { seed } } = this.options;
    const chances = on("ticks", at).filter(({ share }, i) => chanceOf(seed, minute, i, 4) < share)
      .map(({ how }) => how);
    if (chances.includes("skipped")) return [];
    const late = chances.includes("late") ? Math.floor(chanceOf(seed, minute, 5) * 59 * SECOND_MS) : 0;
    return chances.includes("doubled") ? [late, late + 3 * SECOND_MS] : [late];
  }

  #manageSecond(at: number): void {
    const isWanted = this.options.on("second process", at).length > 0;
    if (isWanted && !this.#second) this.#second = this.#start();
    if (isWanted || !this.#second) return;
    this.#second.kill();
    this.#second = undefined;
  }

  #planDeaths(at: number): void {
    const { clock, tape: { events } } = this.options;
    for (const event of events) {
      if (event.kind !== "death" || this.#done.has(event)) continue;
      if (event.from < at || event.from >= at + MINUTE_MS) continue;
      this.#done.add(event);
      clock.after(event.from - at, () => this.#process.dieAt(event.call, event.isAfter));
      clock.after(event.until - at, () => {
        this.#process.kill();
        this.#process = this.#start();
        this.#process.tick(minuteOf(clock.now()));
      });
    }
  }
}
