/** The verdict of each prober in the settled slots of a check, from the stored samples. */
import type { Check } from "../../config/config.ts";
import type { GateRun } from "../../judgement/gate.ts";
import { decodeHistory, type Packing } from "../codec.ts";
import { previousSlots } from "../../config/schedule.ts";
import type { SampleStore } from "../store.ts";
import { Cache } from "../../base/cache.ts";

/** Reads runs. */
export interface RunReader {
  /** The last `count` settled slots of a check from `newest` back to `sinceMs` (epoch ms), newest first. */
  recentRuns(check: Check, query: { newest: number; sinceMs: number; count: number }): Promise<GateRun[]>;
}

/** The runs of one shard in one slot, by check key. */
type Line = ReadonlyMap<string, GateRun>;

/** Slots that were never settled are passed over, but not more than this many. */
const GAPS = 10;
/** Lines of up to 600 words each: a few MB. */
const KEPT = 500;

/** An archive over one store. A settled slot never changes, so what was read once is kept. */
export function runReader(store: SampleStore, packing: Packing): RunReader {
  const lines = new Cache<string, Promise<Line>>({ max: KEPT });
  const latest = new Map<string, number>();

  const read = async (shard: number, slot: number): Promise<Line> => {
    const [sample] = await store.readSamples({ shard, from: slot, to: slot });
    if (!sample) return new Map();
    const histories = Object.entries(decodeHistory(sample.data, shard));
    return new Map(histories.map(([key, { traces }]) => [
      key,
      { slot, verdicts: Object.fromEntries(traces.map(({ prober, word }) => [prober, word])) },
    ]));
  };

  const readLine = (shard: number, slot: number) => lines.load(`${shard}/${slot}`, () => read(shard, slot));

  return {
    async recentRuns(check, { newest, sinceMs, count }) {
      // The clock stepped back: slots that were settled are settled again.
      if (newest < (latest.get(check.key) ?? 0)) lines.clear();
      latest.set(check.key, newest);
      const shard = packing.shardOf.get(check.key);
      if (shard === undefined) return [];
      const found: GateRun[] = [];
      for (const slot of previousSlots(check, newest, count + GAPS)) {
        if (slot < sinceMs || found.length === count) break;
        const run = (await readLine(shard, slot)).get(check.key);
        if (run) found.push(run);
      }
      return found;
    },
  };
}
