import { bodyClaim, errorClaims } from "../claims.ts";
import { groupState, limitParts } from "../group.ts";
import { records, scalar, textOf } from "../json.ts";
import { endpointSlice } from "./kubernetes_endpoints.ts";
import { pod } from "./kubernetes_pod.ts";
import type { Dialect, Reading, ReportState } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

type Thing = Record<string, unknown>;

/** How each kind is read (kubernetes/api core/v1, discovery/v1, apps/v1). */
const KINDS = new Map<unknown, (thing: Thing) => Reading>([
  ["Pod", pod],
  ["EndpointSlice", endpointSlice],
  ["Deployment", deployment],
  // An error of the API server, which makes no claim about the service.
  ["Status", ({ reason }) => ({ claims: [bodyClaim("unreadable", `Status ${textOf(reason) ?? ""}`)] })],
]);

/**
 * Objects of the Kubernetes API: a Pod, EndpointSlice or Deployment, a list of one kind, or a watch event.
 * The HTTP code makes no claim.
 *
 * - Pod: being deleted draining; else by phase, containers and `Ready` (kubernetes_pod.ts).
 * - EndpointSlice: all endpoints ready, some degraded, none not_ready, all terminating draining (kubernetes_endpoints.ts).
 * - Deployment: a status of an older generation is unknown; `Available` False not_ready; fewer ready than wanted,
 *   `ReplicaFailure` or a rollout past its deadline degraded; else ready.
 * - A list of pods is a group; an empty list is not_ready. A list of another kind is a group as well.
 */
export const kubernetes: Dialect = {
  name: "k8s-api",
  path: /^\/apis?\/.*\/(pods|endpointslices|deployments)\b/,
  isBulky: true,
  recognise: ({ json }) => thingOf(json) !== undefined,
  read({ status, json }) {
    const thing = thingOf(json);
    if (!thing) return null;
    const reading = KINDS.get(thing.kind)?.(thing) ?? list(thing);
    const refused = thing.kind === "Status" ? [] : errorClaims(status);
    return { ...reading, claims: [...reading.claims, ...refused] };
  },
};

/** The object to read: the answer itself, or the object of a watch event. */
function thingOf(json: unknown): Thing | undefined {
  if (!isRecord(json)) return undefined;
  const thing = typeof json.type === "string" && isRecord(json.object) ? json.object : json;
  if (KINDS.has(thing.kind)) return textOf(thing.apiVersion) || isShaped(thing) ? thing : undefined;
  return KINDS.has(itemKind(thing)) && Array.isArray(thing.items) ? thing : undefined;
}

function isShaped({ status, endpoints }: Thing): boolean {
  return isRecord(status) || Array.isArray(endpoints);
}

/** Adds the kind to items of a list, which have none of their own. */
function itemKind({ kind }: Thing): string | undefined {
  return /^(\w+)List$/.exec(scalar(kind))?.[1];
}

function list(thing: Thing): Reading {
  const kind = itemKind(thing);
  const readings = records(thing.items).map((item) => {
    const { claims, reportedAt: _, ...rest } = KINDS.get(kind)?.(item) ?? { claims: [] };
    const name = isRecord(item.metadata) ? scalar(item.metadata.name) : "?";
    return { ...rest, name, state: claims[0]?.state ?? "unknown" as const, message: claims[0]?.raw };
  });
  const states = readings.map(({ state }): ReportState => state);
  const ready = states.filter((state) => state === "ready").length;
  return {
    claims: [bodyClaim(groupState(states), `${ready} of ${states.length} ${kind}s ready`)],
    subsystems: limitParts(readings.map(({ name, state, message }) => ({
      name,
      state,
      layer: "process",
      required: false,
      message,
    }))),
  };
}

/** Absent numbers are 0 (`omitempty`). */
function deployment({ metadata, spec, status }: Thing): Reading {
  const about = isRecord(status) ? status : {};
  const conditions = records(about.conditions);
  const find = (type: string) => conditions.find((condition) => condition.type === type);
  const count = (value: unknown) => typeof value === "number" ? value : 0;
  const wanted = count(isRecord(spec) && spec.replicas !== undefined ? spec.replicas : about.replicas);
  const ready = count(about.readyReplicas);
  const generation = count(isRecord(metadata) ? metadata.generation : 0);
  const rows: [boolean, ReportState, string][] = [
    [count(about.observedGeneration) < generation, "unknown", "the status is of an older generation"],
    [
      find("Available")?.status === "False" || wanted === 0 || ready === 0,
      "not_ready",
      `${ready} of ${wanted} ready`,
    ],
    [find("Available")?.status !== "True", "unknown", "no condition Available"],
    [find("ReplicaFailure")?.status === "True", "degraded", "ReplicaFailure"],
    [find("Progressing")?.status === "False", "degraded", scalar(find("Progressing")?.reason)],
    [ready < wanted, "degraded", `${ready} of ${wanted} ready`],
  ];
  const [, state, raw] = rows.find(([holds]) => holds) ??
    [true, "ready", `${ready} of ${wanted} ready`] as const;
  return { claims: [bodyClaim(state, raw)] };
}
