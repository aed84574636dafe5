import { bodyClaim, errorClaims } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { worst } from "../merge.ts";
import { looksLikeJson, records, scalar, textOf } from "../json.ts";
import { layerOf } from "../layers.ts";
import type { Claim, Dialect, Reading, ReportAnswer, ReportState, Subsystem } from "../report.ts";
import { json } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

const STATES = new Map<string, ReportState>([
  ["passing", "ready"],
  ["warning", "degraded"],
  ["critical", "not_ready"],
  ["maintenance", "draining"],
]);

const LEADER = /^\s*"([^"]*)"\s*$/;

/**
 * Consul's agent and catalog (its HTTP API: agent/service, health, status, operator/autopilot).
 *
 * | asked | read |
 * |---|---|
 * | `/v1/agent/health/service/{name,id}/x`, `?format=text` | `X-Consul-Reason`, the word of the body, and the code: 200, 429 = warning, 503 |
 * | `/v1/health/service/x` | each instance's checks, folded as Consul does; the worst instance; the code says nothing |
 * | `/v1/health/state/x`, `/v1/health/checks/x`, `/v1/agent/checks` | the worst check |
 * | `/v1/status/leader` | `""` is no leader: not_ready |
 * | `/v1/operator/autopilot/health` | `Healthy`, servers as parts that are not required |
 *
 * passing is ready, warning degraded, critical not_ready, maintenance draining, any other word unknown. An
 * unregistered service (404, or an empty list with 200) makes no claim; one without checks is passing.
 */
export const consul: Dialect = {
  name: "consul",
  recognise(answer) {
    const { headers, json } = answer;
    if (headers.has("x-consul-reason") || headers.has("x-consul-index")) return true;
    if (Array.isArray(json) && json.length === 0) return answer.url.pathname.startsWith("/v1/health/");
    return leaderOf(answer) !== undefined || isAutopilot(json) || entriesOf(json).length > 0;
  },
  read(answer) {
    const { status, json } = answer;
    const leader = leaderOf(answer);
    if (leader !== undefined) {
      const claim = leader === "" ? bodyClaim("not_ready", "no leader") : bodyClaim("ready", leader);
      return { claims: [claim, ...errorClaims(status)] };
    }
    if (isAutopilot(json)) return autopilot(json, status);
    return agent(answer) ?? catalog(json, status);
  },
  expresses: { whole: [...STATES.values()], parts: ["ready", "degraded", "not_ready"] },
  write({ name, state, reason, subsystems }) {
    const word = wordOf(state);
    const check = (id: string, state: ReportState, why = "") => ({
      CheckID: `assay:${id}`,
      Name: id,
      Status: wordOf(state === "draining" ? "not_ready" : state),
      Notes: why,
      Output: why,
      ServiceID: name,
      ServiceName: name,
      ServiceTags: [],
    });
    const parts = subsystems.map((part) => check(part.name, part.state, part.message));
    const body = {
      AggregatedStatus: word,
      Service: { ID: name, Service: name },
      Checks: [check("verdict", state, reason), ...parts],
    };
    const written = json(CODES[word] ?? 503, body);
    return { ...written, headers: { ...written.headers, "x-consul-reason": word } };
  },
};

/** The codes of `/v1/agent/health/service/id/x`, where 429 is a warning. */
const CODES: Record<string, number> = { passing: 200, warning: 429 };

function wordOf(state: ReportState): string {
  return [...STATES].find(([, means]) => means === state)?.[0] ?? "critical";
}

/** The status of one instance or check, with the checks behind it. */
interface Entry {
  word: string;
  checks: Record<string, unknown>[];
  isAgent: boolean;
}

function agent({ status, headers, json, text }: ReportAnswer): Reading | null {
  const entries = entriesOf(json);
  const reason = headers.get("x-consul-reason");
  const word = json === undefined && STATES.has(text.trim()) ? text.trim() : undefined;
  if (reason === null && !word && !entries.some((entry) => entry.isAgent)) return null;
  const claims: Claim[] = [
    status === 429 ? { source: "code", state: "degraded", raw: "429" } : codeClaim(status),
  ];
  if (reason !== null && STATES.has(reason)) {
    claims.push({ source: "header", state: stateOf(reason), raw: reason });
  }
  if (word) claims.push(bodyClaim(stateOf(word), word));
  if (entries.length > 0) claims.push(worstOf(entries));
  if (json === undefined && looksLikeJson(text)) {
    claims.push(bodyClaim("unreadable", "broken or too deep JSON"));
  }
  return claims.length > 1 || status === 404 ? { claims, subsystems: partsOf(entries) } : null;
}

