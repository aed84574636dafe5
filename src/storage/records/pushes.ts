/**
 * What was pushed, put into the rounds: the part of a claim that no prober has.
 *
 *     the store, as the slot begins --> claim before --+
 *     a round (asked, observed) -----------------------+--> does the first cell blame?  -- yes --> the store, now --> claim after
 */
import * as z from "../../base/zod.ts";
import type { Check, PushedSource } from "../../config/config.ts";
import type { Clock } from "../../base/ports.ts";
import { combineWithPushed, unknownReport } from "../../evidence/report/sources.ts";
import type { Report } from "../../evidence/report/report.ts";
import type { RecordStore, StoredRecord } from "../store.ts";
import { needsSecondReport } from "../../judgement/verdict.ts";
import type { Brought, Round } from "../../judgement/round.ts";
import { reportSchema, time } from "../../evidence/report/schema.ts";
import { DAY_MS, MINUTE_MS } from "../../base/time.ts";

/** What was last pushed to a source. */
export interface Push {
  /** `at` is the sender's time. Null: it was withdrawn. */
  report: Report | null;
  /** Epoch ms by our own clock. */
  receivedAt: number;
  /** What the sender asked for; the config's is the longest. */
  ttlMs: number;
}

/** What stood in the store at one moment, by record key. */
export interface PushSnapshot {
  /** Epoch ms. */
  at: number;
  pushes: ReadonlyMap<string, Push>;
}

/** A push is remembered for so long after it came: to tell `stale` from `never pushed`, and to refuse a replay. */
const KEPT_MS = 7 * DAY_MS;
/** A push that came further in the future than this was dated by a clock of ours that has stepped back since. */
const STEP_BACK_MS = MINUTE_MS;
/** More than a config has sources; what left the config stays for {@linkcode KEPT_MS}. */
const MAX_PUSHES = 100_000;

const shape: z.ZodMiniType<Push> = z.object({
  report: z.nullable(reportSchema),
  receivedAt: time,
  ttlMs: z.number().check(z.nonnegative()),
});

/** The key of a source's record. */
export const pushKey = (check: Pick<Check, "key">, source: Pick<PushedSource, "name">): string =>
  `${check.key}/${source.name}`;

/** The sources of a check that are sent in. */
export const pushSources = ({ report }: Pick<Check, "report">): PushedSource[] =>
  report?.sources.filter((source) => source.kind === "pushed") ?? [];

/** A push as a record; `seq` rises. */
export function encodePush(key: string, seq: number, push: Push): StoredRecord {
  const expiresAt = push.receivedAt + KEPT_MS;
  return { kind: "report", key, order: seq, value: JSON.stringify(push), expiresAt };
}

/** The push in a record; undefined if another version wrote it in a shape that this one does not know. */
export function decodePush({ value }: StoredRecord): Push | undefined {
  try {
    return shape.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}

/** Until when (epoch ms) a push counts. Its age is measured by our clock, not by the sender's. */
export const expiryOf = ({ receivedAt, ttlMs }: Push, source: Pick<PushedSource, "ttlMs">): number =>
  receivedAt + Math.min(ttlMs, source.ttlMs);

/** What a source claims at `nowMs`: what was pushed, or `unknown` with the reason `never pushed`, `withdrawn` or `stale`. */
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

/** Reads all pushes at once; reads nothing where no check has a pushed source. */
export async function pushes(
  store: RecordStore,
  clock: Clock,
  checks: readonly Check[],
): Promise<PushSnapshot> {
  const at = clock.now();
  if (!checks.some((check) => pushSources(check).length > 0)) return { at, pushes: new Map() };
  const records = await store.listRecords({ kind: "report", limit: MAX_PUSHES });
  return {
    at,
    pushes: new Map(records.flatMap((record) => {
      const push = decodePush(record);
      return push ? [[record.key, push]] : [];
    })),
  };
}

/** Every round with what was pushed ({@linkcode joinPushes}); `reread` reads the store once more, only if some round wants it. */
export async function withPushes(
  checks: readonly Check[],
  arrivals: Map<string, Map<string, Brought>>,
  before: PushSnapshot,
  reread: () => Promise<PushSnapshot>,
): Promise<Map<string, Map<string, Brought>>> {
  const pushed = checks.filter((check) => pushSources(check).length > 0);
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
 * A round with the whole claim before the journey and, where the first cell blames the claim, after it. A source that is asked and was
 * not asked again leaves the cell unbracketed. Pure.
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
