import { bodyClaim } from "../claims.ts";
import { records, scalar, textOf } from "../json.ts";
import type { Layer, Reading, ReportState, Subsystem } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

type Thing = Record<string, unknown>;

/** Reasons for a waiting container that do not mean a start. */
const FAILING = /BackOff$|^Err|Error$|^InvalidImageName$/;

const CONDITIONS = new Map<unknown, ReportState>([["True", "ready"], ["False", "not_ready"]]);

/** Conditions of the kubelet and the scheduler, which are not readiness gates; null: True is not good. */
const OWN = new Map<unknown, Layer | null>([
  ["PodScheduled", "policy"],
  ["Initialized", "state"],
  ["PodReadyToStartContainers", "process"],
  ["ContainersReady", null],
  ["Ready", null],
  ["DisruptionTarget", null],
  ["PodResizePending", null],
  ["PodResizeInProgress", null],
  ["AllContainersRestarting", null],
]);

/**
 * A Pod (core/v1). Being deleted, or the target of a disruption, it is draining. `Ready` True is ready,
 * Unknown (node lost) unknown. Without `Ready` it is starting while pending or while a container has not
 * started, unless one crashes. Otherwise it is not_ready, even if all containers are ready and only a
 * readiness gate is not (a part of layer policy). `phase: Running` is not readiness, and Succeeded or Failed
 * pods serve no requests.
 */
export function pod({ metadata, status }: Thing): Reading {
  const about = isRecord(status) ? status : {};
  const conditions = records(about.conditions);
  const containers = records(about.containerStatuses).map(containerOf);
  const state = stateOf(
    about,
    conditions,
    containers,
    isRecord(metadata) && metadata.deletionTimestamp != null,
  );
  const ready = conditions.find(({ type }) => type === "Ready");
  const raw = [textOf(about.phase), ready && `Ready ${scalar(ready.status)}`, ready && textOf(ready.reason)];
  return {
    claims: [bodyClaim(state, raw.filter(Boolean).join(", ") || "no status")],
    subsystems: [...conditions.flatMap(partOf), ...containers],
  };
}

function stateOf(
  about: Thing,
  conditions: Thing[],
  containers: Subsystem[],
  isDeleted: boolean,
): ReportState {
  const is = (type: string) => conditions.find((condition) => condition.type === type)?.status;
  if (isDeleted || is("DisruptionTarget") === "True") return "draining";
  if (about.phase === "Succeeded" || about.phase === "Failed") return "not_ready";
  if (is("Ready") === "True") return "ready";
  if (is("Ready") === "Unknown" || about.phase === "Unknown") return "unknown";
  if (containers.some(({ message }) => FAILING.test(message ?? ""))) return "not_ready";
  if (about.phase === "Pending" || containers.some(({ state }) => state === "starting")) return "starting";
  return is("Ready") === "False" ? "not_ready" : "unknown";
}

function containerOf({ name, ready, started, state }: Thing): Subsystem {
  const waiting = isRecord(state) && isRecord(state.waiting) ? textOf(state.waiting.reason) : undefined;
  const isFailing = waiting !== undefined && FAILING.test(waiting);
  const below = started === false && !isFailing ? "starting" : "not_ready";
  const own = ready === true ? "ready" : below;
  return {
    name: `container/${scalar(name)}`,
    state: own,
    layer: "process",
    required: true,
    message: waiting,
  };
}

/** A condition type that is not Kubernetes' own is a readiness gate. */
function partOf({ type, status, reason }: Thing): Subsystem[] {
  const layer = OWN.has(type) ? OWN.get(type) : "policy";
  if (!layer) return [];
  const state = CONDITIONS.get(status) ?? "unknown";
  return [{ name: scalar(type), state, layer, required: !OWN.has(type), message: textOf(reason) }];
}
