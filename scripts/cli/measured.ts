/** Round durations: given by an option, measured in the config's store, or assumed. */
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Config } from "../../src/config/config.ts";
import { ASSUMED_MS, assumedRoundMs, type RoundMs } from "../../src/config/phases.ts";
import type { Problem } from "../../src/config/mod.ts";
import { budget } from "../../src/capacity/budget.ts";
import { withObjects } from "../../src/capacity/objects.ts";
import type { Plan } from "../../src/base/limits.ts";
import { EDGE_LATENCY_MS } from "./latency_option.ts";
import { measuredRoundMs, walkBudget } from "../../src/capacity/walk_budget.ts";
import { decodeStates } from "../../src/storage/codec.ts";
import type { LastRound } from "../../src/judgement/state.ts";

/** The duration of each round, and a phrase that names its source. */
export interface Latency {
  roundMs: RoundMs;
  how: string;
}

/**
 * Uses `latencyMs` per request if given, else the durations in the config's SQLite file, else 200 ms per
 * request.
 */
export function latencyOf(config: Config, latencyMs?: number): Latency {
  if (latencyMs !== undefined) {
    return { roundMs: assumedRoundMs(latencyMs), how: `${latencyMs} ms a request` };
  }
  const measured = measuredRounds(config);
  if (measured.size === 0) {
    return { roundMs: assumedRoundMs(ASSUMED_MS), how: `${ASSUMED_MS} ms a request assumed` };
  }
  return {
    roundMs: measuredRoundMs(config.checks, measured),
    how: `measured on ${measured.size} of its checks`,
  };
}

/**
 * Duration (ms) of each check's last round on its slowest prober. Reads an SQLite file only, and never writes
 * to it.
 */
function measuredRounds({ checks, store: { kind, options } }: Config): Map<string, number> {
  if (kind !== "sqlite" || typeof options !== "string" || !existsSync(options)) return new Map();
  const db = new DatabaseSync(options, { readOnly: true });
  try {
    const rows = db.prepare("SELECT shard, state FROM shard WHERE shard >= 0").all();
    const states = rows.flatMap(({ shard, state }) =>
      Object.entries(decodeStates(String(state), Number(shard)))
    );
    const inConfig = new Set(checks.map(({ key }) => key));
    return new Map(states.flatMap(([key, { probers }]) => {
      if (!inConfig.has(key)) return [];
      const took = Object.values(probers).flatMap(({ witness }) => witness ? [tookMs(witness)] : []);
      return took.length > 0 ? [[key, Math.max(...took)]] : [];
    }));
  } catch {
    // Not a store, or one of another version: `start` reports what is wrong with it.
    return new Map();
  } finally {
    db.close();
  }
}

/** Warnings about what exceeds a Cloudflare plan, and the number of Durable Objects per place. */
export function edgeProblems(
  config: Config,
  { plan, latencyMs = EDGE_LATENCY_MS }: { plan: Plan; latencyMs?: number },
): { objects: number; problems: Problem[] } {
  const placed = withObjects(config, { plan, latencyMs });
  const { faults } = budget(placed, { plan, latencyMs });
  const path = `the ${plan} plan of Cloudflare`;
  return {
    objects: placed.objects,
    problems: faults.map((message) => ({
      severity: "warning",
      path,
      message,
      expected: "fewer checks, longer periods, fewer places or another plan; assay budget lists all figures",
    })),
  };
}

/**
 * Warnings about checks that exceed a prober's capacity on Deno. Empty if any prober is a Cloudflare place.
 */
export function capacityProblems(config: Config, latencyMs?: number): Problem[] {
  if (config.regions.some(({ probers }) => probers.some(({ kind }) => kind === "place"))) return [];
  const { roundMs, how } = latencyOf(config, latencyMs);
  return walkBudget(config, roundMs, how).faults.map(({ key, message, remedy }): Problem => ({
    severity: "warning",
    path: key,
    message,
    expected: remedy,
  }));
}

const tookMs = ({ before, after, totalMs }: LastRound) =>
  (before?.durationMs ?? 0) + totalMs + (after?.durationMs ?? 0);
