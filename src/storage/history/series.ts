import type { Check, Config } from "../../config/config.ts";
import { emptyFigures, type Figures, mergeFigures } from "../../judgement/service_level.ts";
import type { Packing } from "../codec.ts";
import type { Rollup, RollupStore, SampleStore } from "../store.ts";
import { figuresOf } from "./rollup.ts";
import { decodeRollup, rollupEnd } from "./codec.ts";
import { DAY_MS, HOUR_MS } from "../../base/time.ts";

/** The figures of one hour or one day, or of what has passed of the present hour. */
export interface SeriesPoint {
  unit: Rollup["unit"];
  /** Epoch ms. */
  start: number;
  figures: Figures;
}

/** Longer ranges are given by the day, ms. */
const BY_HOUR_MS = 7 * DAY_MS;
/** Hours or days that are read at once: of each the rows of all shards are read, megabytes together. */
const AT_ONCE = 8;

/**
 * What one check came to since `fromMs`, oldest first: by hour for a week at most, else by day. The first stretch begins
 * with its hour or day; what is not summed up yet is read slot by slot.
 */
export async function readSeries(
  { store, config, packing: { shardOf } }: {
    store: RollupStore & SampleStore;
    config: Config;
    packing: Packing;
  },
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
    const figures = figuresOf(config, slots, 0).checks[check.key];
    if (figures) found.set(start, mergeFigures(found.get(start) ?? emptyFigures(), figures));
  }
  return [...found].sort(([a], [b]) => a - b).map(([start, figures]) => ({ unit, start, figures }));
}

/** The check stands in the row of its shard; in those of others as well if the shards were others for some of the time. */
function sumRollups(rows: Rollup[], key: string): Figures {
  // To look for the name costs far less than to read a book in which it is not.
  return rows.filter(({ data }) => data.includes(JSON.stringify(key))).reduce(
    (all, { unit, start, shard, data }) =>
      mergeFigures(all, decodeRollup(data, `${unit} ${start}/${shard}`, [key]).checks[key] ?? emptyFigures()),
    emptyFigures(),
  );
}

/** Where the rows of this shard end, if there are any. */
function rollupsEnd(rows: Rollup[], shard: number): number | undefined {
  const last = rows.filter((row) => row.shard === shard).at(-1);
  if (!last) return undefined;
  const { unit, start, data } = last;
  return rollupEnd(last, unit === "hour" ? 1 : decodeRollup(data, `${unit} ${start}/${shard}`, []).hours);
}
