/** The lines of history that may still grow. */
import type { CheckHistory } from "../../judgement/assess.ts";
import type { SampleStore } from "../../storage/store.ts";
import { decodeHistory } from "../../storage/codec.ts";
import { Cache } from "../../base/cache.ts";

/** One shard's line in the history of a slot, by check key. */
export type HistoryLine = Record<string, CheckHistory>;

/** The lines that may still grow: the turns of a slot share one with late answers. */
export class Lines {
  readonly #known = new Cache<string, HistoryLine>({ max: 200 });

  constructor(readonly store: SampleStore) {}

  /** The current line; `isNew`: it cannot have been begun. */
  async read(shard: number, slot: number, isNew: boolean): Promise<HistoryLine> {
    const known = this.#known.get(`${shard}/${slot}`);
    if (known || isNew) return known ?? {};
    const [sample] = await this.store.readSamples({ shard, from: slot, to: slot });
    return sample ? decodeHistory(sample.data, shard) : {};
  }

  remember(shard: number, slot: number, line: HistoryLine): void {
    this.#known.set(`${shard}/${slot}`, line);
  }

  /** Another process may have written since. */
  forget(): void {
    this.#known.clear();
  }
}
