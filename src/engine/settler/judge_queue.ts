/** Judges arrivals one commit at a time: each judgement reads what the one before wrote. */
import { messageOf } from "../../base/error_message.ts";
import { logTransitions } from "./transition_log.ts";
import { hasPushedSource } from "../../config/requests.ts";
import type { Check } from "../../config/config.ts";
import type { Arrival } from "../../judgement/round.ts";
import { pushes, type PushSnapshot, withPushes } from "../../storage/records/pushes.ts";
import type { Lease, Store } from "../../storage/store.ts";
import type { Landed } from "./collect.ts";
import { type Batch, commitBatch, type Committed } from "./commit.ts";
import type { Lines } from "./lines.ts";
import type { Flight } from "./minute_plan.ts";
import { landedIn, type Setup } from "./setup.ts";
import type { Sightings } from "./sightings.ts";
import type { Statistics } from "./statistics.ts";

export interface JudgeQueueOptions {
  store: Store;
  lines: Lines;
  sightings: Sightings;
  statistics: Statistics;
  /** The current setup; a reload replaces it. */
  setup(): Setup;
  /** The newest lease; it exists once something has landed. */
  lease(): Lease;
  /** Called after each commit with the number of notices it wrote and the instant of its walks (epoch ms). */
  onCommit?: (notices: number, at: number) => void;
}

export class JudgeQueue {
  readonly #options: JudgeQueueOptions;
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  constructor(options: JudgeQueueOptions) {
    this.#options = options;
  }

  /** Judges and commits arrivals of a flight. Never rejects: failures are logged. */
  async judge(
    { at, lane, isNew, config }: Flight,
    landed: readonly Landed[],
    pushed: Promise<PushSnapshot>,
  ): Promise<void> {
    const { sightings, statistics, lease, onCommit } = this.#options;
    const work = async () => {
      const setup = this.#options.setup();
      const { ports: { log }, plan, missedRounds } = setup;
      const isSame = config === setup.config;
      const known = isSame ? landed : landedIn(setup, landed);
      const snapshot = isSame ? await pushed : await this.#pushesOf(known);
      const arrivals = await this.arrivalsOf(known, snapshot);
      // Added before this batch's commit, which then includes it: a separate commit would cost as much as a
      // slot.
      sightings.add({ kind: "capacity", at: lease().tick, cause: missedRounds.causeWith(known) });
      const done = await this.#commit(setup, { at, isNew: isNew && isSame, arrivals });
      if (!done) {
        return log.warn("a slot is lost: another process now holds the lease", {
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
    await this.exclusively(work).catch(this.#logFailure("a slot could not be settled", { slot: at, lane }));
    this.#options.setup().plan.release(landed);
  }

  /**
   * Commits pending sightings that no other commit took. Does nothing once the lease has ended: the store
   * would refuse the commit.
   */
  async flush(): Promise<void> {
    const work = async () => {
      const setup = this.#options.setup();
      const { ports: { clock }, plan } = setup;
      if (this.#options.sightings.waiting.length > 0 && plan.isHeld(clock.now())) {
        await this.#commitAlone(setup);
      }
    };
    await this.exclusively(work).catch(
      this.#logFailure("incidents about Assay itself could not be settled", {}),
    );
  }

  /**
   * Reads the stored states and moves those that another list of checks has packed. Rejects if the store
   * fails.
   */
  readStates = (): Promise<void> => this.exclusively(() => this.readStatesFor(this.#options.setup()));

  /**
   * The same for a setup that is about to replace this one; call it within `exclusively`. Incidents of checks
   * it lacks are resolved.
   */
  async readStatesFor(setup: Setup): Promise<void> {
    const isInPlace = await setup.cache.refresh(this.#options.lease());
    if (isInPlace) return;
    this.#options.lines.forget();
    await this.#commitAlone(setup, true);
  }

  /** A commit without arrivals. */
  async #commitAlone(setup: Setup, moves = false): Promise<void> {
    const { ports: { clock, log } } = setup;
    const at = clock.now();
    const done = await this.#commit(setup, { at, isNew: false, arrivals: new Map(), moves });
    if (done) logTransitions(log, done.changes);
    if (done && done.notices > 0) this.#options.onCommit?.(done.notices, at);
  }

  /** Arrivals by check, with pushed reports merged in. */
  async arrivalsOf(landed: readonly Landed[], pushed: PushSnapshot): Promise<Map<Check, Arrival[]>> {
    const byCheck = Map.groupBy(landed, ({ check }) => check);
    const checks = [...byCheck.keys()].filter(hasPushedSource);
    const alone = new Map(checks.map((check) => {
      const all = byCheck.get(check)!;
      return [check.key, new Map(all.map(({ ask: { prober }, brought }) => [prober, brought]))];
    }));
    const whole = await withPushes(checks, alone, pushed, () => this.#pushesOf(landed));
    const arrivalOf = (check: Check, { ask: { prober, walk }, brought }: Landed): Arrival => (
      { prober, walk, ...whole.get(check.key)?.get(prober) ?? brought }
    );
    return new Map([...byCheck].map(([check, all]) => [check, all.map((one) => arrivalOf(check, one))]));
  }

  #pushesOf(landed: readonly Landed[]): Promise<PushSnapshot> {
    const { store, setup } = this.#options;
    return pushes(store, setup().ports.clock, landed.map(({ check }) => check));
  }

  async #commit(
    { ports: { clock }, config, cache, believe }: Setup,
    batch: Omit<Batch, "sightings">,
  ): Promise<Committed | null> {
    const { store, lines, sightings, lease } = this.#options;
    const { tick, fence } = lease();
    const newId = () => `inc_${tick.toString(36)}_${fence.toString(36)}_${this.#count++}`;
    const taken = sightings.waiting;
    const context = { clock, config, store, cache, lines, believe, lease: lease(), newId };
    const done = await commitBatch(context, { ...batch, sightings: taken });
    if (done) sightings.remove(taken);
    return done;
  }

  /** Runs `work` after all earlier work and before all later work. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  #logFailure(message: string, fields: Record<string, unknown>) {
    const { log, secrets } = this.#options.setup().ports;
    return (error: unknown) => log.error(message, { ...fields, error: secrets.redact(messageOf(error)) });
  }
}
