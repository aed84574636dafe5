import type { Config, Target } from "../../../config/config.ts";
import { isAbout } from "../../../config/maintenance_window.ts";
import { requiredChecks } from "../../../config/required.ts";
import { type Silence, subjectOf } from "../../../storage/records/silences.ts";

/** A maintenance as the public sees it. Times are epoch ms. */
export interface Maintenance {
  id: string;
  reason: string;
  /** In the order of the config; at least one. */
  targets: Target[];
  from: number;
  until: number;
  state: "scheduled" | "in_progress" | "completed";
}

/** The publicly announced maintenances among these silences, latest start first. */
export function maintenances(
  { targets }: Pick<Config, "targets">,
  silences: readonly Silence[],
  nowMs: number,
): Maintenance[] {
  return silences.flatMap(({ id, match, reason, from, until, window }): Maintenance[] => {
    if (!window?.isPublic || until <= from) return [];
    const concerned = targets.filter((target) =>
      requiredChecks(target).some((check) => isAbout(match, subjectOf(check)))
    );
    const state = nowMs < from ? "scheduled" : nowMs < until ? "in_progress" : "completed";
    return concerned.length > 0 ? [{ id, reason, targets: concerned, from, until, state }] : [];
  }).toSorted((a, b) => b.from - a.from);
}

/** Ids of the targets that are in maintenance now. */
export const inMaintenance = (all: readonly Maintenance[]): ReadonlySet<string> =>
  new Set(
    all.filter(({ state }) => state === "in_progress").flatMap(({ targets }) => targets.map(({ id }) => id)),
  );
