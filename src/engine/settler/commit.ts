/** Judges what has arrived and commits it whole: states, history, incidents, notices. */
import { assess, type CheckHistory, resolveRemoved } from "../../judgement/assess.ts";
import type { Check, Config } from "../../config/config.ts";
import type { Transition } from "../../judgement/incident.ts";
import type { Arrival } from "../../judgement/round.ts";
import type { CheckState } from "../../judgement/state.ts";
import type { Clock } from "../../base/ports.ts";
import type { Commit, Lease, SampleStore, StateStore } from "../../storage/store.ts";
import { decodeHistory, encodeHistory } from "../../storage/codec.ts";
import { Cache } from "../../base/cache.ts";
import { notices } from "../notify/mod.ts";
import type { StateCache } from "./state_cache.ts";

/** One shard's line in the history of a slot, by check key. */
type Line = Record<string, CheckHistory>;

/** The lines that may still grow: the turns of a slot, and whoever comes late, share one. */
export class Lines {
  readonly #known = new Cache<string, Line>({ max: 200 });

  constructor(readonly store: SampleStore) {}

  /** The line as it stands; `isNew`: nobody can have begun it. */
  async read(shard: number, slot: number, isNew: boolean): Promise<Line> {
    const known = this.#known.get(`${shard}/${slot}`);
    if (known || isNew) return known ?? {};
    const [sample] = await this.store.readSamples({ shard, from: slot, to: slot });
    return sample ? decodeHistory(sample.data, shard) : {};
  }

  remember(shard: number, slot: number, line: Line): void {
    this.#known.set(`${shard}/${slot}`, line);
  }

  /** Another process may have written since. */
  forget(): void {
    this.#known.clear();
  }
}

/** What a commit is made in. */
export interface JudgeContext {
  clock: Clock;
  config: Config;
  store: StateStore;
  cache: StateCache;
  lines: Lines;
  lease: Lease;
  newId(): string;
}

/** What is judged together. */
export interface Batch {
  /** The instant of its walks, epoch ms. */
  at: number;
  /** This process has asked for all that is known of its slots, from their first turn on. */
  isNew: boolean;
  arrivals: ReadonlyMap<Check, readonly Arrival[]>;
}

/** What became of a batch: how many notices, and the states after it. */
export interface Committed {
  notices: number;
  states: ReadonlyMap<Check, CheckState>;
}

/** Judges and commits a batch. Null: another process holds the lease by now, and nothing was written. */
export async function commitBatch(
  { clock, config, store, cache, lines, lease, newId }: JudgeContext,
  { at, isNew, arrivals }: Batch,
): Promise<Committed | null> {
  const checks = [...arrivals.keys()];
  const { states, touched, gone, dropFrom } = await cache.load(checks, lease);
  const told: { transition: Transition; check?: Check; state: CheckState }[] = [];
  const history = new Map<string, { shard: number; slot: number; line: Line }>();
  const changed = new Set<number>();
  for (const [check, arrived] of arrivals) {
    const before = states.get(check.key);
    const { state, transitions, traces } = assess(check, config.regions, arrived, {
      before,
      now: clock.now(),
      newId,
    });
    states.set(check.key, state);
    const shard = cache.packing.shardOf.get(check.key)!;
    changed.add(shard);
    for (const { walk: { slot, kind }, trace } of traces) {
      const id = `${shard}/${slot}`;
      const own = history.get(id) ?? { shard, slot, line: { ...await lines.read(shard, slot, isNew) } };
      history.set(id, own);
      const known = own.line[check.key];
      const others = known?.traces.filter(({ prober }) => prober !== trace.prober) ?? [];
      const isLatest = kind === "confirmation" || slot >= state.slot;
      const outcome = isLatest || !known ? state.outcome : known.outcome;
      own.line[check.key] = { outcome, traces: [...others, trace] };
    }
    for (const transition of transitions) told.push({ transition, check, state });
  }
  for (const state of gone) {
    for (const transition of resolveRemoved(state.incidents, at)) told.push({ transition, state });
  }
  const shards = touched.filter((shard) => dropFrom !== undefined || changed.has(shard));
  const packed = shards.map((shard) => cache.encodeShard(shard, states));
  const commit: Commit = {
    shards: packed.map(({ shard, layout, state }) => ({ shard, layout, state })),
    dropFrom,
    samples: [...history.values()].map(({ shard, slot, line }) => ({
      slot,
      shard,
      data: encodeHistory(line),
    })),
    incidents: told.map(({ transition }) => transition.incident),
    notices: told.flatMap(({ transition, check, state }) =>
      notices(transition, { check, state, config, slot: check ? state.judgedAt : at })
    ),
  };
  if (!await store.commit(lease, commit)) return null;
  cache.remember(packed);
  for (const { shard, slot, line } of history.values()) lines.remember(shard, slot, line);
  return {
    notices: commit.notices.length,
    states: new Map(checks.map((check) => [check, states.get(check.key)!])),
  };
}
