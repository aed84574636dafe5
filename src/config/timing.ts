import type { Check, Schedule } from "./config.ts";
import type { CheckDraft } from "./draft.ts";
import { formatDuration, parseDuration } from "./schema/duration.ts";
import type { CompiledCron, Kinds } from "./kinds.ts";
import type { Finding, Note, Path } from "./problem.ts";
import type { RawConfig } from "./schema/mod.ts";
import type { Draft } from "./validate.ts";
import { MINUTE_MS } from "../base/time.ts";

/** `defaults:` as written. */
export type DefaultsDraft = NonNullable<Draft<RawConfig>["defaults"]>;

const FALLBACK = {
  every: "1m",
  timeout: "10s",
  startupBudget: "5m",
  drainWindow: "150s",
  flapWindow: "10m",
  confirm: "25s",
  retry: 1,
  releaseAfter: "1h",
  certificateWarning: "14d",
  failureThreshold: 2,
  successThreshold: 2,
} as const;

type Timing = Pick<
  Check,
  | "schedule"
  | "timeoutMs"
  | "startupBudgetMs"
  | "drainWindowMs"
  | "flapWindowMs"
  | "turns"
  | "confirmMs"
  | "retry"
  | "releaseAfterMs"
  | "certificateWarningMs"
  | "failureThreshold"
  | "successThreshold"
  | "maxAgeMs"
>;

// A fixed instant for measuring gaps, at the start of a leap year.
const START = Date.UTC(2024, 0, 1);
const YEAR_MS = 366 * 86_400_000;
const RUNS = 100;

/**
 * Compiles cron fields. `gapMs` is the smallest gap of the first 100 runs in a year; `fault` says why they
 * are invalid.
 */
export type CronReader = (
  fields: string,
  zone?: string,
) => { fault: string } | { cron: CompiledCron; gapMs: number };

/** A cron reader that caches results. */
export function cronReader(compile: Kinds["compileCron"]): CronReader {
  const known = new Map<string, ReturnType<CronReader>>();
  return (fields, zone) => {
    const key = JSON.stringify([fields, zone]);
    const result = known.get(key) ?? readCron(fields, zone, compile);
    known.set(key, result);
    return result;
  };
}

function readCron(
  fields: string,
  zone: string | undefined,
  compile: Kinds["compileCron"],
): ReturnType<CronReader> {
  if (fields.trim().split(/\s+/).length !== 5) return { fault: "it does not have five fields" };
  if (!compile) return { fault: "this deployment was made without cron: deploy again" };
  try {
    const cron = compile(fields, zone);
    const runs = cron.next(RUNS, START - 1);
    if (runs.length === 0) return { fault: "it never matches" };
    const inYear = runs.filter((run) => run < START + YEAR_MS);
    const gapMs = inYear.slice(1).reduce((least, run, i) => Math.min(least, run - inYear[i]!), YEAR_MS);
    return { cron, gapMs };
  } catch (error) {
    return { fault: error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error) };
  }
}

/** Why checks cannot run at this period; undefined if they can. */
export function everyFault(every: string | undefined): Omit<Finding, "path"> | undefined {
  if (every === undefined) return undefined;
  const ms = parseDuration(every);
  if (ms < MINUTE_MS && MINUTE_MS % ms !== 0) {
    return {
      message: "it does not divide a minute evenly",
      expected: "such as 5s, 10s, 15s, 20s or 30s",
      found: every,
    };
  }
  if (ms > MINUTE_MS && ms % MINUTE_MS !== 0) {
    return { message: "above a minute it must be whole minutes", expected: "such as 2m or 1h", found: every };
  }
}

/** Context for reading the timing of checks. */
export interface TimingContext extends Pick<Kinds, "zoneFault"> {
  defaults: DefaultsDraft;
  /** Default turns of the store and runtime. */
  turns: number;
  cron: CronReader;
  note: Note;
}

