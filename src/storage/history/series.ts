import type { Check } from "../../config/config.ts";
import { emptyFigures, type Figures, mergeFigures } from "../../judgement/service_level.ts";
import type { Rollup } from "../store.ts";
import type { HistoryContext } from "./bands.ts";
import { figuresOf } from "./rollup.ts";
import { decodeRollup, rollupEnd } from "./codec.ts";
import { DAY_MS, HOUR_MS } from "../../base/time.ts";

/** The figures of one hour or day; the current one is partial. */
export interface SeriesPoint {
  unit: Rollup["unit"];
  /** Epoch ms. */
  start: number;
  figures: Figures;
}

/** Longer ranges are given by day. */
const BY_HOUR_MS = 7 * DAY_MS;
/** Hours or days per read. A read returns the rows of all shards, which are megabytes. */
const AT_ONCE = 8;

/**
 * The figures of one check since `fromMs`, oldest first: by hour for up to a week, else by day. The first
 * point starts at its hour or day. Time without a rollup is read slot by slot.
 */
export async function readSeries(
  { store, config, packing: { shardOf }, clock }: HistoryContext,
  check: Check,
  { fromMs, nowMs }: { fromMs: number; nowMs: number },
): Promise<SeriesPoint[]> {
  const unit = nowMs - fromMs <= BY_HOUR_MS ? "hour" : "day";
  const sizeMs = unit === "hour" ? HOUR_MS : DAY_MS;
  const startOf = (at: number) => Math.floor(at / sizeMs) * sizeMs;
  const { hoursMs, daysMs } = config.retention;
  const oldest = nowMs - (unit === "hour" ? hoursMs : daysMs) - sizeMs;
  const shard = shardOf.get(check.key)!;
  const found = new Map<number, Figures>();
  let unsummed = startOf(fromMs);
  for (let at = startOf(Math.max(fromMs, oldest)); at <= nowMs; at += AT_ONCE * sizeMs) {
    const to = Math.min(nowMs, at + AT_ONCE * sizeMs - 1);
    const rows = await store.readRollups({ unit, from: at, to });
    for (const [start, some] of Map.groupBy(rows, ({ start }) => start)) {
      found.set(start, sumRollups(some, check.key));
    }
    unsummed = rollupsEnd(rows, shard) ?? unsummed;
  }
  const samples = await store.readSamples({ shard, from: unsummed, to: nowMs });
  for (const [start, slots] of Map.groupBy(samples, ({ slot }) => startOf(slot))) {
    const figures = (await figuresOf(config, slots, clock, 0)).checks[check.key];
    if (figures) found.set(start, mergeFigures(found.get(start) ?? emptyFigures(), figures));
  }
  return [...found].sort(([a], [b]) => a - b).map(([start, figures]) => ({ unit, start, figures }));
}

/** Sums a check's figures. After a change of layout they may be in the rows of several shards. */
function sumRollups(rows: Rollup[], key: string): Figures {
  // A text search is much cheaper than decoding a row without the check.
  return rows.filter(({ data }) => data.includes(JSON.stringify(key))).reduce(
    (all, { unit, start, shard, data }) =>
      mergeFigures(all, decodeRollup(data, `${unit} ${start}/${shard}`, [key]).checks[key] ?? emptyFigures()),
    emptyFigures(),
  );
}

/** Where the rows of a shard end, if there are any. */
function rollupsEnd(rows: Rollup[], shard: number): number | undefined {
  const last = rows.filter((row) => row.shard === shard).at(-1);
  if (!last) return undefined;
  const { unit, start, data } = last;
  return rollupEnd(last, unit === "hour" ? 1 : decodeRollup(data, `${unit} ${start}/${shard}`, []).hours);
}
