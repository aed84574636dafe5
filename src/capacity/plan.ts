/**
 * What a config would see, and when: each check's time until a failure opens an incident, its false alarms, and what other settings would change.
 *
 *     period, thresholds, regions, quorum, turns, confirmation, loss --> chain (detection.ts) --> time to notice, alarms a year
 */
import type { Check, Config, Region } from "../config/config.ts";
import { sourcesToAsk, usualRequestsOf } from "../config/requests.ts";
import { periodMs, turnsOf } from "../config/schedule.ts";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../base/time.ts";
import { alarmsAYear, type Detection, detectionOf, type DetectionSetting } from "./detection.ts";
import { shareDetection } from "./share_detection.ts";

/** What a plan assumes. */
export interface PlanOptions {
  /** The share of requests that are lost on their way, 0 to 1. */
  loss: number;
  /** One replica of so many is bad. */
  replicas: number;
  /** Of every request, ms. */
  latencyMs: number;
}

/** When something is notified, s after it began; null: not within a day, or never. */
export interface ToldAfter {
  p50: number | null;
  p95: number | null;
}

/** What may go wrong, and when it is notified. */
export interface PlanFigures {
  /** Nothing answers any more. */
  outage: ToldAfter;
  /** The journey fails, and the report says ready. */
  drift: ToldAfter;
  /** The same, and requests of the journey never end. */
  hangingDrift: ToldAfter;
  /** One region alone is bad, as an advisory; null: there is only one, or each decides by itself. */
  region: ToldAfter | null;
  /** One replica is bad: as an incident of the service, and as the advisory `partial`. */
  replica: ToldAfter;
  replicaAdvisory: ToldAfter;
  /** Incidents of the service that only lost requests make. */
  falseAlarmsAYear: number;
  requestsADay: number;
  commitsADay: number;
}

/** The plan of one check. */
export interface CheckPlan extends PlanFigures {
  check: string;
  everySeconds: number;
  regions: number;
  probers: number;
  turns: number;
  confirmSeconds: number;
  failureThreshold: number;
  /** What one other setting would make of it. */
  variants: (PlanFigures & { change: string })[];
}

/** Plans every check of a config. */
export function plan(
  { checks, regions }: Pick<Config, "checks" | "regions">,
  options: PlanOptions,
): CheckPlan[] {
  return checks.map((check) => ({
    check: check.key,
    everySeconds: periodMs(check, 0) / SECOND_MS,
    regions: regions.length,
    probers: regions.flatMap(({ probers }) => probers).length,
    turns: turnsOf(check, regions),
    confirmSeconds: check.confirmMs / SECOND_MS,
    failureThreshold: check.failureThreshold,
    ...planCheck(check, regions, options),
    variants: variantsOf(check, regions).map(({ change, ...other }) => ({
      change,
      ...planCheck(other.check, other.regions, options),
    })),
  }));
}

/** The check with one setting changed. */
function variantsOf(check: Check, regions: readonly Region[]) {
  const { failureThreshold: k, turns, confirmMs } = check;
  const more: Region = { ...regions[0]!, id: "", probers: [{ id: "", region: "", kind: "local" }] };
  const isLong = periodMs(check, 0) >= MINUTE_MS / 2;
  const changed = (change: string, own: Partial<Check>) => ({ change, check: { ...check, ...own }, regions });
  return [
    { change: "one more region", check, regions: [...regions, more] },
    changed(`failureThreshold ${k + 1}`, { failureThreshold: k + 1 }),
    ...k > 1 ? [changed(`failureThreshold ${k - 1}`, { failureThreshold: k - 1 })] : [],
    ...isLong
      ? [
        changed(
          ...(confirmMs > 0 ? ["confirm 0", { confirmMs: 0 }] : ["confirm 25s", { confirmMs: 25_000 }]) as [
            string,
            Partial<Check>,
          ],
        ),
      ]
      : [],
    ...isLong
      ? [
        changed(
          ...(turns > 1 ? ["turns 1", { turns: 1 }] : ["turns 3", { turns: 3 }]) as [string, Partial<Check>],
        ),
      ]
      : [],
  ];
}

