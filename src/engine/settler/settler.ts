/**
 * The shared half of a slot: take the lease, gather rounds from every prober under a deadline, judge, and commit once.
 *
 *     tick -> lease -> for each slot and lane: gather -> (in order) read -> assess -> commit, fenced -> notices go out
 */
import {
  assess,
  type Assessment,
  type CheckHistory,
  resolveRemoved,
  STEP_BACK_MS,
} from "../../judgement/assess.ts";
import type { Check } from "../../config/config.ts";
import type { Transition } from "../../judgement/incident.ts";
import type { Arrival } from "../../judgement/round.ts";
import { notices } from "../notify/mod.ts";
import { encodeHistory, laneOf, packChecks } from "../../storage/codec.ts";
import { pause } from "../../base/ports.ts";
import { pushes, type PushSnapshot, withPushes } from "../../storage/records/pushes.ts";
import { due, slots } from "../../config/schedule.ts";
import { StateCache } from "./state_cache.ts";
import type { CheckState } from "../../judgement/state.ts";
import type { Commit, Lease, Store } from "../../storage/store.ts";
import { rollupJob } from "../../storage/history/rollup.ts";
import { messageOf } from "../../base/error_message.ts";
import { MINUTE_MS } from "../../base/time.ts";
import { type Arrivals, gather, type GatherOptions } from "./gather.ts";

/** What a settler needs. */
export interface SettlerOptions extends GatherOptions {
  store: Store;
  /** Unique to this process. */
  owner: string;
  /** Called after each commit with the number of notices that it wrote. */
  onCommit?: (notices: number, slot: number) => void;
}

/** Settles slots. */
export interface Settler {
  /** Takes the lease of the minute that starts at `minuteMs`. Null: it is taken, or a later one is. */
  begin(minuteMs: number): Promise<Minute | null>;
  /** Goes on with a minute that this process began before it forgot; without effect once one was begun. */
  resume(minute: Minute): void;
  /** Settles one slot of the minute that was begun. Never rejects: what goes wrong is logged, and the slot is missing. */
  settle(slot: number): Promise<void>;
  /**
   * Settles every slot of the minute that starts at `minuteMs`. False: the tick belongs to another process, or is settled. Once
   * `signal` aborts, no further slot is begun.
   */
  tick(minuteMs: number, signal?: AbortSignal): Promise<boolean>;
  /** Walks one check now, from every prober, and judges it by itself: nothing is stored, and no vote changes. */
  probeNow(check: Check): Promise<CheckState>;
  /** Housekeeping, for when the slots of a minute are settled (`tick` does it). Never rejects. */
  housekeep(): Promise<void>;
  /** Gives up the lease, so that the next process need not wait until it runs out. */
  release(): Promise<void>;
}

/** A minute that was begun, and its slots (epoch ms). */
export interface Minute {
  lease: Lease;
  slots: number[];
}

const LEASE_MS = 55_000;

/** A settler over one store. It keeps a copy of what it last wrote, and uses it only if the store still holds the same. */
export function settler(options: SettlerOptions): Settler {
  const { ports: { clock, log, secrets }, store, config, owner } = options;
  const packing = packChecks(config);
  const cache = new StateCache(store, packing);
  const lanes = new Map<string, Promise<void>>();
  let lease: Lease | null = null;
  let writing: Promise<unknown> = Promise.resolve();

  /** One commit at a time; each reads what the one before has written. */
  const exclusively = (work: () => Promise<void>): Promise<void> => {
    const done = writing.then(work);
    writing = done.catch(() => {});
    return done;
  };

  const settleLane = async (
    slot: number,
    checks: Check[],
    arrivals: Promise<Map<string, Arrivals>>,
    pushed: Promise<PushSnapshot>,
  ) => {
    if (checks.length === 0) return;
    const gathered = await withPushes(
      checks,
      await arrivals,
      await pushed,
      () => pushes(store, clock, checks),
    );
    await exclusively(() => commitSlot(options, cache, { lease: lease!, slot, checks, arrivals: gathered }));
  };

  const settle = async (slot: number): Promise<void> => {
    const checks = due(config.checks, slot).filter((check) => !isOvertaken(check, slot, clock.now()));
    const byLane = Map.groupBy(checks, laneOf);
    const pushed = pushes(store, clock, checks);
    pushed.catch(() => {}); // each lane that waits for it says so
    await Promise.all([...byLane].map(([lane, checks]) => {
      // A store that fails here fails the commit as well, which says so.
      const open = cache.prefetch(checks, lease!).catch(() => {})
        .then(() => checks.filter((check) => !isSettled(cache.stateOf(check.key), slot)));
      const arrivals = open.then((open) => gather(options, slot, open, cache));
      // In the order of slots, so that a slow slot is not overtaken and lost.
      const settled = (lanes.get(lane) ?? Promise.resolve())
        .then(async () => settleLane(slot, await open, arrivals, pushed))
        .catch((error) =>
          log.error("a slot could not be settled", { slot, lane, error: secrets.redact(messageOf(error)) })
        );
      lanes.set(lane, settled);
      return settled;
    }));
  };

  const rollUp = rollupJob({ clock, store, config, packing });
  const housekeep = () =>
    rollUp().catch((error) =>
      log.error("the housekeeping failed", { error: secrets.redact(messageOf(error)) })
    );

  const begin = async (minuteMs: number) => {
    const taken = await store.takeLease({ tick: minuteMs, owner, nowMs: clock.now(), ttlMs: LEASE_MS });
    if (!taken) return null;
    lease = taken;
    return { lease, slots: slots(config.checks, minuteMs) };
  };

  const probeNow = async (check: Check): Promise<CheckState> => {
    const slot = clock.now();
    const [arrivals, pushed] = await Promise.all([
      gather(options, slot, [check], cache),
      pushes(store, clock, [check]),
    ]);
    const gathered = await withPushes([check], arrivals, pushed, () => pushes(store, clock, [check]));
    return assess(check, config.regions, arrivalsOf(gathered.get(check.key)!, slot), { newId: () => "none" })
      .state;
  };

  return {
    begin,
    resume: (minute) => void (lease ??= minute.lease),
    settle,
    probeNow,
    housekeep,
    release: async () => {
      if (lease) await store.releaseLease(lease);
    },
    async tick(minuteMs, signal) {
      const begun = await begin(minuteMs);
      if (!begun) return false;
      const running: Promise<void>[] = [];
      for (const slot of begun.slots) {
        const wait = slot - clock.now();
        if (wait > MINUTE_MS) break; // the clock stepped back: these slots are not for now
        if (wait > 0) await pause(clock, wait, signal);
        if (signal?.aborted) break;
        running.push(settle(slot));
      }
      await Promise.all(running);
      await housekeep();
      return true;
    },
  };
}

