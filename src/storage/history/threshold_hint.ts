/** A sentence about an incident: when another threshold would have opened it, from the kept slots of its check. */
import { Cache } from "../../base/cache.ts";
import type { Clock } from "../../base/ports.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../base/time.ts";
import type { Check, Config } from "../../config/config.ts";
import type { Incident } from "../../judgement/incident.ts";
import type { KeptSlot } from "../../judgement/replay.ts";
import { describeThreshold, replayThreshold } from "../../judgement/threshold_replay.ts";
import { historyShape, type Packing, validateRow } from "../codec.ts";
import type { SampleStore } from "../store.ts";

/** Answers the sentence; undefined where the kept slots do not tell. What was made once is kept for a while. */
export type ThresholdHint = (incident: Incident) => Promise<string | undefined>;

/** What it reads from. */
export interface HintSources {
  clock: Pick<Clock, "elapsed">;
  config: Pick<Config, "checks" | "regions">;
  store: SampleStore;
  packing: Packing;
}

/** So far back, and so much text of history: 4 MB take some 30 ms to read. */
const [SPAN_MS, MOST_CHARS] = [7 * DAY_MS, 4_000_000];
/** The first stretch that is read, and the longest. */
const [LEAST_MS, MOST_MS] = [HOUR_MS, DAY_MS];

/** Hints over one store, of incidents of service alone. */
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

/** The slots of a check up to the opening of an incident and a little after, oldest first: as far back as its cost is bounded. */
async function slotsBefore(
  { store, packing }: Pick<HintSources, "store" | "packing">,
  check: Check,
  openedAt: number,
): Promise<KeptSlot[]> {
  const shard = packing.shardOf.get(check.key);
  if (shard === undefined) return [];
  const stretches: KeptSlot[][] = [];
  let [to, lengthMs, chars] = [openedAt + 10 * MINUTE_MS, LEAST_MS, 0];
  while (to > openedAt - SPAN_MS && chars < MOST_CHARS) {
    const from = Math.max(to - lengthMs, openedAt - SPAN_MS);
    const samples = await store.readSamples({ shard, from, to });
    const read = samples.reduce((sum, { data }) => sum + data.length, 0);
    if (read === 0) break;
    chars += read;
    stretches.unshift(samples.flatMap(({ slot, data }) => slotOf(check.key, slot, data)));
    // As long as what is left bears, judged by what was just read.
    const bearable = lengthMs * (MOST_CHARS - chars) / read;
    [to, lengthMs] = [from - 1, Math.max(LEAST_MS, Math.min(MOST_MS, 2 * lengthMs, bearable))];
  }
  return stretches.flat();
}

/** Only the one check of a line is looked at. */
function slotOf(key: string, slot: number, data: string): KeptSlot[] {
  const line: Record<string, unknown> = JSON.parse(data);
  if (!Object.hasOwn(line, key)) return [];
  return [{ slot, traces: validateRow(historyShape, line[key], `the history of ${key}`).traces }];
}
