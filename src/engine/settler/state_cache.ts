import type { Check } from "../../config/config.ts";
import { decodeStates, encodeStates, type Packing, type States } from "../../storage/codec.ts";
import type { CheckState } from "../../judgement/state.ts";
import type { Lease, StateStore } from "../../storage/store.ts";

/** The states of shards, decoded only when the store's text is not what was last written. */
export class StateCache {
  #texts = new Map<number, string>();
  #decoded = new Map<number, States>();

  constructor(readonly store: StateStore, readonly packing: Packing) {}

  /** All states of the shards that hold `checks`, for a commit under `lease`; after a change of layout, of every shard. */
  async load(checks: Check[], lease: Lease) {
    const { shardOf, layout, shards } = this.packing;
    const wanted = [...new Set(checks.map((check) => shardOf.get(check.key)!))].sort((a, b) => a - b);
    const rows = await this.store.readShards(wanted, lease);
    const current = rows.length === wanted.length && rows.every((row) => row.layout === layout);
    if (!current) return this.#repack(lease);
    const states = new Map<string, CheckState>();
    for (const { shard, state } of rows) {
      if (this.#texts.get(shard) !== state) this.#decoded.set(shard, decodeStates(state, shard));
      this.#texts.set(shard, state);
      for (const key of shards[shard]!) {
        const known = this.#decoded.get(shard)![key];
        if (known) states.set(key, known);
      }
    }
    return { states, touched: wanted, gone: [] as CheckState[], dropFrom: undefined };
  }

  /** The check list changed: every state moves to its new shard, and what left the config is `gone`. */
  async #repack(lease: Lease) {
    const states = new Map<string, CheckState>();
    const gone: CheckState[] = [];
    for (const { shard, state } of await this.store.readShards("all", lease)) {
      for (const [key, known] of Object.entries(decodeStates(state, shard))) {
        if (this.packing.shardOf.has(key)) states.set(key, known);
        else gone.push(known);
      }
    }
    const touched = this.packing.shards.map((_, shard) => shard);
    return { states, touched, gone, dropFrom: touched.length };
  }

  /** Reads every state as the holder of a new lease finds it. */
  async refresh(lease: Lease): Promise<void> {
    const all = this.packing.shards.map((_, shard) => shard);
    for (const { shard, layout, state } of await this.store.readShards(all, lease)) {
      if (layout !== this.packing.layout || this.#texts.get(shard) === state) continue;
      this.#decoded.set(shard, decodeStates(state, shard));
      this.#texts.set(shard, state);
    }
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

  /** The committed states are what the store holds now. */
  remember(packed: { shard: number; state: string; mine: States }[]): void {
    for (const { shard, state, mine } of packed) {
      this.#texts.set(shard, state);
      this.#decoded.set(shard, mine);
    }
  }
}
