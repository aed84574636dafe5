/** History for the page: bands of all checks in cells of equal length. */
import type { Config, Target } from "../../config/config.ts";
import {
  emptyFigures,
  type Figures,
  type ServiceLevel,
  serviceLevel,
} from "../../judgement/service_level.ts";
import type { Packing } from "../codec.ts";
import type { Clock } from "../../base/ports.ts";
import { type MapInSlices, slicer } from "../../base/slices.ts";
import type { Rollup, RollupStore, SampleStore } from "../store.ts";
import { jointSeconds, type Spans, sumSlots } from "./rollup.ts";
import { secondsOfTarget } from "./target_seconds.ts";
import { decodeSeconds, rollupEnd } from "./codec.ts";
import { DAY_MS, HOUR_MS } from "../../base/time.ts";
import { Cache } from "../../base/cache.ts";
import { semaphore } from "../../base/semaphore.ts";

/** The windows of bands, and the length of their cells. */
export const BAND_WINDOWS = {
  "60h": { unit: "hour", ms: 60 * HOUR_MS, cellMs: HOUR_MS },
  "10d": { unit: "hour", ms: 10 * DAY_MS, cellMs: 4 * HOUR_MS },
  "60d": { unit: "day", ms: 60 * DAY_MS, cellMs: DAY_MS },
  "24h": { unit: "hour", ms: DAY_MS, cellMs: HOUR_MS },
  "7d": { unit: "hour", ms: 7 * DAY_MS, cellMs: 4 * HOUR_MS },
  "90d": { unit: "day", ms: 90 * DAY_MS, cellMs: DAY_MS },
} as const satisfies Record<string, { unit: Rollup["unit"]; ms: number; cellMs: number }>;
/** A window of bands. */
export type BandWindow = keyof typeof BAND_WINDOWS;
/** The windows with sixty cells. */
export const SIXTY_CELLS: readonly BandWindow[] = ["60h", "10d", "60d"];
/** The windows for which a service level is reported. */
export const LEVEL_WINDOWS: readonly BandWindow[] = ["24h", "7d", "90d"];

/** Service levels of a check: per cell, and of the whole window. */
export interface Band {
  /** Oldest first; undefined if nothing was settled in that time. */
  cells: (ServiceLevel | undefined)[];
  whole: ServiceLevel;
}

/** The bands of one window. Times are epoch ms. */
export interface BandSet {
  from: number;
  to: number;
  bandOf(key: string): Band;
  /** The band of all required checks of a target together. */
  bandOfTarget(target: Pick<Target, "id" | "checks">): Band;
}

type Seconds = Figures["seconds"];
/** Seconds by check key, by start of the hour or day (epoch ms). */
export type Sums = Map<number, Map<string, Seconds>>;

const WINDOWS = Object.keys(BAND_WINDOWS).length;
/** How long a result is cached. */
const FRESH_MS = 2_000;
/** Hours or days per read, so that 90 days of many checks are never in memory at once. */
const STEP = 24;
/**
 * How much of the tail is kept before the last rollup, because a concurrent reader may know fewer rollups.
 */
const SLACK_MS = 2 * HOUR_MS;

/** What history is read from. */
export interface HistoryContext {
  config: Config;
  store: RollupStore & SampleStore;
  packing: Packing;
  clock: Clock;
}

/**
 * A reader of bands. Finished rollups are read once, because they no longer change. After the last rollup of
 * a shard its slots are read, as in {@linkcode readSeries}.
 */
export function bandReader(
  config: Config,
  store: RollupStore & SampleStore,
  packing: Packing,
  clock: Clock,
): (window: BandWindow, nowMs: number) => Promise<BandSet> {
  const readSums = sumReader(config, store, packing, clock);
  const cache = new Cache<BandWindow, Promise<BandSet>>({ max: WINDOWS, ttlMs: FRESH_MS, clock });

  const read = async (window: BandWindow, nowMs: number): Promise<BandSet> => {
    const { unit, ms, cellMs } = BAND_WINDOWS[window];
    const from = Math.floor((nowMs - ms) / cellMs) * cellMs + cellMs;
    return buildBands({ from, to: nowMs, cellMs }, await readSums(unit, from, nowMs));
  };

  return (window, nowMs) => cache.load(window, () => read(window, nowMs));
}

