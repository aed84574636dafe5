import { codeClaim } from "../status_code.ts";
import { isServing } from "../merge.ts";
import { layerOf } from "../layers.ts";
import { lastSegment } from "../question.ts";
import type { Dialect, ReportAnswer, ReportState, Subsystem } from "../report.ts";
import { codeOf, json, YES_OR_NO_PARTS } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

/**
 * Spring's own words (org.springframework.boot.health.contributor.Status); any other is the application's:
 * `unknown`.
 */
const STATES = new Map<string, ReportState>([
  ["UP", "ready"],
  ["DOWN", "not_ready"],
  ["OUT_OF_SERVICE", "not_ready"],
  ["UNKNOWN", "unknown"],
]);

/** Last path segments where OUT_OF_SERVICE without components can only come from `readinessState`. */
const READINESS = new Set(["readiness", "readinessstate", "readyz"]);

/**
 * Spring Boot Actuator `/actuator/health` and its groups and components; V3 nests under `components`, V2
 * under `details`. OUT_OF_SERVICE from `readinessState` alone means REFUSING_TRAFFIC, which is a start or a
 * shutdown: `not_ready` with `phase: unclear`. An UNKNOWN part is not required, because Spring itself ranks
 * it below UP.
 */
export const spring: Dialect = {
  name: "spring",
  recognise: isActuator,
  read({ url, status, json }) {
    if (!isRecord(json) || typeof json.status !== "string") return null;
    const word = json.status;
    const subsystems = partsOf(json, isRecord(json.components) ? "components" : "details", "");
    return {
      claims: [codeClaim(status), { source: "body", state: STATES.get(word) ?? "unknown", raw: word }],
      subsystems,
      phase: word === "OUT_OF_SERVICE" && isRefusing(subsystems, url) ? "unclear" : undefined,
      question: isLiveness(subsystems, url) ? "liveness" : undefined,
    };
  },
  expresses: YES_OR_NO_PARTS,
  write({ state, reason, version, subsystems }) {
    const word = (state: ReportState) => isServing(state) ? "UP" : "DOWN";
    const components = subsystems.map(({ name, state, message }) => [
      name,
      { status: word(state), details: isServing(state) ? { message } : { error: message } },
    ]);
    const body = {
      status: word(state),
      ...(components.length > 0 && { components: Object.fromEntries(components) }),
      ...((reason || version) && { details: { reason, version } }),
    };
    return json(codeOf(state), body, "application/vnd.spring-boot.actuator.v3+json");
  },
};

function isActuator({ headers, json }: ReportAnswer): boolean {
  if (!isRecord(json) || typeof json.status !== "string") return false;
  if (headers.get("content-type")?.startsWith("application/vnd.spring-boot.actuator")) return true;
  const isUpper = /^[A-Z][A-Z_]*$/.test(json.status);
  if (isRecord(json.components) || Array.isArray(json.groups)) return isUpper;
  const isBare = Object.keys(json).length === 1 && STATES.has(json.status);
  return isBare || (isUpper && isRecord(json.details) && Object.values(json.details).every(isComponent));
}

function isComponent(value: unknown): boolean {
  return isRecord(value) && typeof value.status === "string";
}

/** All parts under `key`, depth first. In V2 a component map is a detail map whose values have a `status`. */
function partsOf(node: Record<string, unknown>, key: "components" | "details", prefix: string): Subsystem[] {
  const children = node[key];
  if (!isRecord(children)) return [];
  return Object.entries(children).flatMap(([name, child]) => {
    if (!isRecord(child)) return [];
    const path = `${prefix}${name}`;
    const below = partsOf(child, key, `${path}/`);
    return typeof child.status === "string" ? [partOf(path, child.status, child.details), ...below] : below;
  });
}

function partOf(name: string, word: string, details: unknown): Subsystem {
  const error = isRecord(details) && typeof details.error === "string" ? details.error : undefined;
  const state = STATES.get(word) ?? "unknown";
  const message = error ?? (STATES.has(word) ? undefined : word);
  return { name, state, layer: layerOf(name), required: word !== "UNKNOWN", message };
}

function isRefusing(parts: Subsystem[], url: URL): boolean {
  if (parts.length === 0) return READINESS.has(lastSegment(url));
  const refusing = parts.filter((part) => part.state === "not_ready");
  return refusing.length > 0 && refusing.every((part) => part.name === "readinessState");
}

function isLiveness(parts: Subsystem[], url: URL): boolean {
  if (parts.length === 0) return lastSegment(url) === "livenessstate";
  return parts.every((part) => part.name === "livenessState");
}
