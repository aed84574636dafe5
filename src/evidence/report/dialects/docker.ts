import { iso } from "../../../base/time.ts";
import { bodyClaim, errorClaims } from "../claims.ts";
import { isServing } from "../merge.ts";
import { records, scalar, textOf } from "../json.ts";
import type { Claim, Dialect, Reading, ReportState } from "../report.ts";
import { timeOf } from "../time.ts";
import { codeOf, json } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

/**
 * Values of `State.Status` that decide alone (moby api/types/container), because a container that is not
 * running keeps a stale `Health`.
 */
const STATUS = new Map<unknown, ReportState>([
  ["created", "not_ready"],
  ["exited", "not_ready"],
  ["dead", "not_ready"],
  ["removing", "draining"],
  ["restarting", "starting"],
  ["paused", "not_ready"],
]);

const HEALTH = new Map<string, ReportState>([
  ["healthy", "ready"],
  ["starting", "starting"],
  ["unhealthy", "not_ready"],
]);

const EVENT = /^health_status: (\w+)$/;

/**
 * Docker's HEALTHCHECK: `GET /containers/{id}/json`, `docker inspect`, a bare `State`, or a `health_status`
 * event.
 *
 * The container's status comes first: created, exited, dead or paused is not_ready, restarting starting. For
 * a running container `Health.Status` decides: healthy is ready, starting starting, unhealthy not_ready.
 * Without a HEALTHCHECK (absent or `none`) it is unknown, because running is not readiness. A stop in
 * progress is not visible. The part's message shows a `FailingStreak` while `healthy`. The claim is as old as
 * the end of the last check.
 */
export const docker: Dialect = {
  name: "docker",
  recognise: ({ json }) => stateOf(json) !== undefined || eventOf(json) !== undefined,
  read({ status, json }) {
    const event = eventOf(json);
    if (event) return { claims: [claimOf(event), ...errorClaims(status)] };
    const state = stateOf(json);
    return state ? reading(state, errorClaims(status)) : null;
  },
  expresses: { whole: ["ready", "degraded", "starting", "not_ready"] },
  write({ state, reason = "", at }) {
    const word = state === "starting" ? state : isServing(state) ? "healthy" : "unhealthy";
    const failed = word === "unhealthy" ? 1 : 0;
    const time = iso(at);
    const Health = {
      Status: word,
      FailingStreak: failed,
      Log: [{ Start: time, End: time, ExitCode: failed, Output: reason }],
    };
    return json(codeOf(state), { State: { Status: "running", Running: true, Health } });
  },
};

function reading(state: Record<string, unknown>, refused: Claim[]): Reading {
  const outside = STATUS.get(state.Status) ?? stateOfFlags(state);
  if (outside) return { claims: [bodyClaim(outside, scalar(state.Status)), ...refused] };
  const health = isRecord(state.Health) ? state.Health : {};
  const claim = claimOf(textOf(health.Status) ?? "none");
  const last = records(health.Log).at(-1);
  const end = timeOf(last?.End);
  const streak = typeof health.FailingStreak === "number" ? health.FailingStreak : 0;
  const output = textOf(last?.Output);
  return {
    claims: [claim, ...refused],
    subsystems: [{
      name: "healthcheck",
      state: claim.state,
      layer: "process",
      required: true,
      message: streak > 0 ? `failing streak ${streak}${output ? `: ${output}` : ""}` : undefined,
    }],
    reportedAt: end >= 0 ? end : undefined,
  };
}

/** Old engines only have the flags. */
function stateOfFlags({ Running, Paused, Restarting }: Record<string, unknown>): ReportState | undefined {
  if (Restarting === true) return "starting";
  if (Paused === true) return "not_ready";
  return Running === true ? undefined : "not_ready";
}

function claimOf(word: string): Claim {
  return bodyClaim(HEALTH.get(word) ?? "unknown", word === "none" ? "no HEALTHCHECK" : word);
}

function stateOf(json: unknown): Record<string, unknown> | undefined {
  const container = Array.isArray(json) && json.length === 1 ? json[0] : json;
  if (!isRecord(container)) return undefined;
  return [container.State, container].find((state) =>
    isRecord(state) && typeof state.Status === "string" && typeof state.Running === "boolean"
  ) as Record<string, unknown> | undefined;
}

function eventOf(json: unknown): string | undefined {
  if (!isRecord(json) || !isRecord(json.Actor) || typeof json.Action !== "string") return undefined;
  return EVENT.exec(json.Action)?.[1];
}
