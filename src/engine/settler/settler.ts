/**
 * Settles minutes: takes the lease, asks the probers that are due, judges the arrivals and commits the result.
 *
 *     tick -> lease -> for each instant and lane: ask --each arrival--> (within 1 s together) assess -> commit, fenced -> notices go out
 *                          ^                                                        |
 *                          +------------- a confirmation is called for -------------+
 */
import type { Check } from "../../config/config.ts";
import type { OwnSighting } from "../../judgement/own_causes.ts";
import type { CheckState } from "../../judgement/state.ts";
import type { Lease, Store } from "../../storage/store.ts";
import { messageOf } from "../../base/error_message.ts";
import { Flights } from "./flights.ts";
import type { GatherOptions } from "./gather.ts";
import { JudgeQueue } from "./judge_queue.ts";
import { Lines } from "./lines.ts";
import { probeNow } from "./probe_now.ts";
import { scheduleSightings } from "./schedule_lag.ts";
import { type Setup, setupOf } from "./setup.ts";
import { deliverySightings, Sightings } from "./sightings.ts";
import { type MinuteStatistics, Statistics } from "./statistics.ts";

export interface SettlerOptions extends GatherOptions {
  store: Store;
  /** Unique to this process. */
  owner: string;
  /** Called after each commit with the number of notices it wrote and the instant of its walks (epoch ms). */
  onCommit?: (notices: number, at: number) => void;
  /** What is wrong with delivery when a minute begins; absent: delivery is not watched. */
  sightDelivery?: () => Promise<Pick<OwnSighting, "cause" | "isIdle">>;
  /** Walk a slot however late it is: for a schedule that is triggered by hand. */
  walksLate?: boolean;
  /**
   * Skip every second slot of a check that hangs (see hanging.ts): for plans that bill the time objects are
   * awake.
   */
  sparesHanging?: boolean;
}

/** Settles slots. */
export interface Settler {
  /**
   * Takes the lease of the minute that starts at `minuteMs`. Null: that lease or a later one is taken. Where
   * something else calls for minutes, `beforeMs` is the last minute begun: those between were missed.
   */
  begin(minuteMs: number, beforeMs?: number): Promise<Lease | null>;
  /**
   * Continues a minute that this process began before it lost its memory. No effect once a minute was begun.
   */
  resume(lease: Lease): Promise<void>;
  /**
   * When (epoch ms) the next known walk of the current minute is due, possibly in the past; undefined: none
   * is left.
   */
  next(): number | undefined;
  /** Walks and settles what is due. Never rejects: it logs failures, and the walk is missing. */
  settleDue(): Promise<void>;
  /**
   * Settles every walk of the minute that starts at `minuteMs`. False: the minute is settled, or its lease is
   * taken. Once `signal` aborts, no new walk begins.
   */
  tick(minuteMs: number, signal?: AbortSignal): Promise<boolean>;
  /**
   * Replaces the config between two judgements. States and incidents stay by check key; incidents of removed
   * checks are resolved; walks under way are judged by the new config. Rejects, and changes nothing, if the
   * store fails.
   */
  replace(next: GatherOptions): Promise<void>;
  /** Walks `check` now from every prober and judges it. Nothing is stored, and no vote changes. */
  probeNow(check: Check): Promise<CheckState>;
  /** Statistics since the last call. */
  takeStatistics(): MinuteStatistics;
  /** Housekeeping once the walks of a minute are settled (`tick` calls it). Never rejects. */
  housekeep(): Promise<void>;
  /** Releases the lease, so that the next process need not wait until it expires. */
  release(): Promise<void>;
}

const LEASE_MS = 55_000;

/**
 * A settler over one store. It caches its last writes and uses them only while the store still holds the
 * same.
 */
export function settler(options: SettlerOptions): Settler {
  const { ports: { clock }, store, owner, onCommit, walksLate = false, sparesHanging = false } = options;
  let setup = setupOf({ ...options, walksLate, sparesHanging });
  let lease: Lease | null = null;
  const statistics = new Statistics();
  const lines = new Lines(store);
  const sightings = new Sightings();
  const queue = new JudgeQueue({
    ...{ store, lines, sightings, statistics, onCommit },
    setup: () => setup,
    lease: () => lease!,
  });
  const flights = new Flights({ clock, store, queue, statistics, setup: () => setup });

  const beginUnder = async (taken: Lease) => {
    if (taken.fence !== (lease?.fence ?? NaN) + 1) lines.forget();
    lease = taken;
    // If the store fails here, the commits fail as well and log it.
    await queue.readStates().catch(() => {});
    setup.plan.begin(taken);
  };

  const begin = async (minuteMs: number, beforeMs?: number) => {
    const nowMs = clock.now();
    // After the commit under way: the new lease would refuse it.
    const taken = await queue.exclusively(() =>
      store.takeLease({ tick: minuteMs, owner, nowMs: clock.now(), ttlMs: LEASE_MS })
    );
    if (!taken) return taken;
    const seen = walksLate ? [] : scheduleSightings({ minuteMs, nowMs, beforeMs });
    const delivery = await deliverySightings(minuteMs, options.sightDelivery);
    for (const sighting of [...seen, ...delivery]) sightings.add(sighting);
    await beginUnder(taken);
    return taken;
  };

  const housekeep = () => queue.flush().then(() => rollUp(setup));

  const replace = async (next: GatherOptions) => {
    const incoming = setupOf({ ...options, ...next, walksLate, sparesHanging }, setup);
    if (lease && setup.plan.isHeld(clock.now())) await queue.readStatesFor(incoming);
    // Synchronous from here: walks due by now run under the old config, later ones under the new.
    flights.startDue();
    incoming.plan.succeed(setup.plan, clock.now());
    setup = incoming;
    flights.notifyChange();
  };

  return {
    begin,
    resume: async (taken) => {
      if (!lease) await beginUnder(taken);
    },
    next: () => setup.plan.next(),
    settleDue: async () => void await Promise.all(flights.startDue()),
    replace: (next) => queue.exclusively(() => replace(next)),
    probeNow: (check) => probeNow({ clock, store, queue, setup }, check),
    takeStatistics: () => statistics.take(),
    housekeep,
    release: async () => {
      if (lease) await store.releaseLease(lease);
    },
    async tick(minuteMs, signal) {
      const mine = await begin(minuteMs);
      if (!mine) return false;
      await flights.runMinute(() => lease === mine, signal);
      await housekeep();
      return true;
    },
  };
}

/** Writes the history's rollups and logs a failure. */
const rollUp = ({ ports: { log, secrets }, rollUp }: Setup): Promise<void> =>
  rollUp().catch((error) => log.error("housekeeping failed", { error: secrets.redact(messageOf(error)) }));
