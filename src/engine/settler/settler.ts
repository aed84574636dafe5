/**
 * The shared half: take the lease of a minute, ask the probers whose turn it is, judge what arrives, and commit it.
 *
 *     tick -> lease -> for each instant and lane: ask --each arrival--> (within 1 s together) assess -> commit, fenced -> notices go out
 *                          ^                                                        |
 *                          +------------- a confirmation is called for -------------+
 */
import { assess } from "../../judgement/assess.ts";
import { missedAt, walkedAt } from "../../judgement/arrival.ts";
import { isNoSilence } from "../../judgement/missed_reasons.ts";
import type { Check } from "../../config/config.ts";
import type { OwnSighting } from "../../judgement/own_causes.ts";
import type { Brought, Walk } from "../../judgement/round.ts";
import { packChecks } from "../../storage/codec.ts";
import { pause } from "../../base/ports.ts";
import { pushes } from "../../storage/records/pushes.ts";
import { turnsOf } from "../../config/schedule.ts";
import { StateCache } from "./state_cache.ts";
import type { CheckState } from "../../judgement/state.ts";
import type { Lease, Store } from "../../storage/store.ts";
import { rollupJob } from "../../storage/history/rollup.ts";
import { messageOf } from "../../base/error_message.ts";
import { MINUTE_MS } from "../../base/time.ts";
import { collector, type Landed } from "./collect.ts";
import { gather, type GatherOptions, GRACE_MS, LATE_MS, type ProberAsk } from "./gather.ts";
import { JudgeQueue } from "./judge_queue.ts";
import { Lines } from "./lines.ts";
import { type Flight, MinutePlan } from "./minute_plan.ts";
import { maxRoundMs } from "../../config/round_time.ts";
import { scheduleSightings } from "./schedule_lag.ts";
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
  const { ports, store, config, owner, onCommit, walksLate = false, sparesHanging = false } = options;
  const { clock, log, secrets } = ports;
  const statistics = new Statistics();
  const cache = new StateCache(store, packChecks(config));
  const lines = new Lines(store);
  const sightings = new Sightings();
  const plan = new MinutePlan({ config, cache, walksLate, sparesHanging });
  const queue = new JudgeQueue({
    ...{ ports, config, store, cache, lines, plan, sightings, statistics, onCommit },
    lease: () => lease!,
  });
  const waitMs = patienceOf(options, cache);
  let lease: Lease | null = null;
  let flying = 0;
  let changed = Promise.withResolvers<void>();

  const tellChange = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const logFailure = (message: string, fields: Record<string, unknown>) => (error: unknown) =>
    log.error(message, { ...fields, error: secrets.redact(messageOf(error)) });

  const fly = async (flight: Flight): Promise<void> => {
    const { asks, unasked, at } = flight;
    for (const { checks } of asks) statistics.countBegun(checks.length, clock.now() - at);
    for (const { brought } of unasked) statistics.countBrought(brought);
    const judging: Promise<void>[] = [];
    const pushed = pushes(store, clock, asks.flatMap(({ checks }) => checks));
    pushed.catch(() => {}); // each judgement that waits for it says so
    const judge = (landed: readonly Landed[]) =>
      void judging.push(queue.judge(flight, landed, pushed).finally(tellChange));
    if (unasked.length > 0) judge(unasked);
    const { arrive, end } = collector({ clock, asks, waitMs, judge });
    await gather(options, asks, cache, (ask, check, brought) => {
      statistics.countBrought(brought);
      arrive(ask, check, brought);
    });
    end();
    await Promise.all(judging);
  };

  const rollUp = rollupJob({ clock, store, config, packing: cache.packing });
  const housekeep = async () => {
    await queue.flush();
    await rollUp().catch(logFailure("the housekeeping failed", {}));
  };

  const beginUnder = async (taken: Lease) => {
    if (taken.fence !== (lease?.fence ?? NaN) + 1) lines.forget();
    lease = taken;
    // A store that fails here fails the commits as well, which say so.
    await cache.refresh(taken).catch(() => {});
    plan.begin(taken);
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

  const settleDue = async (): Promise<void> => {
    const flights = plan.takeDue(clock.now());
    flying += flights.length;
    await Promise.all(
      flights.map((flight) =>
        fly(flight).catch(logFailure("a slot could not be settled", { slot: flight.at, lane: flight.lane }))
          .finally(() => {
            flying--;
            tellChange();
          })
      ),
    );
  };

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
    const running: Promise<void>[] = [];
    while (lease === mine && !signal?.aborted) {
      const at = plan.next();
      if (at === undefined && flying === 0) break;
      const wait = (at ?? Infinity) - clock.now();
      if (at !== undefined && wait > MINUTE_MS) break; // the clock stepped back: these walks are not for now
      if (wait <= 0) running.push(settleDue());
      else await waitForNext(at, signal);
      if (wait <= 0 && !plan.isHeld(clock.now())) break;
    }
    await Promise.all(running);
  };

  return {
    begin,
    resume: async (taken) => {
      if (!lease) await beginUnder(taken);
    },
    next: () => plan.next(),
    settleDue,
    async probeNow(check) {
      const slot = clock.now();
      const walk: Walk = { slot, at: slot, kind: "turn" };
      const ids = config.regions.flatMap((region) => region.probers.map(({ id }) => id));
      const asks = ids.map((prober): ProberAsk => ({ prober, walk, checks: [check] }));
      const landed: Landed[] = [];
      const arrive = (ask: ProberAsk, check: Check, brought: Brought) =>
        void landed.push({ ask, check, brought });
      const pushed = pushes(store, clock, [check]);
      await gather(options, asks, cache, arrive);
      const arrivals = (await queue.arrivalsOf(landed, await pushed)).get(check)!;
      return assess(check, config.regions, arrivals, { newId: () => "none" }).state;
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

/** How long (ms) a slot that is judged whole, where all walk at once, waits for a prober: not for the dead. */
function patienceOf(
  { config, ports: { clock } }: Pick<SettlerOptions, "config" | "ports">,
  cache: StateCache,
) {
  return ({ prober, walk }: ProberAsk, check: Check): number | undefined => {
    if (walk.kind !== "turn" || turnsOf(check, config.regions) > 1) return undefined;
    const state = cache.stateOf(check.key)?.probers[prober];
    const isSilent = state?.missed !== undefined && !isNoSilence(state.missed.reason);
    const isDead = isSilent && missedAt(state) > walkedAt(state);
    const longest = isDead ? LATE_MS : maxRoundMs(check, walk.slot) + GRACE_MS;
    return Math.max(LATE_MS, longest - (clock.now() - walk.at));
  };
}
