/**
 * Pushed reports: merges them into the rounds, because probers do not see them.
 *
 *     store, when the slot begins --> claim before --+
 *     round (report, observation) -------------------+--> second report needed? -- yes --> store, now --> claim after
 */
import * as z from "../../base/zod.ts";
import type { Check, PushedSource } from "../../config/config.ts";
import { hasPushedSource } from "../../config/requests.ts";
import type { Clock } from "../../base/ports.ts";
import { combineWithPushed, unknownReport } from "../../evidence/report/sources.ts";
import type { Report } from "../../evidence/report/report.ts";
import type { RecordStore, StoredRecord } from "../store.ts";
import { needsSecondReport } from "../../judgement/verdict.ts";
import type { Brought, Round } from "../../judgement/round.ts";
import { reportSchema, time } from "../../evidence/report/schema.ts";
import { DAY_MS, MINUTE_MS } from "../../base/time.ts";

/** The last push to a source. */
export interface Push {
  /** Its `at` is the sender's time. Null if the report was withdrawn. */
  report: Report | null;
  /** Epoch ms by our own clock. */
  receivedAt: number;
  /** The sender's ttl; the config's is an upper bound. */
  ttlMs: number;
}

/** All stored pushes at one instant, by record key. */
export interface PushSnapshot {
  /** Epoch ms. */
  at: number;
  pushes: ReadonlyMap<string, Push>;
}

/** Retention of pushes, which distinguishes `stale` from `never pushed` and detects replays. */
const KEPT_MS = 7 * DAY_MS;
/** A push received further in the future than this was dated by a clock that has since stepped back. */
const STEP_BACK_MS = MINUTE_MS;
/** More than the sources of any config, including sources removed within `KEPT_MS`. */
const MAX_PUSHES = 100_000;

const shape: z.ZodMiniType<Push> = z.object({
  report: z.nullable(reportSchema),
  receivedAt: time,
  ttlMs: z.number().check(z.nonnegative()),
});

/** The key of a source's record. */
export const pushKey = (check: Pick<Check, "key">, source: Pick<PushedSource, "name">): string =>
  `${check.key}/${source.name}`;

/** The pushed sources of a check. */
export const pushSources = ({ report }: Pick<Check, "report">): PushedSource[] =>
  report?.sources.filter((source) => source.kind === "pushed") ?? [];

/** Encodes a push as a record; `seq` must rise. */
export function encodePush(key: string, seq: number, push: Push): StoredRecord {
  const expiresAt = push.receivedAt + KEPT_MS;
  return { kind: "report", key, order: seq, value: JSON.stringify(push), expiresAt };
}

/** Decodes a push; undefined if the shape is unknown, as of another version. */
export function decodePush({ value }: StoredRecord): Push | undefined {
  try {
    return shape.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}

/** When (epoch ms) a push expires, by our clock and not the sender's. */
export const expiryOf = ({ receivedAt, ttlMs }: Push, source: Pick<PushedSource, "ttlMs">): number =>
  receivedAt + Math.min(ttlMs, source.ttlMs);

/**
 * A source's claim at `nowMs`: the pushed report, or `unknown` with reason `never pushed`, `withdrawn` or
 * `stale`.
 */
export function claimAt(push: Push | undefined, source: PushedSource, nowMs: number): Report {
  if (!push) return unknownReport("push", nowMs, "never pushed");
  const { report, receivedAt } = push;
  if (!report) return unknownReport("push", nowMs, "withdrawn");
  const { dialect, at: reportedAt } = report;
  if (nowMs <= expiryOf(push, source) && receivedAt - nowMs <= STEP_BACK_MS) {
    return { ...report, question: "push", reportedAt, at: nowMs };
  }
  return { ...unknownReport("push", nowMs, "stale"), dialect, reportedAt };
}

/** Reads all pushes. Skips the read if no check has a pushed source. */
export async function pushes(
  store: RecordStore,
  clock: Clock,
  checks: readonly Check[],
): Promise<PushSnapshot> {
  const at = clock.now();
  if (!checks.some(hasPushedSource)) return { at, pushes: new Map() };
  const records = await store.listRecords({ kind: "report", limit: MAX_PUSHES });
  return {
    at,
    pushes: new Map(records.flatMap((record) => {
      const push = decodePush(record);
      return push ? [[record.key, push]] : [];
    })),
  };
}

/**
 * Merges pushes into all rounds ({@linkcode joinPushes}). Calls `reread` only if a round needs a second
 * report.
 */
export async function withPushes(
  checks: readonly Check[],
  arrivals: Map<string, Map<string, Brought>>,
  before: PushSnapshot,
  reread: () => Promise<PushSnapshot>,
): Promise<Map<string, Map<string, Brought>>> {
  const pushed = checks.filter(hasPushedSource);
  const isWanted = pushed.some((check) =>
    [...arrivals.get(check.key)!.values()].some((arrival) =>
      "round" in arrival &&
      needsSecondReport(claimOf(check, arrival.round.before, before), arrival.round.observation.outcome)
    )
  );
  const after = isWanted ? await reread() : undefined;
  const whole = new Map(arrivals);
  for (const check of pushed) {
    const rounds = [...arrivals.get(check.key)!].map(([prober, arrival]): [string, Brought] => [
      prober,
      "round" in arrival ? { ...arrival, round: joinPushes(check, arrival.round, before, after) } : arrival,
    ]);
    whole.set(check.key, new Map(rounds));
  }
  return whole;
}

/**
 * Merges pushes into a round's claim before the journey and, if a second report is needed, after it. If the
 * prober did not read its own report again, there is no claim after. Pure.
 */
export function joinPushes(check: Check, round: Round, before: PushSnapshot, after?: PushSnapshot): Round {
  const { before: asked, after: askedAgain, ...rest } = round;
  const first = { ...rest, before: claimOf(check, asked, before) };
  if (!after || !needsSecondReport(first.before, round.observation.outcome)) return first;
  if (asked && !askedAgain) return first;
  return { ...first, after: claimOf(check, askedAgain ?? null, after) };
}

const claimOf = ({ key, report }: Check, asked: Report | null, { at, pushes }: PushSnapshot) =>
  combineWithPushed(report!, asked, (source) => claimAt(pushes.get(pushKey({ key }, source)), source, at));