/** A slot that all probers walk at its beginning. */
const arrivalsOf = (brought: Arrivals, slot: number): Arrival[] =>
  [...brought].map(([prober, it]) => ({ prober, walk: { slot, at: slot, kind: "turn" }, ...it }));

/** A slot of the far future was settled by a clock that has stepped back since. */
const isSettled = (state: CheckState | undefined, slot: number) =>
  state !== undefined && state.slot >= slot && state.slot - slot <= STEP_BACK_MS;

/** A slot whose successor is due as well would be walked at the same moment: two slots, one piece of evidence. */
const isOvertaken = ({ schedule }: Check, slot: number, nowMs: number) =>
  "everyMs" in schedule && schedule.everyMs < MINUTE_MS && slot + schedule.everyMs <= nowMs;

/** Judges one slot of one lane and commits it whole. */
async function commitSlot(
  { ports, store, config, onCommit }: SettlerOptions,
  cache: StateCache,
  { lease, slot, checks, arrivals }: {
    lease: Lease;
    slot: number;
    checks: Check[];
    arrivals: Map<string, Arrivals>;
  },
): Promise<void> {
  const { states, touched, gone, dropFrom } = await cache.load(checks, lease);
  const newId = idGenerator(`${slot.toString(36)}_${lease.fence.toString(36)}_${laneOf(checks[0]!)}`);
  const transitions: { transition: Transition; check?: Check; state: CheckState }[] = [];
  const history = new Map<number, Record<string, CheckHistory>>();
  for (const check of checks) {
    const before = states.get(check.key);
    if (isSettled(before, slot)) continue;
    const arrived = arrivalsOf(arrivals.get(check.key)!, slot);
    const result: Assessment = assess(check, config.regions, arrived, { before, newId });
    states.set(check.key, result.state);
    const shard = cache.packing.shardOf.get(check.key)!;
    const line = history.get(shard) ?? {};
    line[check.key] = { outcome: result.state.outcome, traces: result.traces.map(({ trace }) => trace) };
    history.set(shard, line);
    for (const transition of result.transitions) transitions.push({ transition, check, state: result.state });
  }
  for (const state of gone) {
    for (const transition of resolveRemoved(state.incidents, slot)) transitions.push({ transition, state });
  }
  const shards = touched.filter((shard) => dropFrom !== undefined || history.has(shard));
  if (shards.length === 0) return;
  const packed = shards.map((shard) => cache.encodeShard(shard, states));
  const commit: Commit = {
    shards: packed.map(({ shard, layout, state }) => ({ shard, layout, state })),
    dropFrom,
    samples: [...history].map(([shard, line]) => ({ slot, shard, data: encodeHistory(line) })),
    incidents: transitions.map(({ transition }) => transition.incident),
    notices: transitions.flatMap(({ transition, check, state }) =>
      notices(transition, { check, state, config, slot })
    ),
  };
  if (!await store.commit(lease, commit)) {
    return ports.log.warn("a slot is lost: another process holds the lease by now", {
      slot,
      fence: lease.fence,
    });
  }
  cache.remember(packed);
  onCommit?.(commit.notices.length, slot);
}

/** Ids that no other commit gives: slot, fence, lane and a count are unique together. */
function idGenerator(prefix: string): () => string {
  let count = 0;
  return () => `inc_${prefix}_${count++}`;
}
