/** Reads the verdicts of each prober in the settled slots of a check. */
import type { Check } from "../../config/config.ts";
import type { GateRun } from "../../judgement/gate.ts";
import { decodeHistory, type Packing } from "../codec.ts";
import { periodMs, previousSlots } from "../../config/schedule.ts";
import type { SampleStore } from "../store.ts";
import { Cache } from "../../base/cache.ts";

/** Reads runs. */
export interface RunReader {
  /**
   * The last `count` runs of a check between `sinceMs` and the slot `newest` (epoch ms), newest first:
   * settled slots and the confirmations between them. `judgedAt` is when the check was last judged.
   */
  recentRuns(
    check: Check,
    query: { newest: number; judgedAt: number; sinceMs: number; count: number },
  ): Promise<GateRun[]>;
}

/** The runs of one shard between two slots of a check, newest first, by check key. */
type Span = ReadonlyMap<string, readonly GateRun[]>;

/** How many slots that were never settled are skipped. */
const GAPS = 10;
/** Cached spans. Each has up to 600 verdicts, so all take a few MB. */
const KEPT = 500;

/**
 * A reader over one store. Caches finished slots for good, and the newest slot until its check is judged
 * again.
 */
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
      // After the clock stepped back, settled slots are settled again.
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
