import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { scalar, textOf } from "../json.ts";
import type { Dialect, Reading, ReportState } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

/** States by Patroni's `state` of Postgres; the first matching row decides, without one it is `unknown`. */
const STATES: readonly [pattern: RegExp, state: ReportState][] = [
  [/failed$|^(stopped|crashed)$/, "not_ready"],
  [/^(running|streaming|in archive recovery)$/, "ready"],
  [/^stopping$/, "draining"],
  [/^(re)?starting|^initializing|^creating|^running custom bootstrap/, "starting"],
];

/**
 * Patroni's REST API (`/primary`, `/replica`, `/read-only`, `/health` …), whose code shows whether the node
 * has the requested role. running and streaming are ready; starting, initializing, creating a replica, and a
 * role that is still uninitialized are starting; stopping is draining; stopped, crashed and failed are
 * not_ready. A running node with 503 has another role: not_ready without a contradiction. `cluster_unlocked`
 * (the leader lock is free) is a not_ready part that is not required. The claim is as old as `dcs_last_seen`.
 * `/liveness` and `/readiness` have empty bodies and are read by their code.
 */
export const patroni: Dialect = {
  name: "patroni",
  recognise: ({ json }) => isRecord(json) && isRecord(json.patroni) && typeof json.state === "string",
  read({ status, json }) {
    if (!isRecord(json) || typeof json.state !== "string") return null;
    const seen = json.dcs_last_seen;
    return {
      claims: [codeClaim(status), bodyClaim(...wordOf(json.state, scalar(json.role), status))],
      subsystems: json.cluster_unlocked === true ? [LEADERLESS] : [],
      version: isRecord(json.patroni) ? textOf(json.patroni.version) : undefined,
      reportedAt: typeof seen === "number" && seen > 0 ? seen * 1000 : undefined,
    };
  },
};

const LEADERLESS: NonNullable<Reading["subsystems"]>[number] = {
  name: "leader lock",
  state: "not_ready",
  layer: "state",
  required: false,
  message: "cluster_unlocked",
};

function wordOf(word: string, role: string, status: number): [ReportState, string] {
  if (role === "uninitialized" && word === "stopped") return ["starting", `${word}, ${role}`];
  const state = STATES.find(([pattern]) => pattern.test(word))?.[1] ?? "unknown";
  return state === "ready" && status === 503 ? ["not_ready", `role ${role}`] : [state, word];
}
