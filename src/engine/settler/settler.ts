/**
 * The shared half: take the lease of a minute, ask the probers whose turn it is, judge what arrives, and commit it.
 *
 *     tick -> lease -> for each instant and lane: ask --each arrival--> (within 1 s together) assess -> commit, fenced -> notices go out
 *                          ^                                                        |
 *                          +------------- a confirmation is called for -------------+
 */
import { assess, STEP_BACK_MS } from "../../judgement/assess.ts";
import { missedAt, walkedAt } from "../../judgement/arrival.ts";
import type { Check } from "../../config/config.ts";
import type { Arrival, Brought, Walk } from "../../judgement/round.ts";
import { laneOf, packChecks } from "../../storage/codec.ts";
import { pause } from "../../base/ports.ts";
import { pushes, type PushSnapshot, withPushes } from "../../storage/records/pushes.ts";
import { periodMs, turnsOf } from "../../config/schedule.ts";
import { StateCache } from "./state_cache.ts";
import type { CheckState } from "../../judgement/state.ts";
import type { Lease, Store } from "../../storage/store.ts";
import { rollupJob } from "../../storage/history/rollup.ts";
import { messageOf } from "../../base/error_message.ts";
import { MINUTE_MS } from "../../base/time.ts";
import { agendaOf, confirmationsOf, type PlannedWalk } from "./agenda.ts";
import { collector, type Landed } from "./collect.ts";
import { type Batch, commitBatch, type Committed } from "./commit.ts";
import { gather, type GatherOptions, GRACE_MS, LATE_MS, type ProberAsk } from "./gather.ts";
import { Lines } from "./lines.ts";
import type { OwnSighting } from "../../judgement/own_causes.ts";
import { type MinuteStatistics, MissedRoundsWatch, Statistics } from "./statistics.ts";
import { maxRoundMs } from "../prober/round.ts";
import { scheduleSightings } from "./schedule_lag.ts";
import { Sightings } from "./sightings.ts";
import { believer } from "./suspects.ts";

