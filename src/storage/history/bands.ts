/** The past of all checks at once, cell by cell, for the bands; and that of one check, slot by slot. */
import type { Trace } from "../../judgement/assess.ts";
import type { Check, Config } from "../../config/config.ts";
import {
  emptyFigures,
  type Figures,
  type ServiceLevel,
  serviceLevel,
} from "../../judgement/service_level.ts";
import { decodeHistory, type Packing } from "../codec.ts";
import type { Clock } from "../../base/ports.ts";
import type { Rollup, Store } from "../store.ts";
import { figuresOf } from "./rollup.ts";
import { decodeSeconds } from "./codec.ts";
import { DAY_MS, HOUR_MS } from "../../base/time.ts";
import { Cache } from "../../base/cache.ts";

/** The windows that a band may show, and its cells. */
export const BAND_WINDOWS = {
  "24h": { unit: "hour", ms: DAY_MS, cellMs: HOUR_MS },
  "7d": { unit: "hour", ms: 7 * DAY_MS, cellMs: 4 * HOUR_MS },
  "90d": { unit: "day", ms: 90 * DAY_MS, cellMs: DAY_MS },
} as const satisfies Record<string, { unit: Rollup["unit"]; ms: number; cellMs: number }>;
/** One of them. */
export type BandWindow = keyof typeof BAND_WINDOWS;

/** What a check came to in one cell, and in the whole window. */
export interface Band {
  /** Oldest first; undefined: nothing was settled in that time. */
  cells: (ServiceLevel | undefined)[];
  whole: ServiceLevel;
}

/** The bands of one window. Times are epoch ms. */
export interface BandSet {
  from: number;
  to: number;
  bandOf(key: string): Band;
}

type Seconds = Figures["seconds"];
/** Seconds by check key, by start of the hour or day (epoch ms). */
type Sums = Map<number, Map<string, Seconds>>;

const WINDOWS = Object.keys(BAND_WINDOWS).length;
/** What is read again only after this time. */
const FRESH_MS = 2_000;
/** Rows are read in steps of that many, so that 90 days of many checks are not in memory at once. */
const STEP = 24;
/** Hours that are not summed up yet are read slot by slot, so far back at most. */
const TAIL_MS = 3 * HOUR_MS;

/** A reader of the past over one store. Rows that are summed up are read once: they change no more. */
export function bandReader(
  config: Config,
  store: Pick<Store, "readRollups" | "readSamples">,
  packing: Packing,
  clock: Pick<Clock, "elapsed">,
): (window: BandWindow, nowMs: number) => Promise<BandSet> {
  const rows = { hour: rowReader(store, "hour", HOUR_MS), day: rowReader(store, "day", DAY_MS) };
  const tail = tailReader(config, store, packing);
  const cache = new Cache<BandWindow, Promise<BandSet>>({ max: WINDOWS, ttlMs: FRESH_MS, clock });

  const read = async (window: BandWindow, nowMs: number): Promise<BandSet> => {
    const { unit, ms, cellMs } = BAND_WINDOWS[window];
    const from = Math.floor((nowMs - ms) / cellMs) * cellMs + cellMs;
    const sums = await rows[unit](from, nowMs);
    const hours = unit === "hour" ? sums : await rows.hour(nowMs - TAIL_MS, nowMs);
    const isSummed = (start: number, key: string) => hours.get(start)?.has(key) ?? false;
    let start = Math.floor((nowMs - TAIL_MS) / HOUR_MS) * HOUR_MS;
    while (start + HOUR_MS <= nowMs && packing.shards.every(([key]) => isSummed(start, key!))) {
      start += HOUR_MS;
    }
    const late = [...await tail(start, nowMs)].map(([start, checks]) =>
      [start, new Map([...checks].filter(([key]) => !isSummed(start, key)))] as const
    );
    return buildBands({ from, to: nowMs, cellMs }, [...sums, ...late]);
  };

  return (window, nowMs) => cache.load(window, () => read(window, nowMs));
}

