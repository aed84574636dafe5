/** Everything a settler derives from one config. A reload replaces it as a whole. */
import { missedAt, walkedAt } from "../../judgement/arrival.ts";
import { isNoSilence } from "../../judgement/missed_reasons.ts";
import type { Check } from "../../config/config.ts";
import { maxRoundMs } from "../../config/round_time.ts";
import { turnsOf } from "../../config/schedule.ts";
import { packChecks } from "../../storage/codec.ts";
import { rollupJob } from "../../storage/history/rollup.ts";
import type { Store } from "../../storage/store.ts";
import type { Landed } from "./collect.ts";
import { type GatherOptions, GRACE_MS, LATE_MS, type ProberAsk } from "./gather.ts";
import { MinutePlan, type MinutePlanOptions } from "./minute_plan.ts";
import { StateCache } from "./state_cache.ts";
import { MissedRoundsWatch } from "./statistics.ts";
import { type Believer, believer } from "./suspects.ts";

export interface SetupOptions extends GatherOptions, Pick<MinutePlanOptions, "walksLate" | "sparesHanging"> {
  store: Store;
}

export interface Setup extends GatherOptions {
  cache: StateCache;
  plan: MinutePlan;
  believe: Believer;
  missedRounds: MissedRoundsWatch;
  /**
   * How long (ms) a check that is judged whole waits for this prober; undefined: each arrival is judged as it
   * comes.
   */
  waitMs(ask: ProberAsk, check: Check): number | undefined;
  /** Writes the history's rollups. */
  rollUp(): Promise<void>;
}

/** The setup of a config. It keeps the cached states of `before` if no check changes its shard. */
export function setupOf({ store, walksLate, sparesHanging, ...own }: SetupOptions, before?: Setup): Setup {
  const { ports: { clock }, config } = own;
  const packing = packChecks(config);
  const isSame = before?.cache.packing.layout === packing.layout;
  const cache = isSame ? before.cache : new StateCache(store, packing);
  return {
    ...own,
    cache,
    plan: new MinutePlan({ config, cache, walksLate, sparesHanging }),
    believe: believer(config),
    missedRounds: new MissedRoundsWatch(config),
    waitMs: patienceOf(own, cache),
    rollUp: rollupJob({ clock, store, config, packing }),
  };
}

/** Keeps the arrivals of checks and probers that this config has, with its version of each check. */
export function landedIn({ config: { checks, regions } }: Pick<Setup, "config">, landed: readonly Landed[]) {
  const known = new Map(checks.map((check) => [check.key, check]));
  const probers = new Set(regions.flatMap(({ probers }) => probers.map(({ id }) => id)));
  return landed.flatMap((one): Landed[] => {
    const check = known.get(one.check.key);
    return check && probers.has(one.ask.prober) ? [{ ...one, check }] : [];
  });
}

/**
 * How long (ms) a slot with a single turn waits for a prober. A prober that was silent last time gets the
 * minimum.
 */
function patienceOf(
  { config, ports: { clock } }: Pick<GatherOptions, "config" | "ports">,
  cache: StateCache,
): Setup["waitMs"] {
  return ({ prober, walk }, check) => {
    if (walk.kind !== "turn" || turnsOf(check, config.regions) > 1) return undefined;
    const state = cache.stateOf(check.key)?.probers[prober];
    const isSilent = state?.missed !== undefined && !isNoSilence(state.missed.reason);
    const isDead = isSilent && missedAt(state) > walkedAt(state);
    const longest = isDead ? LATE_MS : maxRoundMs(check, walk.slot) + GRACE_MS;
    return Math.max(LATE_MS, longest - (clock.now() - walk.at));
  };
}
