import { isServing, worst } from "./merge.ts";
import type { Claim, Reading, ReportState, Subsystem } from "./report.ts";

/** Keys under which dialects nest their parts; left out of names here. */
const CONTAINERS = new Set(["components", "details", "checks", "statuses", "entries", "results", "info"]);

/** Names listed when a part is missing. */
const MAX_LISTED = 10;

/**
 * The reading of one part, with the whole's serving claim if it requires the part; or why there is no such
 * part.
 */
export type Selection = { reading: Reading; above?: Claim } | { reason: string };

/**
 * Selects the part of an answer that `path` names, with the parts below it: a component (`components.db`,
 * `checks["x:y"]`, `db`), a nested one (`components.broker.components.us1`, `broker/us1`) or a group without
 * its own state. Names must match exactly; of several parts with the name the worst counts. The part's state
 * is the only claim, besides a status code that is unreadable (a login wall).
 */
export function select({ claims, subsystems = [], phase: _, ...about }: Reading, path: string): Selection {
  const found = namesIn(path).map((name) => partsOf(subsystems, name))
    .find(({ own, below }) => own.length + below.length > 0);
  if (!found) return { reason: `select: ${missingPart(subsystems, path)}` };
  const { own, below } = found;
  const state = own.length > 0 ? worst(own.map((part) => part.state)) : groupOf(below);
  const mute = claims.filter((claim) => claim.source === "code" && claim.state === "unreadable");
  const isNeeded = (own.length > 0 ? own : below).some((part) => part.required);
  return {
    reading: {
      ...about,
      claims: [{ source: "body", state, raw: path }, ...mute],
      subsystems: [...own, ...below],
    },
    above: isNeeded ? claims.find((claim) => isServing(claim.state)) : undefined,
  };
}

/** The part names that `path` may mean, the likeliest first. */
function namesIn(path: string): string[] {
  const steps = stepsOf(path);
  const bare = steps.filter((step, i) => i === steps.length - 1 || !CONTAINERS.has(step));
  // Names may contain dots, so also try everything after the container as one name.
  const tail = CONTAINERS.has(steps[0] ?? "") ? path.slice(steps[0]!.length).replace(/^\./, "") : path;
  return [...new Set([path, tail, steps.join("/"), bare.join("/")])];
}

/** Splits `a.b["c.d"]` or `a/b` into steps. */
function stepsOf(path: string): string[] {
  return [...path.matchAll(/\[\s*(?:"([^"]*)"|'([^']*)'|(\d+))\s*\]|([^.[\]/]+)/g)]
    .map(([, double, single, index, plain]) => double ?? single ?? index ?? plain ?? "");
}

function partsOf(parts: readonly Subsystem[], name: string) {
  const own = parts.filter((part) => part.name === name);
  const below = parts.filter((part) => part.name.startsWith(`${name}/`));
  return { own, below };
}

/** The state of a group without its own state. */
function groupOf(below: Subsystem[]): ReportState {
  const required = below.filter((part) => part.required);
  const counted = required.length > 0 ? required : below;
  return worst(counted.map((part) => part.state));
}

function missingPart(parts: readonly Subsystem[], path: string): string {
  if (parts.length === 0) return `no ${path}: the answer names no parts`;
  const names = parts.slice(0, MAX_LISTED).map(({ name }) => name.slice(0, 40));
  const more = parts.length - names.length;
  return `no ${path.slice(0, 60)}; there is ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