function catalog(json: unknown, status: number): Reading | null {
  if (Array.isArray(json) && json.length === 0) {
    return { claims: [bodyClaim("unknown", "[]"), ...errorClaims(status)] };
  }
  const entries = entriesOf(json);
  if (entries.length === 0) return null;
  return { claims: [worstOf(entries), ...errorClaims(status)], subsystems: partsOf(entries) };
}

function autopilot({ Healthy, Servers }: Record<string, unknown>, status: number): Reading {
  const subsystems = records(Servers).map(({ Name, Healthy }): Subsystem => ({
    name: scalar(Name),
    state: Healthy === true ? "ready" : "not_ready",
    layer: "process",
    required: false,
  }));
  // An unhealthy cluster answers 429, which adds nothing to the body.
  const claims = [bodyClaim(Healthy === true ? "ready" : "not_ready", `Healthy: ${scalar(Healthy)}`)];
  return {
    claims: status === 429 && Healthy !== true ? claims : [...claims, ...errorClaims(status)],
    subsystems,
  };
}

function isAutopilot(json: unknown): json is Record<string, unknown> {
  return isRecord(json) && typeof json.Healthy === "boolean" && Array.isArray(json.Servers);
}

function leaderOf({ url, text }: ReportAnswer): string | undefined {
  return url.pathname.endsWith("/v1/status/leader") ? LEADER.exec(text)?.[1] : undefined;
}

/** Empty if any item is something else. */
function entriesOf(json: unknown): Entry[] {
  const items = Array.isArray(json) ? json : isRecord(json) ? itemsOf(json) : [];
  const entries = items.map(entryOf).filter((entry) => entry !== undefined);
  return entries.length === items.length ? entries : [];
}

/** Converts the map of `/v1/agent/checks` to a list; returns anything else unchanged. */
function itemsOf(json: Record<string, unknown>): unknown[] {
  const values = Object.values(json);
  return values.length > 0 && values.every(isCheck) ? values : [json];
}

function entryOf(item: unknown): Entry | undefined {
  if (!isRecord(item)) return undefined;
  const checks = records(item.Checks);
  if (typeof item.AggregatedStatus === "string") {
    return { word: item.AggregatedStatus, checks, isAgent: true };
  }
  if (isRecord(item.Service) && Array.isArray(item.Checks)) {
    return { word: aggregate(checks), checks, isAgent: false };
  }
  return isCheck(item) ? { word: scalar(item.Status), checks: [item], isAgent: false } : undefined;
}

function isCheck(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && typeof value.CheckID === "string" && typeof value.Status === "string";
}

/**
 * Like `HealthChecks.AggregatedStatus` in Consul's Go API: maintenance before critical before warning;
 * without checks passing.
 */
function aggregate(checks: Record<string, unknown>[]): string {
  const words = checks.map((check) => isMaintenance(check) ? "maintenance" : scalar(check.Status));
  const unknown = words.find((word) => !STATES.has(word));
  return ["maintenance", "critical", "warning"].find((word) => words.includes(word)) ?? unknown ?? "passing";
}

function isMaintenance({ CheckID }: Record<string, unknown>): boolean {
  return /^_(service|node)_maintenance/.test(scalar(CheckID));
}

function stateOf(word: string): ReportState {
  return STATES.get(word) ?? "unknown";
}

function worstOf(entries: Entry[]): Claim {
  const state = worst(entries.map(({ word }) => stateOf(word)));
  return bodyClaim(state, entries.find(({ word }) => stateOf(word) === state)?.word ?? "");
}

function partsOf(entries: Entry[]): Subsystem[] {
  const checks = entries.flatMap((entry) => entry.checks).filter(isCheck);
  const services = new Set(checks.map((check) => check.ServiceID));
  return checks.map((check) => ({
    name: services.size > 1 ? `${textOf(check.ServiceID) ?? "node"}/${check.CheckID}` : scalar(check.CheckID),
    state: isMaintenance(check) ? "draining" : stateOf(scalar(check.Status)),
    layer: layerOf(textOf(check.Name) ?? scalar(check.CheckID)),
    required: true,
    message: textOf(check.Notes) ?? textOf(check.Output),
  }));
}