/** What a settler needs. */
export interface SettlerOptions extends GatherOptions {
  store: Store;
  /** Unique to this process. */
  owner: string;
  /** Called after each commit with the number of notices that it wrote, and the instant of its walks. */
  onCommit?: (notices: number, at: number) => void;
  /** Whether a slot is walked however late it is: for a schedule that is fired by hand. */
  walksLate?: boolean;
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

/** What one lane of one instant comes to: who is asked, and who no longer is. */
interface Flight {
  at: number;
  lane: string;
  isNew: boolean;
  asks: ProberAsk[];
  late: Landed[];
}

/** A settler over one store. It keeps a copy of what it last wrote, and uses it only if the store still holds the same. */
export function settler(options: SettlerOptions): Settler {
  const { ports: { clock, log, secrets }, store, config, owner, onCommit } = options;
  const statistics = new Statistics();
  const missedRounds = new MissedRoundsWatch(config);
  const cache = new StateCache(store, packChecks(config));
  const lines = new Lines(store);
  const sightings = new Sightings();
  const believe = believer(config);
  const agenda = agendaOf(config);
  let lease: Lease | null = null;
  /** Turns of the minute that are not begun, in order. */
  let turns: PlannedWalk[] = [];
  const confirmations = new Map<Check, PlannedWalk[]>();
  /** Confirmations that were begun under this lease, by check and instant: one that cannot be written is not begun for ever. */
  const begun = new Set<string>();
  /** What is asked and not yet settled, by {@linkcode idOf}. */
  const asked = new Set<string>();
  let flying = 0;
  let writing: Promise<unknown> = Promise.resolve();
  let count = 0;
  let changed = Promise.withResolvers<void>();

  const tellChange = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const logFailure = (message: string, fields: Record<string, unknown>) => (error: unknown) =>
    log.error(message, { ...fields, error: secrets.redact(messageOf(error)) });

  /** One commit at a time; each reads what the one before has written. */
  const exclusively = (work: () => Promise<void>): Promise<void> => {
    const done = writing.then(work);
    writing = done.catch(() => {});
    return done;
  };

  const noteConfirmations = (check: Check, state: CheckState | undefined) => {
    const planned = confirmationsOf(check, state, config);
    if (planned.length > 0) confirmations.set(check, planned);
    else confirmations.delete(check);
  };

  const isKnown = (prober: string, { key }: Check, { at }: Walk): boolean => {
    const state = cache.stateOf(key)?.probers[prober];
    const known = state ? Math.max(walkedAt(state), missedAt(state)) : -Infinity;
    // What lies far ahead was settled by a clock that has stepped back since.
    return known >= at && known - at <= STEP_BACK_MS;
  };

  const isOpen = (prober: string, check: Check, walk: Walk) =>
    !asked.has(idOf(prober, check, walk)) && !isKnown(prober, check, walk);

  /** Whether a walk before this lease can have been begun: somebody was judging by then. */
  const isUnderWay = ({ key, ...check }: Check, { slot, at }: Walk): boolean => {
    const judgedAt = cache.stateOf(key)?.judgedAt;
    return judgedAt !== undefined && at - judgedAt <= periodMs(check, slot);
  };

  /** The confirmations that somebody has yet to walk. */
  const openConfirmations = () =>
    [...confirmations.values()].flat().filter(({ walk, checks: [check], probers }) =>
      !begun.has(`${check!.key} ${walk.at}`) && probers.some((prober) => isOpen(prober, check!, walk))
    );

  const isHeld = (nowMs: number): boolean => lease !== null && nowMs < lease.tick + MINUTE_MS;

  /** What is due by now, by lane and instant; it counts as begun. */
  const takeDue = (nowMs: number): Flight[] => {
    if (!isHeld(nowMs)) return [];
    const isDue = ({ walk: { at } }: PlannedWalk) => at <= nowMs;
    const due = [...turns.filter(isDue), ...openConfirmations().filter(isDue)];
    turns = turns.filter((planned) => !isDue(planned));
    for (const { walk: { kind, at }, checks: [check] } of due) {
      if (kind === "confirmation") begun.add(`${check!.key} ${at}`);
    }
    const flights = new Map<string, Flight>();
    const newest = new Map(due.flatMap(({ walk, checks }) => checks.map((check) => [check, walk.slot])));
    for (const { walk, checks, probers } of due) {
      for (const [lane, mine] of Map.groupBy(checks, laneOf)) {
        const { slot, at, kind } = walk;
        const isEarlier = at < lease!.tick;
        const isLate = !options.walksLate && kind === "turn" && nowMs - at > periodMs(mine[0]!, slot) / 2;
        // Of a minute that was another's, it is told by nobody: a gap.
        if (isLate && isEarlier) continue;
        const id = `${lane} ${at}`;
        const flight = flights.get(id) ?? { at, lane, isNew: at === slot && !isEarlier, asks: [], late: [] };
        flights.set(id, flight);
        for (const prober of probers) {
          const open = mine.filter((check) =>
            isOpen(prober, check, walk) && (!isEarlier || isUnderWay(check, walk)) &&
            // Of slots that are late together the last is told: before it was a time in which nobody judged.
            !(isLate && slot < newest.get(check)!)
          );
          if (open.length === 0) continue;
          const known = flight.asks.find((ask) => ask.prober === prober && ask.walk.slot === slot);
          const ask = known ?? { prober, walk, checks: [] };
          if (isLate) flight.late.push(...open.map((check) => ({ ask, check, brought: { missed: "late" } })));
          else if (known) known.checks = [...known.checks, ...open];
          else flight.asks.push({ ...ask, checks: open });
          for (const check of open) asked.add(idOf(prober, check, walk));
        }
      }
    }
    return [...flights.values()];
  };

  /** Whether a slot is judged whole: where all walk at once, and not as a confirmation. */
  const isWhole = (check: Check, { kind }: Walk) => kind === "turn" && turnsOf(check, config.regions) === 1;

  /** How long a slot that is judged whole waits for this prober: not for the dead. */
  const waitMs = ({ prober, walk }: ProberAsk, check: Check): number | undefined => {
    if (!isWhole(check, walk)) return undefined;
    const state = cache.stateOf(check.key)?.probers[prober];
    const isDead = state?.missed !== undefined && missedAt(state) > walkedAt(state);
    const longest = isDead ? LATE_MS : maxRoundMs(check, walk.slot) + GRACE_MS;
    return Math.max(LATE_MS, longest - (clock.now() - walk.at));
  };

  const commit = async (batch: Omit<Batch, "sightings">): Promise<Committed | null> => {
    const taken = sightings.waiting;
    const context = { clock, config, store, cache, lines, believe, lease: lease!, newId };
    const done = await commitBatch(context, { ...batch, sightings: taken });
    if (done) sightings.remove(taken);
    return done;
  };

  const judge = (flight: Flight, landed: readonly Landed[], pushed: Promise<PushSnapshot>): Promise<void> => {
    const { at, lane, isNew } = flight;
    const work = async () => {
      const arrivals = await withPushed(landed, await pushed);
      // Before the commit that takes it: one of its own would cost as much as a slot.
      sightings.add({ kind: "capacity", at: lease!.tick, cause: missedRounds.causeWith(landed) });
      const done = await commit({ at, isNew, arrivals });
      if (!done) {
        log.warn("a slot is lost: another process holds the lease by now", { slot: at, fence: lease!.fence });
        return;
      }
      for (const prober of done.suspects) {
        log.warn("a prober is suspect: nearly everything turned bad there alone", { prober, slot: at });
      }
      for (const [check, state] of done.states) noteConfirmations(check, state);
      statistics.countCommit(done.notices);
      onCommit?.(done.notices, at);
    };
    return exclusively(work).catch(logFailure("a slot could not be settled", { slot: at, lane }))
      .finally(() => {
        for (const { ask, check } of landed) asked.delete(idOf(ask.prober, check, ask.walk));
        tellChange();
      });
  };

  const newId = () => `inc_${lease!.tick.toString(36)}_${lease!.fence.toString(36)}_${count++}`;

  /** What arrived, by check, with what was pushed to it. */
  const withPushed = async (landed: readonly Landed[], pushed: PushSnapshot) => {
    const byCheck = Map.groupBy(landed, ({ check }) => check);
    const checks = [...byCheck.keys()];
    const brought = new Map(
      [...byCheck].map(([{ key }, all]) => [key, new Map(all.map((one) => [one.ask.prober, one.brought]))]),
    );
    const whole = await withPushes(checks, brought, pushed, () => pushes(store, clock, checks));
    return new Map([...byCheck].map(([check, all]) => [
      check,
      all.map(({ ask: { prober, walk } }): Arrival => ({
        prober,
        walk,
        ...whole.get(check.key)!.get(prober)!,
      })),
    ]));
  };

  const fly = async (flight: Flight): Promise<void> => {
    const { asks, late, at } = flight;
    for (const { checks } of asks) statistics.countBegun(checks.length, clock.now() - at);
    for (const { brought } of late) statistics.countBrought(brought);
    const judging: Promise<void>[] = [];
    const pushed = pushes(store, clock, asks.flatMap(({ checks }) => checks));
    pushed.catch(() => {}); // each judgement that waits for it says so
    const judgeSome = (landed: readonly Landed[]) => void judging.push(judge(flight, landed, pushed));
    if (late.length > 0) judgeSome(late);
    const { arrive, end } = collector({ clock, asks, waitMs, judge: judgeSome });
    await gather(options, asks, cache, (ask, check, brought) => {
      statistics.countBrought(brought);
      arrive(ask, check, brought);
    });
    end();
    await Promise.all(judging);
  };

  const rollUp = rollupJob({ clock, store, config, packing: cache.packing });
  /** What was noted and no commit has taken. Of a lease that is over somebody else's commits would be refused. */
  const commitSightings = () =>
    exclusively(async () => {
      if (sightings.waiting.length === 0 || !isHeld(clock.now())) return;
      const at = clock.now();
      const done = await commit({ at, isNew: false, arrivals: new Map() });
      if (done && done.notices > 0) onCommit?.(done.notices, at);
    });
  const housekeep = async () => {
    await commitSightings().catch(logFailure("the own incidents could not be settled", {}));
    await rollUp().catch(logFailure("the housekeeping failed", {}));
  };

  /** Plans the minute of a lease, and what of the minute before may still be under way: a prober answers what it has walked. */
  const plan = async (taken: Lease) => {
    if (taken.fence !== (lease?.fence ?? NaN) + 1) lines.forget();
    lease = taken;
    begun.clear();
    turns = agenda(taken.tick - MINUTE_MS, taken.tick + MINUTE_MS);
    // A store that fails here fails the commits as well, which say so.
    await cache.refresh(taken).catch(() => {});
    for (const check of config.checks) noteConfirmations(check, cache.stateOf(check.key));
  };

  const begin = async (minuteMs: number, beforeMs?: number) => {
    const nowMs = clock.now();
    const taken = await store.takeLease({ tick: minuteMs, owner, nowMs, ttlMs: LEASE_MS });
    if (!taken) return taken;
    const seen = options.walksLate ? [] : scheduleSightings({ minuteMs, nowMs, beforeMs });
    for (const sighting of seen) sightings.add(sighting);
    await plan(taken);
    return taken;
  };

  const settleDue = async (): Promise<void> => {
    const flights = takeDue(clock.now());
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

  const next = (): number | undefined => {
    if (!lease) return undefined;
    const until = lease.tick + MINUTE_MS;
    const times = [...turns.slice(0, 1), ...openConfirmations()].map(({ walk }) => walk.at)
      .filter((at) => at < until);
    return times.length > 0 ? Math.min(...times) : undefined;
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

  return {
    begin,
    resume: async (taken) => {
      if (!lease) await plan(taken);
    },
    next,
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
      const arrivals = (await withPushed(landed, await pushed)).get(check)!;
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
      const running: Promise<void>[] = [];
      while (lease === mine && !signal?.aborted) {
        const at = next();
        if (at === undefined && flying === 0) break;
        const wait = (at ?? Infinity) - clock.now();
        if (at !== undefined && wait > MINUTE_MS) break; // the clock stepped back: these walks are not for now
        if (wait <= 0) running.push(settleDue());
        else await waitForNext(at, signal);
        if (wait <= 0 && !isHeld(clock.now())) break;
      }
      await Promise.all(running);
      await housekeep();
      return true;
    },
  };
}

const idOf = (prober: string, { key }: Check, { slot, at }: Walk) => `${prober} ${key} ${slot} ${at}`;
