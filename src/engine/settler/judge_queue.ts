/** Judges what has landed, one commit after the other: each reads what the one before has written. */
import { messageOf } from "../../base/error_message.ts";
import { logTransitions } from "./transition_log.ts";
import type { Ports } from "../../base/ports.ts";
import type { Check, Config } from "../../config/config.ts";
import type { Arrival } from "../../judgement/round.ts";
import { pushes, type PushSnapshot, withPushes } from "../../storage/records/pushes.ts";
import type { Lease, Store } from "../../storage/store.ts";
import type { Landed } from "./collect.ts";
import { type Batch, commitBatch, type Committed } from "./commit.ts";
import type { Lines } from "./lines.ts";
import type { Flight, MinutePlan } from "./minute_plan.ts";
import type { Sightings } from "./sightings.ts";
import type { StateCache } from "./state_cache.ts";
import { MissedRoundsWatch, type Statistics } from "./statistics.ts";
import { believer } from "./suspects.ts";

/** What a queue works with. */
export interface JudgeQueueOptions {
  ports: Ports;
  config: Config;
  store: Store;
  cache: StateCache;
  lines: Lines;
  plan: MinutePlan;
  sightings: Sightings;
  statistics: Statistics;
  /** The newest lease; there is one once something has landed. */
  lease(): Lease;
  /** Called after each commit with the number of notices that it wrote, and the instant of its walks. */
  onCommit?: (notices: number, at: number) => void;
}

/** The queue of one settler. */
export class JudgeQueue {
  readonly #options: JudgeQueueOptions;
  readonly #missedRounds: MissedRoundsWatch;
  readonly #believe: ReturnType<typeof believer>;
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  constructor(options: JudgeQueueOptions) {
    this.#options = options;
    this.#missedRounds = new MissedRoundsWatch(options.config);
    this.#believe = believer(options.config);
  }

  /** Judges and commits what has landed of a flight. Never rejects: what goes wrong is logged. */
  async judge(
    { at, lane, isNew }: Flight,
    landed: readonly Landed[],
    pushed: Promise<PushSnapshot>,
  ): Promise<void> {
    const { ports: { log }, plan, sightings, statistics, lease, onCommit } = this.#options;
    const work = async () => {
      const arrivals = await this.arrivalsOf(landed, await pushed);
      // Before the commit that takes it: one of its own would cost as much as a slot.
      sightings.add({ kind: "capacity", at: lease().tick, cause: this.#missedRounds.causeWith(landed) });
      const done = await this.#commit({ at, isNew, arrivals });
      if (!done) {
        return log.warn("a slot is lost: another process holds the lease by now", {
          slot: at,
          fence: lease().fence,
        });
      }
      logTransitions(log, done.changes);
      for (const prober of done.suspects) {
        log.warn("a prober is suspect: nearly everything turned bad there alone", { prober, slot: at });
      }
      for (const [check, state] of done.states) plan.noteConfirmations(check, state);
      statistics.countCommit(done.notices);
      onCommit?.(done.notices, at);
    };
    await this.#exclusively(work).catch(this.#logFailure("a slot could not be settled", { slot: at, lane }));
    plan.release(landed);
  }

  /** Commits what was noted and no commit has taken. Of a lease that is over somebody else's commits would be refused. */
  async flush(): Promise<void> {
    const { ports: { clock, log }, plan, sightings, onCommit } = this.#options;
    const work = async () => {
      if (sightings.waiting.length === 0 || !plan.isHeld(clock.now())) return;
      const at = clock.now();
      const done = await this.#commit({ at, isNew: false, arrivals: new Map() });
      if (done) logTransitions(log, done.changes);
      if (done && done.notices > 0) onCommit?.(done.notices, at);
    };
    await this.#exclusively(work).catch(this.#logFailure("the own incidents could not be settled", {}));
  }

  /** What has landed, by check, with what was pushed to it. */
  async arrivalsOf(landed: readonly Landed[], pushed: PushSnapshot): Promise<Map<Check, Arrival[]>> {
    const { store, ports: { clock } } = this.#options;
    const byCheck = Map.groupBy(landed, ({ check }) => check);
    const checks = [...byCheck.keys()];
    const brought = new Map(
      [...byCheck].map(([{ key }, all]) => [key, new Map(all.map((one) => [one.ask.prober, one.brought]))]),
    );
    const whole = await withPushes(checks, brought, pushed, () => pushes(store, clock, checks));
    const arrivalOf = (check: Check, { ask: { prober, walk } }: Landed): Arrival => (
      { prober, walk, ...whole.get(check.key)!.get(prober)! }
    );
    return new Map([...byCheck].map(([check, all]) => [check, all.map((one) => arrivalOf(check, one))]));
  }

  async #commit(batch: Omit<Batch, "sightings">): Promise<Committed | null> {
    const { ports: { clock }, config, store, cache, lines, sightings, lease } = this.#options;
    const { tick, fence } = lease();
    const newId = () => `inc_${tick.toString(36)}_${fence.toString(36)}_${this.#count++}`;
    const taken = sightings.waiting;
    const context = { clock, config, store, cache, lines, believe: this.#believe, lease: lease(), newId };
    const done = await commitBatch(context, { ...batch, sightings: taken });
    if (done) sightings.remove(taken);
    return done;
  }

  #exclusively(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  #logFailure(message: string, fields: Record<string, unknown>) {
    const { log, secrets } = this.#options.ports;
    return (error: unknown) => log.error(message, { ...fields, error: secrets.redact(messageOf(error)) });
  }
}
