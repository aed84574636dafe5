/** The verdict of each prober in the settled slots of a check, from the stored samples. */
import type { Check } from "../../config/config.ts";
import type { GateRun } from "../../judgement/gate.ts";
import { decodeHistory, type Packing } from "../codec.ts";
import { periodMs, previousSlots } from "../../config/schedule.ts";
import type { SampleStore } from "../store.ts";
import { Cache } from "../../base/cache.ts";

/** Reads runs. */
export interface RunReader {
  /**
   * The last `count` runs of a check from the slot `newest` on back to `sinceMs` (epoch ms), newest first: its settled slots, and the
   * confirmations between them. `judgedAt`: when the check was judged last.
   */
  recentRuns(
    check: Check,
    query: { newest: number; judgedAt: number; sinceMs: number; count: number },
  ): Promise<GateRun[]>;
}

/** The runs of one shard from one slot of a check until its next, newest first, by check key. */
type Span = ReadonlyMap<string, readonly GateRun[]>;

/** Slots that were never settled are passed over, but not more than this many. */
const GAPS = 10;
/** Lines of up to 600 words each: a few MB. */
const KEPT = 500;

/** An archive over one store. What was read once of a slot that is over is kept; of the newest until its check is judged again. */
export function runReader(store: SampleStore, packing: Packing): RunReader {
  const spans = new Cache<string, Promise<Span>>({ max: KEPT });
  const latest = new Map<string, number>();

  const read = async (shard: number, from: number, to: number): Promise<Span> => {
    const span = new Map<string, GateRun[]>();
    for (const { slot, data } of await store.readSamples({ shard, from, to })) {
      for (const [key, { traces }] of Object.entries(decodeHistory(data, shard))) {
        const verdicts = Object.fromEntries(traces.map(({ prober, word }) => [prober, word]));
        span.set(key, [...span.get(key) ?? [], { slot, verdicts }].toSorted((a, b) => b.slot - a.slot));
      }
    }
    return span;
  };

  return {
    async recentRuns(check, { newest, judgedAt, sinceMs, count }) {
      // The clock stepped back: slots that were settled are settled again.
      if (newest < (latest.get(check.key) ?? 0)) spans.clear();
      latest.set(check.key, newest);
      const shard = packing.shardOf.get(check.key);
      if (shard === undefined) return [];
      const found: GateRun[] = [];
      for (const slot of previousSlots(check, newest, count + GAPS)) {
        if (slot < sinceMs || found.length >= count) break;
        const end = slot + periodMs(check, slot) - 1;
        const version = slot === newest ? judgedAt : "over";
        const span = await spans.load(`${shard}/${slot}-${end}@${version}`, () => read(shard, slot, end));
        found.push(...span.get(check.key) ?? []);
      }
      return found.slice(0, count);
    },
  };
}