/**
 * Reads the seconds of each outcome of all checks since `from` (epoch ms), by hour or day. The tail is by
 * hour.
 */
export function sumReader(
  config: Config,
  store: RollupStore & SampleStore,
  packing: Packing,
  clock: Clock,
): (unit: Rollup["unit"], from: number, nowMs: number) => Promise<Sums> {
  const rows = { hour: rowReader(store, packing, "hour"), day: rowReader(store, packing, "day") };
  const tail = tailReader(config, store);
  // Two reads at once would both add the slots that are new to both.
  const inTurn = semaphore(1);
  return (unit, from, nowMs) =>
    inTurn(async () => {
      const map = slicer(clock);
      const { sums, ends } = await rows[unit](from, nowMs, map);
      const late: (readonly [number, Map<string, Seconds>])[] = [];
      for (const shard of packing.shards.keys()) {
        late.push(...await tail(shard, { summedTo: ends.get(shard), fromMs: from, nowMs, map }));
      }
      return joinParts([...sums, ...late]);
    });
}

function buildBands(
  { from, to, cellMs }: { from: number; to: number; cellMs: number },
  all: Sums,
): BandSet {
  const count = Math.floor((to - from) / cellMs) + 1;
  const bandBy = (read: (checks: Map<string, Seconds>) => Seconds | undefined): Band => {
    const cells: (Seconds | undefined)[] = Array.from({ length: count });
    const whole: Seconds = {};
    for (const [start, checks] of all) {
      const seconds = start >= from && read(checks);
      if (!seconds) continue;
      const at = Math.floor((start - from) / cellMs);
      if (at >= count) continue;
      addSeconds(cells[at] ??= {}, seconds);
      addSeconds(whole, seconds);
    }
    return {
      cells: cells.map((seconds) => seconds && levelOf(seconds)),
      whole: levelOf(whole),
    };
  };
  return {
    from,
    to,
    bandOf: (key) => bandBy((checks) => checks.get(key)),
    bandOfTarget: (target) => {
      const band = bandBy((checks) => secondsOfTarget(target, (key) => checks.get(key)));
      const wholeOf = (key: string) => wholeSeconds(all, from, key);
      return { ...band, whole: levelOf(secondsOfTarget(target, wholeOf) ?? {}) };
    },
  };
}

const levelOf = (seconds: Seconds) => serviceLevel({ ...emptyFigures(), seconds });

/** The seconds of a key in the whole window; undefined if there are none. */
function wholeSeconds(all: Sums, from: number, key: string): Seconds | undefined {
  let whole: Seconds | undefined;
  for (const [start, checks] of all) {
    const seconds = start >= from ? checks.get(key) : undefined;
    if (seconds) addSeconds(whole ??= {}, seconds);
  }
  return whole;
}

/**
 * Merges parts of hours. Several shards may contribute to one hour, and checks of one target may be in any of
 * them.
 */
function joinParts(parts: (readonly [number, Map<string, Seconds>])[]): Sums {
  const whole: Sums = new Map();
  for (const [start, checks] of parts) addChecks(whole, start, checks);
  return whole;
}

function addSeconds(sum: Seconds, seconds: Seconds): void {
  for (const [outcome, s] of Object.entries(seconds) as [keyof Seconds, number][]) {
    sum[outcome] = (sum[outcome] ?? 0) + s;
  }
}

