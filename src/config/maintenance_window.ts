import { matches } from "../base/glob.ts";
import type { CompiledCron } from "./kinds.ts";

/** Selects checks: every part given must match one of its globs. */
export interface SilenceMatch {
  target?: string | readonly string[];
  check?: string | readonly string[];
  labels?: Readonly<Record<string, string | readonly string[]>>;
}

/** The times of a window. Instants are epoch ms; `gapMs` is the shortest time between two beginnings. */
export type WindowTimes =
  | { from: number; until: number }
  | { cron: CompiledCron; durationMs: number; gapMs: number }
  | { afterDeploymentMs: number };

/** A maintenance window. */
export interface MaintenanceWindow {
  id: string;
  match: SilenceMatch;
  /** Text, public if `isPublic`. */
  reason: string;
  times: WindowTimes;
  isPublic: boolean;
}

/** Whether a match selects this check. */
export function isAbout(
  { target, check, labels = {} }: SilenceMatch,
  subject: { target: string; check: string; labels: Readonly<Record<string, string>> },
): boolean {
  const isOneOf = (globs: string | readonly string[] | undefined, value: string) =>
    globs === undefined || [globs].flat().some((glob) => matches(glob, value));
  return isOneOf(target, subject.target) && isOneOf(check, subject.check) &&
    Object.entries(labels).every(([name, globs]) =>
      Object.hasOwn(subject.labels, name) && isOneOf(globs, subject.labels[name]!)
    );
}
