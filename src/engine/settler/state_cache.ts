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

/** The states by shard. A row is decoded only if its text differs from the last one read or written. */
export class StateCache {
  #texts = new Map<number, string>();
  #decoded = new Map<number, States>();
  /** The row about Assay itself, as last read. */
  #ownText: string | undefined;

  constructor(readonly store: StateStore, readonly packing: Packing) {}

  /**
   * The states of all shards that hold `checks`, and the state about Assay itself, for a commit under
   * `lease`. After a change of layout: of every shard.
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

  /** The check list changed: every state moves to its new shard. `gone` are the states of removed checks. */
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

  /**
   * Reads every state under a new lease. False: the states are packed for another list of checks and must be
   * moved.
   */
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

  /**
   * Puts the checks first that this prober walked longest ago, so that those it has no room for are the
   * freshest.
   */
  oldestFirst(checks: readonly Check[], prober: string): Check[] {
    const age = new Map(checks.map((check) => [check, this.#lastSlotOf(check.key, prober)]));
    return checks.toSorted((a, b) => age.get(a)! - age.get(b)!);
  }

  /** When this prober last walked the check, as far as the cache knows; 1 ms less if its platform refused. */
  #lastSlotOf(key: string, prober: string): number {
    const { slot = 0, at = slot, reason } = this.stateOf(key)?.probers[prober]?.witness ?? {};
    return reason === "platform" ? at - 1 : at;
  }

  /** The cached state of a check. */
  stateOf(key: string): CheckState | undefined {
    return this.#decoded.get(this.packing.shardOf.get(key)!)?.[key];
  }

  /** A shard's row to write; `mine` are its states. */
  encodeShard(shard: number, states: Map<string, CheckState>) {
    const mine: States = {};
    for (const key of this.packing.shards[shard]!) {
      const state = states.get(key);
      if (state) mine[key] = state;
    }
    return { shard, layout: this.packing.layout, state: encodeStates(mine), mine };
  }

  /** The row about Assay itself to write; undefined: the store already holds it. */
  encodeOwn(own: OwnState): Shard | undefined {
    const state = encodeOwn(own);
    return state === this.#ownText ? undefined : { shard: OWN_ROW, layout: "own", state };
  }

  /** Caches the states that were committed. */
  remember(packed: { shard: number; state: string; mine: States }[]): void {
    for (const { shard, state, mine } of packed) {
      this.#texts.set(shard, state);
      this.#decoded.set(shard, mine);
    }
  }
}