/** Reads the timing of a check: own fields, then `defaults`, then built-in values. */
export function readTiming(check: CheckDraft, path: Path, context: TimingContext): Timing {
  const { defaults, note } = context;
  const ms = (name: "every" | "timeout" | "startupBudget" | "drainWindow" | "flapWindow" | "releaseAfter") =>
    parseDuration(check[name] ?? defaults[name] ?? FALLBACK[name]);
  const count = (name: "failureThreshold" | "successThreshold" | "retry") =>
    check[name] ?? defaults[name] ?? FALLBACK[name];
  const { schedule, gapMs } = readSchedule(check, ms("every"), path, context);
  const timeoutMs = ms("timeout");
  const warning = check.certificateWarning ?? defaults.certificateWarning ?? FALLBACK.certificateWarning;
  if (timeoutMs > gapMs) {
    const field = check.timeout ? "timeout" : "every";
    const message = `the timeout of ${formatDuration(timeoutMs)} is longer than the period of ${
      formatDuration(gapMs)
    }`;
    note({ severity: "warning", path: [...path, field], message, expected: "a timeout within the period" });
  }
  const maxAge = check.maxAge ?? defaults.maxAge;
  if (maxAge !== undefined && parseDuration(maxAge) < 2 * gapMs) {
    const expected = `at least ${formatDuration(2 * gapMs)}, two periods`;
    note({
      path: [...path, "maxAge"],
      message: "evidence would age out between two runs",
      expected,
      found: maxAge,
    });
  }
  return {
    schedule,
    timeoutMs,
    startupBudgetMs: ms("startupBudget"),
    drainWindowMs: ms("drainWindow"),
    flapWindowMs: ms("flapWindow"),
    ...readTurns(check, gapMs, path, context),
    retry: count("retry"),
    releaseAfterMs: ms("releaseAfter"),
    certificateWarningMs: warning === 0 ? 0 : parseDuration(warning),
    failureThreshold: count("failureThreshold"),
    successThreshold: count("successThreshold"),
    maxAgeMs: maxAge === undefined ? undefined : parseDuration(maxAge),
  };
}

/** Shorter periods have one turn and no confirmation. */
const SHORTEST_MS = 30_000;

/** Reads turns and confirmation. Warns if a check's own setting has no effect; `defaults` may. */
function readTurns(
  check: CheckDraft,
  gapMs: number,
  path: Path,
  { defaults, turns, note }: TimingContext,
): Pick<Check, "turns" | "confirmMs"> {
  const confirm = check.confirm ?? defaults.confirm ?? FALLBACK.confirm;
  const confirmMs = confirm === 0 ? 0 : parseDuration(confirm);
  if (gapMs >= SHORTEST_MS) {
    const own = check.cron === undefined ? turns : 1;
    return { turns: check.turns ?? defaults.turns ?? own, confirmMs };
  }
  for (const name of ["turns", "confirm"] as const) {
    if (!check[name] || check[name] === 1) continue;
    const message = `no effect at a period of ${formatDuration(gapMs)}`;
    note({ severity: "warning", path: [...path, name], message, expected: "a period of 30s or more" });
  }
  return { turns: 1, confirmMs: 0 };
}

/** Reads the schedule; `gapMs` is the shortest time between two runs. */
function readSchedule(
  { every, cron, zone }: CheckDraft,
  everyMs: number,
  path: Path,
  { cron: read, zoneFault, note }: TimingContext,
): { schedule: Schedule; gapMs: number } {
  const fault = everyFault(every);
  if (fault) note({ path: [...path, "every"], ...fault });
  const unknownZone = zoneFault?.(zone);
  if (unknownZone) note({ path: [...path, "zone"], ...unknownZone });
  if (cron === undefined) {
    const message = "a zone has no effect without cron";
    if (zone !== undefined) {
      note({ path: [...path, "zone"], at: "key", message, expected: "cron as well", found: zone });
    }
    return { schedule: { everyMs }, gapMs: everyMs };
  }
  if (every !== undefined) {
    note({
      path: [...path, "every"],
      at: "key",
      message: "every together with cron",
      expected: "one of them",
      found: every,
    });
  }
  const result = read(cron, unknownZone ? undefined : zone);
  if ("gapMs" in result) return { schedule: { cron: result.cron }, gapMs: result.gapMs };
  noteNoCron(result.fault, cron, path, note);
  return { schedule: { everyMs }, gapMs: everyMs };
}

/** Reports an invalid `cron` below a path. */
export function noteNoCron(fault: string, found: string, path: Path, note: Note): void {
  const message = `not a cron expression: ${fault}`;
  note({ path: [...path, "cron"], message, expected: "five fields, such as */5 * * * mon-fri", found });
}
