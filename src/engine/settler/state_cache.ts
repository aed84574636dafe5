import type { Check } from "../../config/config.ts";
import {
  decodeOwn,
  decodeStates,
  encodeOwn,
  encodeStates,
  isShard,
  OWN_ROW,
  type Packing,
  type States,
} from "../../storage/codec.ts";
import { EMPTY_OWN, type OwnState } from "../../judgement/own.ts";
import type { CheckState } from "../../judgement/state.ts";
import type { Lease, Shard, StateStore } from "../../storage/store.ts";

/** The states of shards, decoded only when the store's text is not what was last written. */
export class StateCache {
  #texts = new Map<number, string>();
  #decoded = new Map<number, States>();
  /** The row about Assay itself, as it was last read. */
  #ownText: string | undefined;

  constructor(readonly store: StateStore, readonly packing: Packing) {}

  /**
   * All states of the shards that hold `checks`, for a commit under `lease`; after a change of layout, of every shard. And what is
   * remembered of Assay itself.
   */
  async load(checks: Check[], lease: Lease) {
    const { shardOf, layout, shards } = this.packing;
    const wanted = [...new Set(checks.map((check) => shardOf.get(check.key)!))].sort((a, b) => a - b);
    const all = await this.store.readShards([OWN_ROW, ...wanted], lease);
    const own = this.#ownOf(all);
    const rows = all.filter(isShard);
    const current = rows.length === wanted.length && rows.every((row) => row.layout === layout);
    if (!current) return { ...await this.#repack(lease), own };
    const states = new Map<string, CheckState>();
    for (const { shard, state } of rows) {
      if (this.#texts.get(shard) !== state) this.#decoded.set(shard, decodeStates(state, shard));
      this.#texts.set(shard, state);
      for (const key of shards[shard]!) {
        const known = this.#decoded.get(shard)![key];
        if (known) states.set(key, known);
      }
    }
    return { states, touched: wanted, gone: [] as CheckState[], dropFrom: undefined, own };
  }

  #ownOf(rows: readonly Shard[]): OwnState {
    const text = rows.find(({ shard }) => shard === OWN_ROW)?.state;
    this.#ownText = text;
    return text === undefined ? EMPTY_OWN : decodeOwn(text);
  }

  /** The check list changed: every state moves to its new shard, and what left the config is `gone`. */
  async #repack(lease: Lease) {
    const states = new Map<string, CheckState>();
    const gone: CheckState[] = [];
    for (const { shard, state } of (await this.store.readShards("all", lease)).filter(isShard)) {
      for (const [key, known] of Object.entries(decodeStates(state, shard))) {
        if (this.packing.shardOf.has(key)) states.set(key, known);
        else gone.push(known);
      }
    }
    const touched = this.packing.shards.map((_, shard) => shard);
    return { states, touched, gone, dropFrom: touched.length };
  }

  /** Reads every state as the holder of a new lease finds it. False: they were packed for another list of checks, and are to be moved. */
  async refresh(lease: Lease): Promise<boolean> {
    const all = [OWN_ROW, ...this.packing.shards.keys()];
    const rows = (await this.store.readShards(all, lease)).filter(isShard);
    for (const { shard, layout, state } of rows) {
      if (layout !== this.packing.layout || this.#texts.get(shard) === state) continue;
      this.#decoded.set(shard, decodeStates(state, shard));
      this.#texts.set(shard, state);
    }
    return rows.every(({ layout }) => layout === this.packing.layout);
  }

  /** The checks that this prober has not walked for longest come first: what it cannot walk are then the freshest. */
  oldestFirst(checks: readonly Check[], prober: string): Check[] {
    const age = new Map(checks.map((check) => [check, this.#lastSlotOf(check.key, prober)]));
    return checks.toSorted((a, b) => age.get(a)! - age.get(b)!);
  }

  /** When this prober walked last, as far as it is known here; a little less if its platform did not let it. */
  #lastSlotOf(key: string, prober: string): number {
    const { slot = 0, at = slot, reason } = this.stateOf(key)?.probers[prober]?.witness ?? {};
    return reason === "platform" ? at - 1 : at;
  }

  /** The state of a check, as far as it is known here. */
  stateOf(key: string): CheckState | undefined {
    return this.#decoded.get(this.packing.shardOf.get(key)!)?.[key];
  }

  /** One shard as it is to be written; `mine` are its states. */
  encodeShard(shard: number, states: Map<string, CheckState>) {
    const mine: States = {};
    for (const key of this.packing.shards[shard]!) {
      const state = states.get(key);
      if (state) mine[key] = state;
    }
    return { shard, layout: this.packing.layout, state: encodeStates(mine), mine };
  }

  /** The row about Assay itself as it is to be written; undefined: the store holds it already. */
  encodeOwn(own: OwnState): Shard | undefined {
    const state = encodeOwn(own);
    return state === this.#ownText ? undefined : { shard: OWN_ROW, layout: "own", state };
  }

  /** The committed states are what the store holds now. */
  remember(packed: { shard: number; state: string; mine: States }[]): void {
    for (const { shard, state, mine } of packed) {
      this.#texts.set(shard, state);
      this.#decoded.set(shard, mine);
    }
  }
}
