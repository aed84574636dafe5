/** History for the page: the single slots of one check. */
import type { Trace } from "../../judgement/assess.ts";
import type { Check } from "../../config/config.ts";
import { decodeHistory, type Packing } from "../codec.ts";
import type { SampleStore } from "../store.ts";

/** One slot of a check. */
export interface Slot {
  /** Epoch ms. */
  at: number;
  outcome: string;
  traces: Trace[];
}

/** The most slots returned, the newest ones. */
const SLOTS = 1_500;

/** The slots of one check, oldest first; `from` and `to` inclusive, epoch ms. */
export async function slotsOf(
  store: SampleStore,
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
