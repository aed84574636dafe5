/**
 * Maintenance after the slots of a minute: rolls up finished hours and prunes old rows, a little at each
 * call.
 */
import type { Check, Config } from "../../config/config.ts";
import {
  addSlot,
  emptyFigures,
  type Figures,
  mergeRows,
  type RollupRow,
} from "../../judgement/service_level.ts";
import { decodeHistory, type Packing } from "../codec.ts";
import type { Clock } from "../../base/ports.ts";
import { type MapInSlices, slicer } from "../../base/slices.ts";
import { periodMs } from "../../config/schedule.ts";
import type { Rollup, RollupStore, Sample, SampleStore, StoreUpkeep } from "../store.ts";
import { decodeRollup, encodeRollup } from "./codec.ts";
import type { CheckHistory } from "../../judgement/assess.ts";
import { requiredChecks } from "../../config/required.ts";
import { type OutcomeSpan, worstSeconds } from "../../judgement/joint.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../base/time.ts";

/** Slots of an hour may still be settled this long after it. */
const SETTLED_MS = 120_000;
/** The minute of each hour in which rows are pruned. */
const PRUNE_MINUTE = 30;
/** After a pause, hours further back than this are not rolled up. */
const CATCH_UP_HOURS = 48;
/** Empty shards that one call skips; more in the first call, because a process may live for only one. */
const EMPTY = 10;
const EMPTY_AT_FIRST = 600;
/** Attempts to roll up a shard before it is skipped, so that it does not block later hours or pruning. */
const TRIES = 10;

/** Options of a rollup job. */
export interface RollupJobOptions {
  clock: Clock;
  store: RollupStore & SampleStore & StoreUpkeep;
  config: Config;
  packing: Packing;
}

/** One shard of one hour. */
interface ShardHour {
  /** Its start, epoch ms. */
  hour: number;
  shard: number;
}

/** A rollup job. Each call rolls up at most one shard of one hour, which spreads the cost over the ticks. */
export function rollupJob({ clock, store, config, packing }: RollupJobOptions): () => Promise<void> {
  let next: ShardHour | undefined;
  let failed = 0;
  let prunedAt = clock.now();

  /**
   * Prunes once an hour, at a fixed minute because a process may live for only one tick. Samples stay until
   * they are rolled up, even beyond their retention.
   */
  const prune = async (nowMs: number, summed: number) => {
    const isDue = Math.floor(nowMs / MINUTE_MS) % 60 === PRUNE_MINUTE;
    if (!isDue && Math.abs(nowMs - prunedAt) < 2 * HOUR_MS) return;
    const { rawMs, hoursMs, daysMs, incidentsMs } = config.retention;
    await store.prune({
      rawBefore: Math.min(nowMs - rawMs, summed),
      hoursBefore: nowMs - hoursMs,
      daysBefore: nowMs - daysMs,
      incidentsBefore: nowMs - incidentsMs,
      nowMs,
    });
    prunedAt = nowMs;
  };

  /** Rolls up a shard's hour if it has samples, and returns the next one. */
  const step = async (
    place: ShardHour,
    last: number,
  ): Promise<{ next: ShardHour; isEmpty: boolean; lost?: unknown }> => {
    const { hour, shard } = place;
    const samples = await store.readSamples({ shard, from: hour, to: hour + HOUR_MS - 1 });
    const isEmpty = samples.length === 0;
    // Shards beyond the current layout have samples if there were more checks in that hour.
    const isEnd = isEmpty && shard >= packing.shards.length - 1;
    let lost: unknown;
    if (!isEmpty && failed < TRIES) {
      failed++;
      const row = await figuresOf(config, samples, clock, bitOf(hour)).then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
      // Attempts went on for an hour, perhaps in processes that have ended since.
      if ("error" in row && hour < last) lost = row.error;
      else if ("error" in row) throw row.error;
      else await writeRollup(store, place, row.value, hour < last);
    }
    failed = 0;
    return { isEmpty, lost, next: isEnd ? { hour: hour + HOUR_MS, shard: 0 } : { hour, shard: shard + 1 } };
  };

  return async () => {
    const nowMs = clock.now();
    const last = Math.floor((nowMs - SETTLED_MS) / HOUR_MS) * HOUR_MS - HOUR_MS;
    // A position further ahead was found before the clock stepped back.
    let at = next && next.hour <= last + HOUR_MS ? next : await firstMissing(store, packing, last);
    const most = next ? EMPTY : EMPTY_AT_FIRST;
    let lost: unknown;
    try {
      for (let empty = 0; empty < most && at.hour <= last; empty++) {
        const result = await step(at, last);
        at = result.next;
        lost ??= result.lost;
        if (!result.isEmpty && !result.lost) break;
      }
    } finally {
      next = at;
      await prune(nowMs, at.hour);
    }
    if (lost) throw lost;
  };
}

