/** Whether what is due at once can be walked at once; if not, whole lanes begin later in the period. Pure. */
import type { Check, Config } from "./config.ts";
import { usualRequestsOf } from "./requests.ts";
import { WALK_MS } from "./schedule.ts";
import { targetHost } from "./target_host.ts";
import { MINUTE_MS } from "../base/time.ts";

/** Evidence is as old as its phase: one is shorter than a walk may last. */
const PHASE_MS = WALK_MS / 4;

/** Assumed of every request where nothing is measured, ms. */
export const ASSUMED_MS = 200;

/** In a period there are no more: each costs a commit in each turn. */
export const MOST_PHASES = 6;

/** How many rounds a prober walks at once. */
export type Room = Pick<Config, "concurrency" | "connectionsPerHost">;

/** How long (ms) the usual round of a check takes. */
export type RoundMs = (check: Check) => number;

/** What the round of a check takes if each of its usual requests takes `latencyMs`. */
export const assumedRoundMs = (latencyMs: number): RoundMs => (check) => usualRequestsOf(check) * latencyMs;

/** How long (ms) one prober walks these checks, begun at once: by all places, and by those of the host that takes longest. */
export function walkMs(checks: readonly Check[], room: Room, roundMs: RoundMs): number {
  const total = sum(checks, roundMs);
  const byHost = Map.groupBy(checks, ({ target }) => targetHost(target.url)).values();
  return Math.max(
    total / room.concurrency,
    ...[...byHost].map((same) => sum(same, roundMs) / placesOfHost(room)),
    ...checks.map(roundMs),
  );
}

/** Rounds at once at one host. */
export const placesOfHost = ({ concurrency, connectionsPerHost }: Room): number =>
  Math.min(concurrency, connectionsPerHost);

/**
 * In how many phases of their period these checks are walked: one as long as that takes a quarter of a walk's time, by the latency that is assumed,
 * for it is not known yet. From the config alone, so that all processes of a store agree.
 */
export function phasesOf(checks: readonly Check[], room: Room): number {
  const needMs = walkMs(checks.filter(isPhased), room, assumedRoundMs(ASSUMED_MS));
  return Math.min(MOST_PHASES, Math.max(1, Math.ceil(needMs / PHASE_MS)));
}

/** Periods of whole minutes are; what is due more often is spread already, and a cron expression names its minute. */
const isPhased = ({ schedule }: Check) => "everyMs" in schedule && schedule.everyMs >= MINUTE_MS;

/** Deals the checks to their phases, those of one host evenly. */
export function dealPhases(checks: readonly Check[], room: Room): void {
  const phases = phasesOf(checks, room);
  if (phases === 1) return;
  const hosts = Map.groupBy(checks.filter(isPhased), ({ target }) => targetHost(target.url));
  for (const [first, same] of [...hosts.values()].entries()) {
    for (const [i, check] of same.entries()) {
      const { everyMs } = check.schedule as { everyMs: number };
      check.schedule = { everyMs, phaseMs: ((first + i) % phases) * everyMs / phases };
    }
  }
}

const sum = (checks: readonly Check[], of: RoundMs) => checks.reduce((total, check) => total + of(check), 0);
