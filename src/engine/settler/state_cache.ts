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

/**
 * The states by shard. They are read from the store only when another process may have written: states change
 * only by commits under the newest lease, and fences rise by one. So the holder of the last lease knows what
 * its commits wrote.
 */
export class StateCache {
  readonly #decoded = new Map<number, States>();
  #own: OwnState = EMPTY_OWN;
  /** The row about Assay itself, as the store holds it. */
  #ownText: string | undefined;
  /** The rows that are here as the store holds them under the lease with `#fence`. */
  readonly #known = new Set<number>();
  #fence = NaN;

  constructor(readonly store: StateStore, readonly packing: Packing) {}

  /**
   * The states of all shards that hold `checks`, and the state about Assay itself, for a commit under
   * `lease`. After a change of layout: of every shard. They are read again next time unless `remember` follows,
   * because a commit may fail, or take effect without an answer.
   */
  async load(checks: readonly Check[], lease: Lease) {
    const { shardOf, shards } = this.packing;
    const touched = [...new Set(checks.map((check) => shardOf.get(check.key)!))].sort((a, b) => a - b);
    const rows = [OWN_ROW, ...touched];
    await this.#read(rows, lease);
    const own = this.#own;
    if (!touched.every((shard) => this.#known.has(shard))) return { ...await this.#repack(lease), own };
    for (const row of rows) this.#known.delete(row);
    const states = new Map<string, CheckState>();
    for (const shard of touched) {
      for (const key of shards[shard]!) {
        const known = this.#decoded.get(shard)![key];
        if (known) states.set(key, known);
      }
    }
    return { states, touched, gone: [] as CheckState[], dropFrom: undefined, own };
  }

  /** The check list changed: every state moves to its new shard. `gone` are the states of removed checks. */
  async #repack(lease: Lease) {
    // This commit writes every row, and may take effect without an answer.
    this.#known.clear();
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
   * Reads every state that another process may have written since. False: states are packed for another list of
   * checks and must be moved.
   */
  async refresh(lease: Lease): Promise<boolean> {
    const rows = await this.#read([OWN_ROW, ...this.packing.shards.keys()], lease);
    return rows.every(({ shard, layout }) => shard === OWN_ROW || layout === this.packing.layout);
  }

  /** Reads those of these rows that are not known under `lease`; returns what the store holds of them. */
  async #read(wanted: readonly number[], lease: Lease): Promise<Shard[]> {
    const isNext = lease.fence === this.#fence || lease.fence === this.#fence + 1;
    if (!isNext) this.#known.clear();
    this.#fence = lease.fence;
    const unknown = wanted.filter((row) => !this.#known.has(row));
    const rows = unknown.length > 0 ? await this.store.readShards(unknown, lease) : [];
    for (const { shard, layout, state } of rows) {
      if (shard === OWN_ROW) [this.#ownText, this.#own] = [state, decodeOwn(state)];
      else if (layout === this.packing.layout) this.#decoded.set(shard, decodeStates(state, shard));
      else continue;
      this.#known.add(shard);
    }
    return rows;
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

  /** Caches what was committed: shards that `load` gave, and the state about Assay itself. */
  remember(shards: readonly { shard: number; mine: States }[], own: OwnState): void {
    for (const { shard, mine } of shards) {
      this.#decoded.set(shard, mine);
      this.#known.add(shard);
    }
    [this.#ownText, this.#own] = [encodeOwn(own), own];
    this.#known.add(OWN_ROW);
  }
}