/** The first shard and hour without a rollup; without any rollups, the hour of the first sample. */
async function firstMissing(
  store: RollupStore & SampleStore,
  packing: Packing,
  last: number,
): Promise<ShardHour> {
  const oldest = last - (CATCH_UP_HOURS - 1) * HOUR_MS;
  // Two days of rows are large, and needed only after a pause.
  for (const from of [last, last - HOUR_MS, oldest]) {
    const rows = await store.readRollups({ unit: "hour", from, to: last });
    if (rows.length === 0) continue;
    const hour = Math.max(...rows.map(({ start }) => start));
    const shards = rows.filter(({ start }) => start === hour).map(({ shard }) => shard);
    return { hour, shard: Math.max(...shards) + 1 };
  }
  const to = last + HOUR_MS - 1;
  const kept = await Promise.all(
    packing.shards.map((_, shard) => store.readSamples({ shard, from: oldest, to, limit: 1 })),
  );
  const first = Math.min(...kept.flatMap(([sample]) => sample ? [sample.slot] : []));
  return { hour: first === Infinity ? last + HOUR_MS : Math.floor(first / HOUR_MS) * HOUR_MS, shard: 0 };
}

const dayOf = (hour: number) => Math.floor(hour / DAY_MS) * DAY_MS;
/** The bit of this hour in its day. */
const bitOf = (hour: number) => 1 << (hour - dayOf(hour)) / HOUR_MS;

/**
 * Writes the rows of an hour and its day together. An old hour is written once: its samples may have been
 * pruned.
 */
async function writeRollup(
  store: RollupStore & SampleStore,
  { hour, shard }: ShardHour,
  row: RollupRow,
  isOld: boolean,
): Promise<void> {
  const day = dayOf(hour);
  const rows = await store.readRollups({ unit: "day", from: day, to: day });
  const stored = rows.find((it) => it.shard === shard);
  const known = stored && decodeRollup(stored.data, `day ${day}/${shard}`);
  // Another process has rolled it up.
  if (isOld && known && (known.hours & row.hours) !== 0) return;
  const whole = known ? mergeRows(known, row) : row;
  const rollup = (unit: Rollup["unit"], start: number, row: RollupRow): Rollup => ({
    unit,
    start,
    shard,
    data: encodeRollup(row),
  });
  await store.putRollups([rollup("hour", hour, row), rollup("day", day, whole)]);
}

/**
 * The figures of samples of one shard (oldest first) by check key. If a target has several required checks,
 * also their joint figures (joint.ts) by target id.
 */
export async function figuresOf(
  config: Config,
  samples: readonly Sample[],
  clock: Clock,
  hours: number,
): Promise<RollupRow> {
  const { checks, spans } = await sumSlots(config, samples, slicer(clock));
  for (const [id, seconds] of jointSeconds(config, spans)) checks[id] = { ...emptyFigures(), seconds };
  return { hours, checks };
}

/**
 * When each outcome held, by check key; only for checks with an objective or with siblings in their target.
 */
export type Spans = Map<string, OutcomeSpan[]>;

/**
 * The figures of samples of one shard (oldest first) by check key. Skips checks that have left the config,
 * whose period is unknown. A slot lasts until the next one at most, because the schedule may have been
 * tighter.
 */
export async function sumSlots(
  config: Config,
  samples: readonly Sample[],
  map: MapInSlices,
): Promise<Pick<RollupRow, "checks"> & { spans: Spans }> {
  const known = new Map(config.checks.map((check) => [check.key, check]));
  const checks: RollupRow["checks"] = {};
  const spans: Spans = new Map();
  const current = new Map<Check, { slot: number; line: CheckHistory }>();
  const addUntil = (check: Check, { slot, line }: { slot: number; line: CheckHistory }, at = Infinity) => {
    const gapMs = Math.min(periodMs(check, slot), at - slot);
    addSlot(checks[check.key] ??= emptyFigures(), line, gapMs);
    if (check.target.checks.length < 2 && check.slo === undefined) return;
    const mine = spans.get(check.key) ?? [];
    mine.push({ from: slot, to: slot + gapMs, outcome: line.outcome });
    spans.set(check.key, mine);
  };
  await map(samples, ({ slot, shard, data }) => {
    for (const [key, line] of Object.entries(decodeHistory(data, shard))) {
      const check = known.get(key);
      if (!check) continue;
      const before = current.get(check);
      if (before) addUntil(check, before, slot);
      current.set(check, { slot, line });
    }
  });
  for (const [check, last] of current) addUntil(check, last);
  return { checks, spans };
}

/**
 * Joint seconds of a target's required checks, if there are several and all have spans and periods up to an
 * hour.
 */
export function* jointSeconds(
  { targets }: Config,
  spans: ReadonlyMap<string, readonly OutcomeSpan[]>,
): Generator<[id: string, seconds: Figures["seconds"]]> {
  if (spans.size === 0) return;
  for (const target of targets) {
    const required = requiredChecks(target);
    const mine = required.map(({ key }) => spans.get(key));
    if (mine.length < 2 || mine.includes(undefined)) continue;
    if (required.some((check, i) => periodMs(check, mine[i]![0]!.from) > HOUR_MS)) continue;
    yield [target.id, worstSeconds(mine.flatMap((own) => own!.map(withinHour)))];
  }
}

/** Ends a span with its hour: the next hour's slots cover the rest. */
const withinHour = ({ from, to, outcome }: OutcomeSpan): OutcomeSpan => (
  { from, to: Math.min(to, Math.floor(from / HOUR_MS) * HOUR_MS + HOUR_MS), outcome }
);
