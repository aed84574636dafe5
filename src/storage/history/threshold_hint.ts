/** Describes when another threshold would have opened an incident, from the stored slots of its check. */
import { Cache } from "../../base/cache.ts";
import type { Clock } from "../../base/ports.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../base/time.ts";
import type { Check, Config } from "../../config/config.ts";
import type { Incident } from "../../judgement/incident.ts";
import type { KeptSlot } from "../../judgement/replay.ts";
import { describeThreshold, replayThreshold } from "../../judgement/threshold_replay.ts";
import { historyShape, type Packing, validateRow } from "../codec.ts";
import type { SampleStore } from "../store.ts";

/** Returns the sentence, cached for ten minutes; undefined if the stored slots do not show it. */
export type ThresholdHint = (incident: Incident) => Promise<string | undefined>;

/** What hints are read from. */
export interface HintSources {
  clock: Pick<Clock, "elapsed">;
  config: Pick<Config, "checks" | "regions">;
  store: SampleStore;
  packing: Packing;
}

/** How far back to read, and how much text: 4 MB take some 30 ms. */
const [SPAN_MS, MOST_CHARS] = [7 * DAY_MS, 4_000_000];
/** Length of the first read, and the longest one. */
const [LEAST_MS, MOST_MS] = [HOUR_MS, DAY_MS];

/** Hints from one store, only for `service` incidents. */
export function thresholdHint({ clock, config, store, packing }: HintSources): ThresholdHint {
  const known = new Cache<string, Promise<string | undefined>>({ max: 100, ttlMs: 10 * MINUTE_MS, clock });
  const make = async (incident: Incident, check: Check): Promise<string | undefined> => {
    const slots = await slotsBefore({ store, packing }, check, incident.openedAt);
    const found = replayThreshold(check, config.regions, slots, incident);
    return found && describeThreshold(found);
  };
  return (incident) => {
    const { id, episode, family, target } = incident;
    const check = config.checks.find((check) => check.target.id === target && check.id === incident.check);
    if (family !== "service" || !check) return Promise.resolve(undefined);
    return known.load(`${id} ${episode}`, () => make(incident, check));
  };
}

/** Slots of a check until ten minutes after an opening, oldest first, as far back as the limits allow. */
async function slotsBefore(
  { store, packing }: Pick<HintSources, "store" | "packing">,
  check: Check,
  openedAt: number,
): Promise<KeptSlot[]> {
  const shard = packing.shardOf.get(check.key);
  if (shard === undefined) return [];
  const spans: KeptSlot[][] = [];
  let [to, lengthMs, chars] = [openedAt + 10 * MINUTE_MS, LEAST_MS, 0];
  while (to > openedAt - SPAN_MS && chars < MOST_CHARS) {
    const from = Math.max(to - lengthMs, openedAt - SPAN_MS);
    const samples = await store.readSamples({ shard, from, to });
    const read = samples.reduce((sum, { data }) => sum + data.length, 0);
    if (read === 0) break;
    chars += read;
    spans.unshift(samples.flatMap(({ slot, data }) => slotOf(check.key, slot, data)));
    // Estimates how much time the remaining text budget covers, from the density of the last read.
    const affordable = lengthMs * (MOST_CHARS - chars) / read;
    [to, lengthMs] = [from - 1, Math.max(LEAST_MS, Math.min(MOST_MS, 2 * lengthMs, affordable))];
  }
  return spans.flat();
}

/** Validates only the one check of a line. */
function slotOf(key: string, slot: number, data: string): KeptSlot[] {
  const line: Record<string, unknown> = JSON.parse(data);
  if (!Object.hasOwn(line, key)) return [];
  return [{ slot, traces: validateRow(historyShape, line[key], `the history of ${key}`).traces }];
}
