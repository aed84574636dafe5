/**
 * The shared half: take the lease of a minute, ask the probers whose turn it is, judge what arrives, and commit it.
 *
 *     tick -> lease -> for each instant and lane: ask --each arrival--> (within 1 s together) assess -> commit, fenced -> notices go out
 *                          ^                                                        |
 *                          +------------- a confirmation is called for -------------+
 */
import { assess } from "../../judgement/assess.ts";
import type { Check } from "../../config/config.ts";
import type { OwnSighting } from "../../judgement/own_causes.ts";
import type { Brought, Walk } from "../../judgement/round.ts";
import { pause } from "../../base/ports.ts";
import { pushes } from "../../storage/records/pushes.ts";
import type { CheckState } from "../../judgement/state.ts";
import type { Lease, Store } from "../../storage/store.ts";
import { messageOf } from "../../base/error_message.ts";
import { MINUTE_MS } from "../../base/time.ts";
import { collector, type Landed } from "./collect.ts";
import { gather, type GatherOptions, type ProberAsk } from "./gather.ts";
import { JudgeQueue } from "./judge_queue.ts";
import { Lines } from "./lines.ts";
import type { Flight } from "./minute_plan.ts";
import { scheduleSightings } from "./schedule_lag.ts";
import { setupOf } from "./setup.ts";
import { Sightings } from "./sightings.ts";
import { type MinuteStatistics, Statistics } from "./statistics.ts";

/** What a settler needs. */
export interface SettlerOptions extends GatherOptions {
  store: Store;
  /** Unique to this process. */
  owner: string;
  /** Called after each commit with the number of notices that it wrote, and the instant of its walks. */
  onCommit?: (notices: number, at: number) => void;
  /** Whether a slot is walked however late it is: for a schedule that is fired by hand. */
  walksLate?: boolean;
  /** Whether every second slot of a check that hangs is left out (see hanging.ts): where a plan counts the time that objects are awake. */
  sparesHanging?: boolean;
}

/** Settles slots. */
export interface Settler {
  /**
   * Takes the lease of the minute that starts at `minuteMs`. Null: it is taken, or a later one is. `beforeMs`: the minute that was
   * begun before, where others call for minutes: what lies between was missed.
   */
  begin(minuteMs: number, beforeMs?: number): Promise<Lease | null>;
  /** Goes on with a minute that this process began before it forgot; without effect once one was begun. */
  resume(lease: Lease): Promise<void>;
  /** When (epoch ms) the next walk of the minute that was begun is due, perhaps already; undefined: none is left, as far as is known. */
  next(): number | undefined;
  /** Walks what is due, and settles it. Never rejects: what goes wrong is logged, and the walk is missing. */
  settleDue(): Promise<void>;
  /**
   * Settles every walk of the minute that starts at `minuteMs`. False: the tick belongs to another process, or is settled. Once
   * `signal` aborts, no further walk is begun.
   */
  tick(minuteMs: number, signal?: AbortSignal): Promise<boolean>;
  /**
   * Puts another config, and what follows from it, in place between two judgements: states and incidents stay by check key, what left
   * is resolved, and what is under way is judged by the new one. Rejects, and changes nothing, if the store fails.
   */
  replace(next: GatherOptions): Promise<void>;
  /** Walks one check now, from every prober, and judges it by itself: nothing is stored, and no vote changes. */
  probeNow(check: Check): Promise<CheckState>;
  /** Takes down what is seen of Assay itself; it is judged with the next commit, at the latest in `housekeep` (see stepOwn). */
  note(sighting: OwnSighting): void;
  /** What was walked, and written, since this was asked the last time. */
  takeStatistics(): MinuteStatistics;
  /** Housekeeping, for when the walks of a minute are settled (`tick` does it). Never rejects. */
  housekeep(): Promise<void>;
  /** Gives up the lease, so that the next process need not wait until it runs out. */
  release(): Promise<void>;
}

const LEASE_MS = 55_000;

