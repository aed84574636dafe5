/** Spreads checks over phases of their period if one prober cannot run all of them at once. Pure. */
import type { Check, Config } from "./config.ts";
import { usualRequestsOf } from "./requests.ts";
import { WALK_MS } from "./schedule.ts";
import { targetHost } from "./target_host.ts";
import { MINUTE_MS } from "../base/time.ts";

/** Time that the checks of one phase may take. */
const PHASE_MS = WALK_MS / 4;

/** Assumed latency of a request without measurements, ms. */
export const ASSUMED_MS = 200;

/** The most phases of a period, because each costs a commit per turn. */
export const MOST_PHASES = 6;

/** Concurrency limits of a prober. */
export type Room = Pick<Config, "concurrency" | "connectionsPerHost">;

/** How long (ms) the usual round of a check takes. */
export type RoundMs = (check: Check) => number;

/** Duration of a round if each of its usual requests takes `latencyMs`. */
export const assumedRoundMs = (latencyMs: number): RoundMs => (check) => usualRequestsOf(check) * latencyMs;

/**
 * How long (ms) one prober needs for these checks, limited by its concurrency in all and to the slowest host.
 */
export function walkMs(checks: readonly Check[], room: Room, roundMs: RoundMs): number {
  const total = sum(checks, roundMs);
  const byHost = Map.groupBy(checks, ({ target }) => targetHost(target.url)).values();
  return Math.max(
    total / room.concurrency,
    ...[...byHost].map((same) => sum(same, roundMs) / placesOfHost(room)),
    ...checks.map(roundMs),
  );
}

/** Concurrent rounds to one host. */
export const placesOfHost = ({ concurrency, connectionsPerHost }: Room): number =>
  Math.min(concurrency, connectionsPerHost);

/**
 * The number of phases: one if all checks fit into `PHASE_MS` at the assumed latency. Depends only on the
 * config, so that all processes of a store agree.
 */
export function phasesOf(checks: readonly Check[], room: Room): number {
  const needMs = walkMs(checks.filter(isPhased), room, assumedRoundMs(ASSUMED_MS));
  return Math.min(MOST_PHASES, Math.max(1, Math.ceil(needMs / PHASE_MS)));
}

/** Whether a check may be shifted: only periods of whole minutes. A cron expression names its minute. */
const isPhased = ({ schedule }: Check) => "everyMs" in schedule && schedule.everyMs >= MINUTE_MS;

/** Assigns checks to phases, evenly for each host. */
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
