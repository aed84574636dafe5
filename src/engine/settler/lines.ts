import type { CheckHistory } from "../../judgement/assess.ts";
import type { SampleStore } from "../../storage/store.ts";
import { decodeHistory } from "../../storage/codec.ts";
import { Cache } from "../../base/cache.ts";

/** One shard's line of a slot's history, by check key. */
export type HistoryLine = Record<string, CheckHistory>;

/** Cached history lines that may still grow: the turns of a slot and late answers share one. */
export class Lines {
  readonly #known = new Cache<string, HistoryLine>({ max: 200 });

  constructor(readonly store: SampleStore) {}

  /** The current line. `isNew`: it cannot have been begun before, so the store is not read. */
  async read(shard: number, slot: number, isNew: boolean): Promise<HistoryLine> {
    const known = this.#known.get(`${shard}/${slot}`);
    if (known || isNew) return known ?? {};
    const [sample] = await this.store.readSamples({ shard, from: slot, to: slot });
    return sample ? decodeHistory(sample.data, shard) : {};
  }

  remember(shard: number, slot: number, line: HistoryLine): void {
    this.#known.set(`${shard}/${slot}`, line);
  }

  /** Empties the cache: another process may have written since. */
  forget(): void {
    this.#known.clear();
  }
}