/** A settler over one store. It keeps a copy of what it last wrote, and uses it only if the store still holds the same. */
export function settler(options: SettlerOptions): Settler {
  const { ports: { clock, log }, store, owner, onCommit, walksLate = false, sparesHanging = false } = options;
  const statistics = new Statistics();
  const lines = new Lines(store);
  const sightings = new Sightings();
  let setup = setupOf({ ...options, walksLate, sparesHanging });
  const queue = new JudgeQueue({
    ...{ store, lines, sightings, statistics, onCommit },
    setup: () => setup,
    lease: () => lease!,
  });
  let lease: Lease | null = null;
  const flying = new Set<Promise<void>>();
  let changed = Promise.withResolvers<void>();

  const tellChange = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const logFailure = (message: string, fields: Record<string, unknown>) => (error: unknown) =>
    log.error(message, { ...fields, error: setup.ports.secrets.redact(messageOf(error)) });

  const fly = async (flight: Flight): Promise<void> => {
    const { asks, unasked, at } = flight;
    const { cache, waitMs } = setup;
    for (const { checks } of asks) statistics.countBegun(checks.length, clock.now() - at);
    for (const { brought } of unasked) statistics.countBrought(brought);
    const judging: Promise<void>[] = [];
    const pushed = pushes(store, clock, asks.flatMap(({ checks }) => checks));
    pushed.catch(() => {}); // each judgement that waits for it says so
    const judge = (landed: readonly Landed[]) =>
      void judging.push(queue.judge(flight, landed, pushed).finally(tellChange));
    if (unasked.length > 0) judge(unasked);
    const { arrive, end } = collector({ clock, asks, waitMs, judge });
    await gather(setup, asks, cache, (ask, check, brought) => {
      statistics.countBrought(brought);
      arrive(ask, check, brought);
    });
    end();
    await Promise.all(judging);
  };

  const housekeep = async () => {
    await queue.flush();
    await setup.rollUp().catch(logFailure("the housekeeping failed", {}));
  };

  const beginUnder = async (taken: Lease) => {
    if (taken.fence !== (lease?.fence ?? NaN) + 1) lines.forget();
    lease = taken;
    // A store that fails here fails the commits as well, which say so.
    await queue.readStates().catch(() => {});
    setup.plan.begin(taken);
  };

  const begin = async (minuteMs: number, beforeMs?: number) => {
    const nowMs = clock.now();
    const taken = await store.takeLease({ tick: minuteMs, owner, nowMs, ttlMs: LEASE_MS });
    if (!taken) return taken;
    const seen = walksLate ? [] : scheduleSightings({ minuteMs, nowMs, beforeMs });
    for (const sighting of seen) sightings.add(sighting);
    await beginUnder(taken);
    return taken;
  };

  /** Begins what is due. */
  const takeOff = (): Promise<void>[] =>
    setup.plan.takeDue(clock.now()).map((flight) => {
      const flown = fly(flight)
        .catch(logFailure("a slot could not be settled", { slot: flight.at, lane: flight.lane }))
        .finally(() => {
          flying.delete(flown);
          tellChange();
        });
      flying.add(flown);
      return flown;
    });
  const settleDue = async () => void await Promise.all(takeOff());

  /** Waits for the next walk, or until something is settled that may call for one. */
  const waitForNext = async (at: number | undefined, signal?: AbortSignal): Promise<void> => {
    const stop = new AbortController();
    const abort = () => stop.abort();
    signal?.addEventListener("abort", abort, { once: true });
    const waits: Promise<void>[] = [changed.promise];
    // Where nothing is due, something is in the air.
    waits.push(pause(clock, at === undefined ? MINUTE_MS : at - clock.now(), stop.signal));
    await Promise.race(waits);
    stop.abort();
    signal?.removeEventListener("abort", abort);
  };

  /** Walks what is due until nothing is left, or the minute is somebody else's. */
  const runMinute = async (mine: Lease, signal?: AbortSignal): Promise<void> => {
    while (lease === mine && !signal?.aborted) {
      const at = setup.plan.next();
      if (at === undefined && flying.size === 0) break;
      const wait = (at ?? Infinity) - clock.now();
      if (at !== undefined && wait > MINUTE_MS) break; // the clock stepped back: these walks are not for now
      if (wait <= 0) takeOff();
      else await waitForNext(at, signal);
      if (wait <= 0 && !setup.plan.isHeld(clock.now())) break;
    }
    await Promise.all(flying);
  };

  return {
    begin,
    resume: async (taken) => {
      if (!lease) await beginUnder(taken);
    },
    next: () => setup.plan.next(),
    settleDue,
    replace: (next) =>
      queue.exclusively(async () => {
        const incoming = setupOf({ ...options, ...next, walksLate, sparesHanging }, setup);
        if (lease && setup.plan.isHeld(clock.now())) await queue.readStatesFor(incoming);
        // Without a moment between: what is due by now is asked as it was, what comes after as it will be.
        takeOff();
        incoming.plan.succeed(setup.plan, clock.now());
        setup = incoming;
        tellChange();
      }),
    async probeNow(check) {
      const slot = clock.now();
      const walk: Walk = { slot, at: slot, kind: "turn" };
      const { config: { regions }, cache } = setup;
      const ids = regions.flatMap((region) => region.probers.map(({ id }) => id));
      const asks = ids.map((prober): ProberAsk => ({ prober, walk, checks: [check] }));
      const landed: Landed[] = [];
      const arrive = (ask: ProberAsk, check: Check, brought: Brought) =>
        void landed.push({ ask, check, brought });
      const pushed = pushes(store, clock, [check]);
      await gather(setup, asks, cache, arrive);
      const arrivals = (await queue.arrivalsOf(landed, await pushed)).get(check)!;
      return assess(check, regions, arrivals, { newId: () => "none" }).state;
    },
    note: (sighting) => sightings.add(sighting),
    takeStatistics: () => statistics.take(),
    housekeep,
    release: async () => {
      if (lease) await store.releaseLease(lease);
    },
    async tick(minuteMs, signal) {
      const mine = await begin(minuteMs);
      if (!mine) return false;
      await runMinute(mine, signal);
      await housekeep();
      return true;
    },
  };
}