/** Reads rollups of one unit, and where those of each shard end. Reads only the newest known rows again. */
function rowReader(store: RollupStore, { shards }: Packing, unit: Rollup["unit"]) {
  const sizeMs = unit === "hour" ? HOUR_MS : DAY_MS;
  let sums: Sums = new Map();
  const ends = new Map<number, number>();
  let [knownFrom, knownTo] = [Infinity, -Infinity];
  return async (fromMs: number, nowMs: number, map: MapInSlices) => {
    const from = Math.floor(fromMs / sizeMs) * sizeMs;
    // The newest rows may still grow, and shards are rolled up one after another; after a pause, much later.
    const mine = [...shards.keys()].flatMap((shard) => ends.get(shard) ?? []);
    const grows = Math.floor(Math.min(knownTo - 2 * sizeMs, ...mine) / sizeMs) * sizeMs;
    const start = from < knownFrom || mine.length === 0 ? from : Math.max(from, grows);
    const next: Sums = new Map([...sums].filter(([at]) => at >= Math.min(from, knownFrom) && at < start));
    for (let at = start; at <= nowMs; at += STEP * sizeMs) {
      const to = Math.min(nowMs, at + STEP * sizeMs - 1);
      await map(await store.readRollups({ unit, from: at, to }), (row) => {
        const { hours, seconds } = decodeSeconds(row.data, `${unit} ${row.start}/${row.shard}`);
        addChecks(next, row.start, Object.entries(seconds));
        ends.set(row.shard, Math.max(ends.get(row.shard) ?? 0, rollupEnd(row, hours)));
      });
    }
    [sums, knownFrom, knownTo] = [next, Math.min(from, knownFrom), nowMs];
    return { sums, ends };
  };
}

/** Adds seconds by check. A check may be in two rows of an hour in which the layout changed. */
function addChecks(sums: Sums, start: number, more: Iterable<[key: string, Seconds]>): void {
  const checks = sums.get(start) ?? new Map<string, Seconds>();
  for (const [key, seconds] of more) {
    const sum = checks.get(key) ?? {};
    addSeconds(sum, seconds);
    checks.set(key, sum);
  }
  sums.set(start, checks);
}

/** The slots of a shard that no rollup contains yet. */
interface Tail {
  from: number;
  to: number;
  sums: Sums;
  spans: Spans;
}

/** Sums the slots of a shard that no rollup contains yet, by hour. Reads each slot once. */
function tailReader(config: Config, store: SampleStore) {
  const tails = new Map<number, Tail>();
  return async (
    shard: number,
    { summedTo, fromMs, nowMs, map }: {
      summedTo: number | undefined;
      fromMs: number;
      nowMs: number;
      map: MapInSlices;
    },
  ): Promise<[number, Map<string, Seconds>][]> => {
    const from = Math.max(fromMs, summedTo ?? fromMs);
    let tail = tails.get(shard);
    if (!tail || from < tail.from) {
      tails.set(shard, tail = { from, to: from, sums: new Map(), spans: new Map() });
    }
    if (summedTo !== undefined) tail.from = Math.max(tail.from, summedTo - SLACK_MS);
    for (const start of tail.sums.keys()) if (start < tail.from) tail.sums.delete(start);
    const samples = await store.readSamples({ shard, from: Math.max(from, tail.to), to: nowMs });
    for (const [start, slots] of Map.groupBy(samples, ({ slot }) => Math.floor(slot / HOUR_MS) * HOUR_MS)) {
      const { checks, spans } = await sumSlots(config, slots, map);
      addChecks(tail.sums, start, secondsOf(checks));
      addSpans(tail, spans);
    }
    const last = samples.at(-1);
    if (last) tail.to = last.slot + 1;
    const hours = [...tail.sums].filter(([start]) => start >= from);
    return hours.map(([start, checks]) => [
      start,
      new Map([...checks, ...jointSeconds(config, spansIn(tail.spans, start))]),
    ]);
  };
}

/** Appends spans. The last known span of a check ends where the first new one begins. */
function addSpans({ from, spans }: Tail, more: Spans): void {
  for (const [key, list] of more) {
    const known = (spans.get(key) ?? []).filter((span) => span.from >= from);
    const last = known.at(-1);
    if (last) last.to = Math.min(last.to, list[0]!.from);
    spans.set(key, [...known, ...list]);
  }
}

function spansIn(spans: Spans, hour: number): Spans {
  const within = [...spans].map(([key, list]) =>
    [key, list.filter(({ from }) => from >= hour && from < hour + HOUR_MS)] as const
  );
  return new Map(within.filter(([, list]) => list.length > 0));
}

const secondsOf = (checks: Record<string, Figures>) =>
  Object.entries(checks).map(([key, { seconds }]): [key: string, Seconds] => [key, seconds]);
