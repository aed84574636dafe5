/** Reads maintenance windows: single, recurring, or after each deployment. */
import { closest } from "../base/closest.ts";
import { matches } from "../base/glob.ts";
import { unique } from "./duplicates.ts";
import {
  isAbout,
  type MaintenanceWindow,
  type SilenceMatch,
  type WindowTimes,
} from "./maintenance_window.ts";
import type { Note, Path } from "./problem.ts";
import { formatDuration, parseDuration } from "./schema/duration.ts";
import type { RawConfig } from "./schema/mod.ts";
import { type CronReader, noteNoCron } from "./timing.ts";
import type { Draft } from "./validate.ts";
import { zoneFault } from "./zone_fault.ts";

/** The targets that matches are checked against. */
interface MaintenanceContext {
  targets: readonly {
    id: string;
    labels: Readonly<Record<string, string>>;
    checks: readonly { id: string }[];
  }[];
  cron: CronReader;
  note: Note;
}

type WindowDraft = NonNullable<NonNullable<Draft<RawConfig>["maintenance"]>[number]>;

/** The maintenance windows of a config. */
export function readMaintenance(
  drafts: Draft<RawConfig>["maintenance"],
  context: MaintenanceContext,
): MaintenanceWindow[] {
  const noteDuplicate = unique("maintenance window", context.note);
  return (drafts ?? []).flatMap((draft, i) => {
    const path = ["maintenance", i];
    noteDuplicate(draft?.id, [...path, "id"]);
    return draft ? readWindow(draft, path, context) : [];
  });
}

function readWindow(draft: WindowDraft, path: Path, context: MaintenanceContext): MaintenanceWindow[] {
  const { id = "", reason = "" } = draft;
  const match = readMatch(draft.match ?? {});
  noteUnmatched(match, draft, path, context);
  const times = readTimes(draft, path, context);
  const isPublic = draft.public ?? draft.afterDeployment === undefined;
  return times ? [{ id, match, reason, times, isPublic }] : [];
}

const listOf = (value: unknown): string[] =>
  [value].flat().filter((one): one is string => typeof one === "string");

function readMatch({ target, check, labels }: NonNullable<WindowDraft["match"]>): SilenceMatch {
  const byLabel = Object.entries(labels ?? {}).map(([name, value]) => [name, listOf(value)]);
  return {
    ...(target !== undefined && { target: listOf(target) }),
    ...(check !== undefined && { check: listOf(check) }),
    ...(labels !== undefined && { labels: Object.fromEntries(byLabel) }),
  };
}

/** Reports a window that matches nothing. */
function noteUnmatched(
  match: SilenceMatch,
  { match: draft }: WindowDraft,
  path: Path,
  { targets, note }: MaintenanceContext,
): void {
  if (!draft) return;
  const ids = targets.map(({ id }) => id);
  const unmatched = listOf(match.target).filter((glob) => !ids.some((id) => matches(glob, id)));
  for (const found of unmatched) {
    const suggestion = closest(found, ids);
    note({ path: [...path, "match", "target"], message: "no target matches", found, suggestion });
  }
  const concerns = targets.some(({ id, labels, checks }) =>
    checks.some((check) => isAbout(match, { target: id, check: check.id, labels }))
  );
  if (concerns || unmatched.length > 0) return;
  note({
    path: [...path, "match"],
    message: "it matches no check of this config",
    expected: "at least one",
  });
}

const WAYS = ["from", "cron", "afterDeployment"] as const;
/** Keys allowed with each of them. */
const ALLOWED: Record<(typeof WAYS)[number], readonly string[]> = {
  from: ["until", "duration"],
  cron: ["zone", "duration"],
  afterDeployment: [],
};

function readTimes(draft: WindowDraft, path: Path, context: MaintenanceContext): WindowTimes | undefined {
  const { note } = context;
  const [way, ...more] = WAYS.filter((name) => name in draft);
  if (!way) {
    note({ path, message: "a window needs a time", expected: WAYS.join(", ").replace(/, (?=\w+$)/, " or ") });
    return undefined;
  }
  const stray = ["until", "zone", "duration"].filter((name) => name in draft && !ALLOWED[way].includes(name));
  for (const name of [...more, ...stray]) {
    const message = `${name} together with ${way}`;
    note({ path: [...path, name], at: "key", message, expected: "one of them", found: name });
  }
  if (draft[way] === undefined || more.length > 0) return undefined;
  if (way === "afterDeployment") return { afterDeploymentMs: parseDuration(draft[way]!) };
  return way === "from" ? readOnce(draft, path, context) : readRecurring(draft, path, context);
}

function readOnce(
  { from = "", until, duration }: WindowDraft,
  path: Path,
  { note }: MaintenanceContext,
): WindowTimes | undefined {
  const begin = Date.parse(from);
  if ((until === undefined) === (duration === undefined)) {
    note({ path, message: "exactly one key must define its end", expected: "until or duration" });
    return undefined;
  }
  const end = until === undefined ? begin + parseDuration(duration!) : Date.parse(until);
  if (end <= begin) {
    note({
      path: [...path, "until"],
      message: "it ends before it begins",
      expected: `after ${from}`,
      found: until,
    });
  }
  return { from: begin, until: end };
}

function readRecurring(
  { cron = "", zone, duration }: WindowDraft,
  path: Path,
  { cron: read, note }: MaintenanceContext,
): WindowTimes | undefined {
  const unknownZone = zoneFault(zone);
  if (unknownZone) note({ path: [...path, "zone"], ...unknownZone });
  const result = read(cron, unknownZone ? undefined : zone);
  if ("fault" in result) noteNoCron(result.fault, cron, path, note);
  if (duration === undefined) note({ path, message: "its end is missing", expected: "duration" });
  if ("fault" in result || duration === undefined) return undefined;
  const durationMs = parseDuration(duration);
  const { cron: compiled, gapMs } = result;
  if (durationMs >= gapMs) {
    const expected = `less than ${formatDuration(gapMs)}, the shortest time between two beginnings`;
    note({ path: [...path, "duration"], message: "it would never end", expected, found: duration });
  }
  return { cron: compiled, durationMs, gapMs };
}
