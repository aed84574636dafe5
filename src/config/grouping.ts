/** Grouping of a route's incidents into messages, with Alertmanager's terms. */
import { closest } from "../base/closest.ts";
import type { Note, Path } from "./problem.ts";
import { parseDuration } from "./schema/duration.ts";
import { GROUP_FIELDS, UNGROUPED } from "./schema/group_fields.ts";
import type { RouteDraft } from "./schema/routes.ts";
import type { Draft } from "./validate.ts";

/** A route's grouping; times in ms. */
export interface Grouping {
  /** Fields and `labels.NAME`; an empty list groups all of the route. */
  by?: readonly string[];
  waitMs?: number;
  intervalMs?: number;
}

interface GroupingContext {
  /** Names of the labels that targets have. */
  labels: readonly string[];
  path: Path;
  note: Note;
}

/** Reads a route's grouping, with defaults from its parent; undefined if neither sets any. */
export function readGrouping(
  { groupBy, groupWait, groupInterval }: Draft<RouteDraft>,
  inherited: Grouping | undefined,
  { labels, path, note }: GroupingContext,
): Grouping | undefined {
  const by = groupBy?.filter((field) => field !== undefined);
  const own: Grouping = {
    ...(by && { by }),
    ...(groupWait !== undefined && { waitMs: parseDuration(groupWait) }),
    ...(groupInterval !== undefined && { intervalMs: parseDuration(groupInterval) }),
  };
  const known = [...GROUP_FIELDS, ...labels.map((name) => `labels.${name}`)];
  for (const [j, field] of groupBy?.entries() ?? []) {
    if (field === undefined || known.includes(field)) continue;
    const at = { path: [...path, "groupBy", j], found: field };
    if (field !== UNGROUPED) {
      note({ ...at, ...describeUnknown(field), suggestion: closest(field, known) });
    } else if (by!.length > 1) {
      note({ ...at, message: `"${UNGROUPED}" must be the only entry: it disables grouping` });
    }
  }
  const all = { ...inherited, ...own };
  return Object.keys(all).length > 0 ? all : undefined;
}

const describeUnknown = (field: string) =>
  field.startsWith("labels.")
    ? { message: "no target has this label" }
    : { message: "nothing to group by", expected: `one of ${GROUP_FIELDS.join(", ")}, labels.NAME` };