/** Share (%) of the failures that are notified within so many seconds, for a plot. */
export function curvesOf(
  check: Check,
  regions: readonly Region[],
  { replicas }: Pick<PlanOptions, "replicas">,
): { name: string; points: [seconds: number, percent: number][] }[] {
  const bad = badShare(check, replicas);
  const curve = (name: string, detection: Detection) => ({
    name,
    points: Array.from({ length: 50 }, (_, i): [number, number] => [
      detection.quantile(i / 50 + 0.01) / SECOND_MS,
      2 * i + 1,
    ]),
  });
  return [
    curve("drift, outage", detectionOf({ check, regions, share: 1 })),
    ...regions.length > 1 && check.scope === "global"
      ? [curve("one region's vote", oneRegion(check, regions))]
      : [],
    curve(`1 of ${replicas} bad: incident`, detectionOf({ check, regions, share: bad })),
    curve(`1 of ${replicas} bad: advisory`, shareDetection(check, regions, bad)),
  ];
}

/** The share of walks that meet a bad replica in some request. */
const badShare = (check: Check, replicas: number) =>
  1 - (1 - 1 / replicas) ** (usualRequestsOf(check) - sourcesToAsk(check).length);

/** One region's own vote turns, and only that region is bad. */
const oneRegion = (check: Check, regions: readonly Region[]) =>
  detectionOf({
    check: { ...check, quorum: ANY },
    regions,
    share: regions.map((_, i) => i === 0 ? 1 : 0),
  });

/** Detection that waits for a walk of so long. */
function toldAfter(detection: Detection, walkMs: number): ToldAfter {
  const seconds = (share: number) => {
    const ms = detection.quantile(share);
    return ms < DAY_MS ? Math.round((ms + walkMs) / 100) / 10 : null;
  };
  return { p50: seconds(0.5), p95: seconds(0.95) };
}

function planCheck(check: Check, regions: readonly Region[], options: PlanOptions): PlanFigures {
  const { loss, replicas, latencyMs } = options;
  const requests = usualRequestsOf(check);
  const looks = sourcesToAsk(check).length;
  const walkMs = (requests + looks) * latencyMs;
  // What gets no answer is walked again a second later.
  const again = (ms: number) => check.retry > 0 ? 2 * ms + RETRY_AFTER_MS : ms;
  const chain = (share: DetectionSetting["share"], own: Partial<Check> = {}) => (
    { check: { ...check, ...own }, regions, share }
  );
  const whole = detectionOf(check.scope === "region" ? chain(1, { quorum: ANY }) : chain(1));
  const bad = badShare(check, replicas);
  const perDay = DAY_MS / periodMs(check, 0);
  const probers = regions.flatMap(({ probers }) => probers).length;
  return {
    outage: toldAfter(whole, again(looks * latencyMs)),
    drift: toldAfter(whole, walkMs),
    hangingDrift: toldAfter(whole, again(check.timeoutMs)),
    region: regionOf(check, regions, walkMs),
    replica: toldAfter(detectionOf(chain(bad)), walkMs),
    replicaAdvisory: toldAfter(shareDetection(check, regions, bad), walkMs),
    falseAlarmsAYear: falseAlarms(check, regions, { loss }),
    requestsADay: Math.round(
      perDay * probers * requests * (1 + (check.retry > 0 ? 1 - (1 - loss) ** requests : 0)),
    ),
    commitsADay: Math.round(perDay * turnsOf(check, regions)),
  };
}

const ANY = { open: "any", resolve: "majority", minReporting: 1 } as const;
const RETRY_AFTER_MS = SECOND_MS;
/** How long (ms) a region must be bad alone. */
const REGION_MS = 10 * MINUTE_MS;

/** The advisory of one region: its own vote turns, and stays so for ten minutes. */
function regionOf(check: Check, regions: readonly Region[], walkMs: number): ToldAfter | null {
  if (regions.length < 2) return null;
  const alone = oneRegion(check, regions);
  return toldAfter(alone, walkMs + (check.scope === "region" ? 0 : REGION_MS));
}

/** Incidents a year that lost requests alone make. Of a walk without an answer, be it the report's, the second counts. */
export function falseAlarms(
  check: Check,
  regions: readonly Region[],
  { loss }: Pick<PlanOptions, "loss">,
): number {
  const requests = usualRequestsOf(check);
  const fails = 1 - (1 - loss) ** (requests - sourcesToAsk(check).length);
  const share = check.retry > 0 ? (1 - (1 - loss) ** requests) * fails : fails;
  return Number(alarmsAYear({ check, regions, share }).toPrecision(2));
}
