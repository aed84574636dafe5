/**
 * Routes, as in Alertmanager: a tree of rules. The first match gets the incident, unless it sets `continue`.
 */
import { closest } from "../base/closest.ts";
import { matches } from "../base/glob.ts";
import type { Note, Path } from "./problem.ts";
import { type Grouping, readGrouping } from "./grouping.ts";
import { parseDuration } from "./schema/duration.ts";
import { type QuietHours, readQuietHours } from "./quiet_hours.ts";
import type { RouteDraft } from "./schema/routes.ts";
import type { Draft } from "./validate.ts";

/** Matcher of a rule: each part given must match one of its globs. */
export interface RouteMatch {
  target?: readonly string[];
  check?: readonly string[];
  family?: readonly string[];
  kind?: readonly string[];
  severity?: readonly string[];
  region?: readonly string[];
  labels?: Readonly<Record<string, readonly string[]>>;
}

/** One rule. A matching incident goes to the first child that matches, else to the rule's own sinks. */
export interface Route {
  match: RouteMatch;
  /** Ids of webhooks. */
  sinks: readonly string[];
  /** Whether the rules after it are tried as well. */
  continue: boolean;
  /** Sinks to notify later. */
  escalate: readonly Escalation[];
  /** Interval of reminders, ms. */
  repeatMs?: number;
  /** Grouping, its own or inherited. */
  grouping?: Grouping;
  /** Hours in which only critical incidents are sent. */
  quietHours?: QuietHours;
  routes: readonly Route[];
}

/** An escalation: the sinks for an incident that is still open. */
export interface Escalation {
  /** Delay after the opening, ms. */
  afterMs: number;
  unless?: "acknowledged";
  sinks: readonly string[];
}

/** The names that matchers are checked against. */
interface RouteContext {
  webhooks: readonly string[];
  targets: readonly string[];
  regions: readonly string[];
  /** Names of the labels that targets have. */
  labels: readonly string[];
}

/** Reads the rules of a config; undefined if it has none, so that each webhook gets all its events. */
export function readRoutes(
  drafts: readonly (Draft<RouteDraft> | undefined)[] | undefined,
  context: RouteContext,
  note: Note,
): Route[] | undefined {
  const inherited = { sinks: [], escalate: [] };
  return drafts && readAll(drafts, context, { path: ["routes"], inherited, note });
}

interface Place {
  path: Path;
  /** Defaults from the parent rule. */
  inherited: Pick<Route, "sinks" | "escalate" | "repeatMs" | "grouping" | "quietHours">;
  note: Note;
}

function readAll(
  drafts: readonly (Draft<RouteDraft> | undefined)[],
  context: RouteContext,
  { path, ...place }: Place,
): Route[] {
  return drafts.flatMap((draft, i) =>
    draft ? [readRoute(draft, context, { ...place, path: [...path, i] })] : []
  );
}

function readRoute(draft: Draft<RouteDraft>, context: RouteContext, place: Place): Route {
  const { path, note } = place;
  const match = readMatch(draft.match ?? {});
  const sinks = draft.sinks
    ? readSinks(draft.sinks, context, { path: [...path, "sinks"], note })
    : place.inherited.sinks;
  const escalate = draft.escalate
    ? draft.escalate.flatMap((step, j) =>
      step ? [readEscalation(step, context, { path: [...path, "escalate", j], note })] : []
    )
    : place.inherited.escalate;
  const repeatMs = draft.repeatInterval === undefined
    ? place.inherited.repeatMs
    : parseDuration(draft.repeatInterval);
  if (sinks.length === 0 && !draft.routes) {
    note({ path, message: "the route notifies no sink", expected: "sinks, or nested routes" });
  }
  noteUnmatched(match, "target", context.targets, place);
  noteUnmatched(match, "region", ["global", ...context.regions], place);
  const quietHours = draft.quietHours
    ? readQuietHours(draft.quietHours, [...path, "quietHours"], note)
    : place.inherited.quietHours;
  const grouping = readGrouping(draft, place.inherited.grouping, { ...context, path, note });
  const own = {
    sinks,
    escalate,
    ...(grouping && { grouping }),
    ...(repeatMs !== undefined && { repeatMs }),
    ...(quietHours && { quietHours }),
  };
  const below = { path: [...path, "routes"], inherited: own, note };
  return {
    match,
    ...own,
    continue: draft.continue ?? false,
    routes: readAll(draft.routes ?? [], context, below),
  };
}

type Noting = Pick<Place, "path" | "note">;

function readSinks(
  drafts: readonly (string | undefined)[],
  { webhooks }: RouteContext,
  { path, note }: Noting,
): string[] {
  for (const [j, id] of drafts.entries()) {
    if (id === undefined || webhooks.includes(id)) continue;
    const suggestion = closest(id, [...webhooks]);
    note({ path: [...path, j], message: "there is no webhook of this id", found: id, suggestion });
  }
  return drafts.filter((id) => id !== undefined);
}

function readEscalation(
  { after = "0s", unless, sinks = [] }: NonNullable<NonNullable<Draft<RouteDraft>["escalate"]>[number]>,
  context: RouteContext,
  { path, note }: Noting,
): Escalation {
  const ids = readSinks(sinks, context, { path: [...path, "sinks"], note });
  return { afterMs: parseDuration(after), ...(unless && { unless }), sinks: ids };
}

function readMatch({ labels, ...fields }: NonNullable<Draft<RouteDraft>["match"]>): RouteMatch {
  const lists = Object.entries(fields).map(([field, value]) => [field, listOf(value)]);
  const byLabel = labels && Object.entries(labels).map(([name, value]) => [name, listOf(value)]);
  return { ...Object.fromEntries(lists), ...(byLabel && { labels: Object.fromEntries(byLabel) }) };
}

const listOf = (value: unknown): string[] =>
  [value].flat().filter((one): one is string => typeof one === "string");

/** Reports globs that match nothing. */
function noteUnmatched(
  match: RouteMatch,
  field: "target" | "region",
  known: readonly string[],
  { path, note }: Place,
): void {
  for (const glob of match[field] ?? []) {
    if (known.some((id) => matches(glob, id))) continue;
    const suggestion = closest(glob, [...known]);
    note({ path: [...path, "match", field], message: `no ${field} matches`, found: glob, suggestion });
  }
}
