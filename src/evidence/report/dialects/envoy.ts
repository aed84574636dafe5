import { bodyClaim, errorClaims } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { groupState, limitParts } from "../group.ts";
import { records, scalar, textOf } from "../json.ts";
import { isServing, worst } from "../merge.ts";
import type { Dialect, Reading, ReportState, Subsystem } from "../report.ts";
import { codeOf, plainText } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

/** The words of `/ready` and of `state` in `/server_info` (envoy/admin/v3/server_info.proto). */
const STATES = new Map<string, ReportState>([
  ["LIVE", "ready"],
  ["PRE_INITIALIZING", "starting"],
  ["INITIALIZING", "starting"],
  ["DRAINING", "draining"],
]);

/**
 * A host's flags in the text and JSON of `/clusters` (envoy/admin/v3/clusters.proto); any other is `unknown`.
 */
const FLAGS: readonly [state: ReportState, names: string][] = [
  ["ready", "healthy"],
  [
    "not_ready",
    "failed_active_hc failed_active_health_check failed_outlier_check failed_eds_health active_hc_timeout",
  ],
  ["not_ready", "excluded_via_immediate_hc_fail"],
  [
    "degraded",
    "degraded_active_hc failed_active_degraded_check degraded_eds_health degraded_outlier_detection",
  ],
  ["draining", "pending_dynamic_removal eds_status_draining"],
  ["starting", "pending_active_hc"],
];
const FLAG = new Map(
  FLAGS.flatMap(([state, names]) => names.split(" ").map((name) => [name, state] as const)),
);

/** States by `eds_health_status`; UNKNOWN or absent counts as healthy. */
const EDS = new Map<unknown, ReportState>([
  [undefined, "ready"],
  ["UNKNOWN", "ready"],
  ["HEALTHY", "ready"],
  ["DEGRADED", "degraded"],
  ["DRAINING", "draining"],
  ["UNHEALTHY", "not_ready"],
  ["TIMEOUT", "not_ready"],
]);

const FLAGS_KEY = "::health_flags::";

/**
 * Envoy's admin interface and its health check filter.
 *
 * | asked | read |
 * |---|---|
 * | `/ready` | one word: LIVE ready, INITIALIZING and PRE_INITIALIZING starting, DRAINING draining |
 * | `/server_info` | `state`, the same words; always 200 |
 * | `/clusters`, text or `?format=json` | each cluster with hosts is a part, folded over its hosts; asked about `lb` |
 * | an empty answer with `x-envoy-upstream-healthchecked-cluster` | the code |
 *
 * No cluster is required: a cluster that is down degrades the whole, and only if all are down it is
 * not_ready. Below its panic threshold Envoy also sends traffic to unhealthy hosts, so journeys may pass.
 * Headers that it adds to other answers are in headers.ts.
 *
 * Written for its active health checks: the code, the cluster's name, and for draining
 * `x-envoy-immediate-health-check-fail`. No other dialect writes that header, because a router applies it to
 * the host of any answer.
 */
export const envoy: Dialect = {
  name: "envoy",
  recognise({ headers, text, json }) {
    if (text.trim() === "") return headers.has("x-envoy-upstream-healthchecked-cluster");
    return STATES.has(text.trim()) || isInfo(json) || clustersOf(text, json) !== undefined;
  },
  read({ headers, status, text, json }) {
    const word = text.trim();
    if (word === "" && headers.has("x-envoy-upstream-healthchecked-cluster")) {
      return { claims: [codeClaim(status)] };
    }
    if (STATES.has(word)) {
      return { claims: [codeClaim(status), bodyClaim(STATES.get(word) ?? "unknown", word)] };
    }
    if (isInfo(json)) return info(json, status);
    const clusters = clustersOf(text, json);
    return clusters ? reading(clusters, status) : null;
  },
  expresses: { whole: ["ready", "degraded", "starting", "draining", "not_ready"] },
  write({ name, state }) {
    const word = state === "starting" ? "INITIALIZING" : state === "draining" ? "DRAINING" : undefined;
    return plainText(codeOf(state), word ?? (isServing(state) ? "LIVE" : ""), {
      // Leaves out characters of the cluster's name that a header cannot carry (RFC 9110, 5.5).
      "x-envoy-upstream-healthchecked-cluster": name.replace(/[^ -~]/g, "").trim() || "service",
      ...(state === "draining" && { "x-envoy-immediate-health-check-fail": "true" }),
    });
  },
};

type Clusters = Map<string, ReportState[]>;

function isInfo(json: unknown): json is Record<string, unknown> {
  return isRecord(json) && typeof json.version === "string" && typeof json.state === "string" &&
    ("command_line_options" in json || "uptime_current_epoch" in json || STATES.has(json.state));
}

function info({ state, version }: Record<string, unknown>, status: number): Reading {
  const word = scalar(state);
  return {
    claims: [bodyClaim(STATES.get(word) ?? "unknown", word), ...errorClaims(status)],
    version: textOf(version),
  };
}

function reading(clusters: Clusters, status: number): Reading {
  const parts = [...clusters].filter(([, hosts]) => hosts.length > 0).map(([name, hosts]): Subsystem => ({
    name,
    state: groupState(hosts),
    layer: "dependency",
    required: false,
    message: `${hosts.filter((host) => host === "ready").length} of ${hosts.length} hosts healthy`,
  }));
  const state = parts.length === 0 ? "unknown" : groupState(parts.map((part) => part.state));
  const ready = parts.filter((part) => part.state === "ready").length;
  const claim = bodyClaim(state, `${ready} of ${parts.length} clusters healthy`);
  return { claims: [claim, ...errorClaims(status)], subsystems: limitParts(parts), question: "lb" };
}

function clustersOf(text: string, json: unknown): Clusters | undefined {
  if (isRecord(json)) {
    if (!Array.isArray(json.cluster_statuses)) return undefined;
    return new Map(
      records(json.cluster_statuses).map(({ name, host_statuses }) => [
        scalar(name),
        records(host_statuses).map(({ health_status }) => hostState(health_status)),
      ]),
    );
  }
  if (!text.includes(FLAGS_KEY)) return undefined;
  const clusters: Clusters = new Map();
  for (const line of text.split("\n")) {
    const key = line.indexOf(FLAGS_KEY);
    if (key < 0) continue;
    const name = line.slice(0, line.indexOf("::"));
    const flags = line.slice(key + FLAGS_KEY.length).trim();
    const states = flags.split("/").filter((flag) => flag !== "").map((flag) => FLAG.get(flag) ?? "unknown");
    const hosts = clusters.get(name) ?? [];
    hosts.push(worst(states));
    clusters.set(name, hosts);
  }
  return clusters.size > 0 ? clusters : undefined;
}

/** Fields with false or default values are not rendered. */
function hostState(status: unknown): ReportState {
  if (!isRecord(status)) return "ready";
  const flags = Object.entries(status).filter(([, value]) => value === true);
  return worst([
    EDS.get(status.eds_health_status) ?? "unknown",
    ...flags.map(([name]) => FLAG.get(name) ?? "unknown"),
  ]);
}
