import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { scalar, textOf } from "../json.ts";
import type { Dialect, Reading, ReportState } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

/** `state` of the Postgres under Patroni; the first row that fits decides, none is `unknown`. */
const STATES: readonly [pattern: RegExp, state: ReportState][] = [
  [/failed$|^(stopped|crashed)$/, "not_ready"],
  [/^(running|streaming|in archive recovery)$/, "ready"],
  [/^stopping$/, "draining"],
  [/^(re)?starting|^initializing|^creating|^running custom bootstrap/, "starting"],
];

/**
 * Patroni's REST API (`/primary`, `/replica`, `/read-only`, `/health` …), whose code says whether the node has the asked
 * role. running, streaming ready; starting, initializing, creating a replica, or a role that is still uninitialized
 * starting; stopping draining; stopped, crashed or failed not_ready. A running node under 503 has another role: not_ready and no
 * contradiction. `cluster_unlocked` (the leader lock is free) is a part that is not required and not_ready. The claim is
 * as old as `dcs_last_seen`. `/liveness` and `/readiness` have empty bodies and are read by their code.
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