function buildBands(
  { from, to, cellMs }: { from: number; to: number; cellMs: number },
  all: (readonly [number, Map<string, Seconds>])[],
): BandSet {
  const count = Math.floor((to - from) / cellMs) + 1;
  const bandOf = (key: string): Band => {
    const cells: (Seconds | undefined)[] = Array.from({ length: count });
    const whole: Seconds = {};
    for (const [start, checks] of all) {
      const seconds = start >= from && checks.get(key);
      if (!seconds) continue;
      const at = Math.floor((start - from) / cellMs);
      if (at >= count) continue;
      addSeconds(cells[at] ??= {}, seconds);
      addSeconds(whole, seconds);
    }
    return {
      cells: cells.map((seconds) => seconds && serviceLevel({ ...emptyFigures(), seconds })),
      whole: serviceLevel({ ...emptyFigures(), seconds: whole }),
    };
  };
  return { from, to, bandOf };
}

function addSeconds(sum: Seconds, seconds: Seconds): void {
  for (const [outcome, s] of Object.entries(seconds) as [keyof Seconds, number][]) {
    sum[outcome] = (sum[outcome] ?? 0) + s;
  }
}

/** Reads rollups of one unit; all but the newest are kept. */
function rowReader(store: Pick<Store, "readRollups">, unit: Rollup["unit"], sizeMs: number) {
  let sums: Sums = new Map();
  let [knownFrom, knownTo] = [Infinity, -Infinity];
  return async (fromMs: number, nowMs: number): Promise<Sums> => {
    const from = Math.floor(fromMs / sizeMs) * sizeMs;
    // The newest rows may still grow, and a shard may be summed up after another one.
    const start = from < knownFrom ? from : Math.max(from, knownTo - 2 * sizeMs);
    const next: Sums = new Map([...sums].filter(([at]) => at >= Math.min(from, knownFrom) && at < start));
    for (let at = start; at <= nowMs; at += STEP * sizeMs) {
      const to = Math.min(nowMs, at + STEP * sizeMs - 1);
      for (const { start, shard, data } of await store.readRollups({ unit, from: at, to })) {
        const checks = next.get(start) ?? new Map<string, Seconds>();
        for (const [key, seconds] of Object.entries(decodeSeconds(data, `${unit} ${start}/${shard}`))) {
          // In an hour in which the shards were others, a check may stand in two.
          const sum = checks.get(key) ?? {};
          addSeconds(sum, seconds);
          checks.set(key, sum);
        }
        next.set(start, checks);
      }
    }
    [sums, knownFrom, knownTo] = [next, Math.min(from, knownFrom), nowMs];
    return sums;
  };
}

/** Sums up, by hour, the slots that no rollup holds yet; each slot is read once. */
function tailReader(config: Config, store: Pick<Store, "readSamples">, { shards }: Packing) {
  const sums: Sums = new Map();
  const readTo = new Map<number, number>();
  return async (fromMs: number, nowMs: number): Promise<Sums> => {
    for (const start of sums.keys()) if (start + HOUR_MS <= fromMs) sums.delete(start);
    for (const shard of shards.keys()) {
      const from = Math.max(fromMs, readTo.get(shard) ?? fromMs);
      const samples = await store.readSamples({ shard, from, to: nowMs });
      for (const [start, slots] of Map.groupBy(samples, ({ slot }) => Math.floor(slot / HOUR_MS) * HOUR_MS)) {
        const checks = sums.get(start) ?? new Map<string, Seconds>();
        for (const [key, { seconds }] of Object.entries(figuresOf(config, slots, 0).checks)) {
          const sum = checks.get(key) ?? {};
          addSeconds(sum, seconds);
          checks.set(key, sum);
        }
        sums.set(start, checks);
      }
      const last = samples.at(-1);
      if (last) readTo.set(shard, last.slot + 1);
    }
    return sums;
  };
}

/** One slot of a check. */
export interface Slot {
  /** Epoch ms. */
  at: number;
  outcome: string;
  traces: Trace[];
}

/** Slots that are looked at for one drawing, the newest ones. */
const SLOTS = 1_500;

/** The slots of one check, oldest first; `from` and `to` inclusive, epoch ms. */
export async function slotsOf(
  store: Pick<Store, "readSamples">,
  { shardOf }: Packing,
  { key }: Check,
  { from, to }: { from: number; to: number },
): Promise<Slot[]> {
  const shard = shardOf.get(key)!;
  const samples = await store.readSamples({ shard, from, to });
  return samples.slice(-SLOTS).flatMap(({ slot, data }) => {
    const line = decodeHistory(data, shard)[key];
    return line ? [{ at: slot, outcome: line.outcome, traces: line.traces }] : [];
  });
}
