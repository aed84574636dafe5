/** Judges what has arrived and commits it whole: states, history, incidents, notices. */
import { assess, type Assessment, resolveRemoved } from "../../judgement/assess.ts";
import { walkedAt } from "../../judgement/arrival.ts";
import { isNoSilence } from "../../judgement/missed_reasons.ts";
import type { Check, Config } from "../../config/config.ts";
import type { Transition } from "../../judgement/incident.ts";
import { type OwnState, stepOwn } from "../../judgement/own.ts";
import { inOrder, withPrerequisite } from "../../judgement/prerequisite.ts";
import { nameCauses, type NamedCauses, WAIT_FOR_CAUSE_MS } from "./causes.ts";
import type { OwnSighting } from "../../judgement/own_causes.ts";
import type { Ask } from "../../judgement/own_probers.ts";
import type { Arrival } from "../../judgement/round.ts";
import type { CheckState } from "../../judgement/state.ts";
import type { Clock } from "../../base/ports.ts";
import type { Commit, Lease, Sample, StateStore } from "../../storage/store.ts";
import { encodeHistory } from "../../storage/codec.ts";
import { notices } from "../notify/mod.ts";
import type { HistoryLine, Lines } from "./lines.ts";
import type { StateCache } from "./state_cache.ts";
import type { CommittedChange } from "./transition_log.ts";
import type { Believer } from "./suspects.ts";

/** What a commit is made in. */
export interface JudgeContext {
  clock: Clock;
  config: Config;
  store: StateStore;
  cache: StateCache;
  lines: Lines;
  believe: Believer;
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
  /** What was seen of Assay itself. */
  sightings: readonly OwnSighting[];
  /** Every state is written where this config keeps it, though nothing has arrived. */
  moves?: boolean;
}

/** What became of a batch: how many notices, what changed, who was suspect without controls, and the states after it. */
export interface Committed {
  notices: number;
  changes: readonly CommittedChange[];
  suspects: readonly string[];
  states: ReadonlyMap<Check, CheckState>;
}

/** A change to announce, and its check; without one: the check left the config, or the incident is about Assay itself. */
interface Told {
  transition: Transition;
  at: number;
  check?: Check;
  state?: CheckState;
  /** The state before. */
  before?: CheckState;
  /** No notice goes out before this, epoch ms. */
  notBefore?: number;
}

/** Judges and commits a batch. Null: another process holds the lease by now, and nothing was written. */
export async function commitBatch(context: JudgeContext, batch: Batch): Promise<Committed | null> {
  const { config, store, cache, lines, lease } = context;
  const checks = [...batch.arrivals.keys()];
  const { states, own: before, touched, gone, dropFrom } = await cache.load(
    batch.moves ? config.checks : checks,
    lease,
  );
  const { arrivals, turned, suspects } = context.believe(batch.arrivals, before.turned, {
    at: batch.at,
    stateOf: (key) => states.get(key) ?? cache.stateOf(key),
  });
  // One instant for all: each confirmation that is called for at an instant of its own would be a commit of its own.
  const options = { now: context.clock.now(), newId: context.newId };
  const judged = inOrder(checks).map((check) =>
    judgeCheck(config, check, states, { ...options, arrivals: afterFirst(context, check, states, arrivals) })
  );
  const ownStep = judgeOwn(
    context,
    batch,
    { ...before, turned },
    judged.some(({ told }) => told.some(isBlind)),
  );
  const stateOf = (key: string) => states.get(key) ?? cache.stateOf(key);
  const named = nameCauses(config, checks, stateOf);
  for (const [key, state] of named.states) states.set(key, state);
  const told = [
    ...ownStep.told,
    ...judged.flatMap(({ told }) => told.map((one) => withNamedCause(one, named))),
    ...gone.flatMap((state) => toldOfRemoved(state, batch.at)),
  ];
  const history = await linesOf(context, batch, judged);
  const changed = new Set(checks.map(({ key }) => cache.packing.shardOf.get(key)!));
  const packed = touched.filter((shard) => dropFrom !== undefined || changed.has(shard))
    .map((shard) => cache.encodeShard(shard, states));
  const own = cache.encodeOwn(ownStep.state);
  const rows = [...packed.map(({ shard, layout, state }) => ({ shard, layout, state })), ...own ? [own] : []];
  const { incidents, notices } = changesOf(told, config);
  const changedIds = new Set(incidents.map(({ id }) => id));
  const commit: Commit = {
    shards: rows,
    dropFrom,
    samples: history.map(sampleOf),
    // The cause of an incident may be found after its opening.
    incidents: [...incidents, ...[...named.incidents.values()].filter(({ id }) => !changedIds.has(id))],
    notices,
  };
  const isEmpty = rows.length === 0 && told.length === 0;
  if (!isEmpty && !await store.commit(lease, commit)) return null;
  cache.remember(packed);
  for (const { shard, slot, line } of history) lines.remember(shard, slot, line);
  return {
    notices: commit.notices.length,
    changes: told,
    suspects,
    states: new Map(checks.map((check) => [check, states.get(check.key)!])),
  };
}

const sampleOf = ({ shard, slot, line }: GrowingLine): Sample => ({ slot, shard, data: encodeHistory(line) });

/** The incidents and notices of these changes, in this order. */
const changesOf = (told: readonly Told[], config: Config): Pick<Commit, "incidents" | "notices"> => ({
  incidents: told.map(({ transition }) => transition.incident),
  notices: told.flatMap(({ transition, at, notBefore = 0, ...context }) =>
    notices(transition, { ...context, config, slot: at })
      // An escalation or a reminder has a time of its own.
      .map((notice) => ({ ...notice, notBefore: Math.max(notBefore, notice.notBefore ?? 0) }))
  ),
});

/** The same change of an incident that names its cause; an opening that may yet get one waits for it. */
function withNamedCause(told: Told, { incidents, waiting }: NamedCauses): Told {
  const { transition, at, check } = told;
  const incident = incidents.get(transition.incident.id) ?? transition.incident;
  const waits = transition.change === "opened" && incident.cause === undefined &&
    waiting.has(check?.target.id ?? "");
  return {
    ...told,
    transition: { ...transition, incident },
    ...waits && { notBefore: at + WAIT_FOR_CAUSE_MS },
  };
}

const isBlind = ({ transition: { incident, change } }: Told) =>
  incident.kind === "blind" && change === "opened";

const toldOfRemoved = (state: CheckState, at: number): Told[] =>
  resolveRemoved(state.incidents, at).map((transition) => ({ transition, state, at }));

/** What arrived for a check, with the mark of what does not count because another check comes first. */
function afterFirst(
  { config: { regions }, cache }: JudgeContext,
  check: Check,
  states: ReadonlyMap<string, CheckState>,
  arrivals: Batch["arrivals"],
): readonly Arrival[] {
  const own = arrivals.get(check)!;
  const first = check.after === undefined
    ? undefined
    : check.target.checks.find(({ key }) => key === check.after);
  if (!first) return own;
  return withPrerequisite(own, {
    check: first,
    state: states.get(first.key) ?? cache.stateOf(first.key),
    regions,
  });
}

/** What a judgement made of one check. */
interface CheckJudgement extends Pick<Assessment, "state" | "traces"> {
  check: Check;
  told: Told[];
}

/** Judges one check, whose state is replaced. */
function judgeCheck(
  { regions }: Config,
  check: Check,
  states: Map<string, CheckState>,
  { arrivals, ...options }: { arrivals: readonly Arrival[]; now: number; newId(): string },
): CheckJudgement {
  const before = states.get(check.key);
  const { state, transitions, traces } = assess(check, regions, arrivals, { before, ...options });
  states.set(check.key, state);
  const told = transitions.map((transition): Told => (
    { transition, check, state, before, at: state.judgedAt }
  ));
  return { check, state, traces, told };
}

/** A line of history that is about to be written. */
interface GrowingLine {
  shard: number;
  slot: number;
  line: HistoryLine;
}

/** The lines of history that these judgements add to. */
async function linesOf(
  { cache, lines }: JudgeContext,
  { isNew }: Batch,
  judged: readonly CheckJudgement[],
): Promise<GrowingLine[]> {
  const history = new Map<string, GrowingLine>();
  for (const { check: { key }, state, traces } of judged) {
    const shard = cache.packing.shardOf.get(key)!;
    for (const { walk: { slot, kind }, trace } of traces) {
      const id = `${shard}/${slot}`;
      const own = history.get(id) ?? { shard, slot, line: { ...await lines.read(shard, slot, isNew) } };
      history.set(id, own);
      const known = own.line[key];
      const others = known?.traces.filter(({ prober }) => prober !== trace.prober) ?? [];
      const isLatest = kind === "confirmation" || slot >= state.slot;
      const outcome = isLatest || !known ? state.outcome : known.outcome;
      own.line[key] = { outcome, traces: [...others, trace] };
    }
  }
  return [...history.values()];
}

/** What the batch says of the probers, and of Assay itself. */
function judgeOwn(
  { config, cache, newId }: JudgeContext,
  { at, arrivals, sightings }: Batch,
  before: OwnState,
  blind: boolean,
): { state: OwnState; told: Told[] } {
  const asks = [...arrivals.values()].flat().flatMap(askOf);
  const probers = config.regions.flatMap((region) => region.probers.map(({ id }) => id));
  const { state, transitions } = stepOwn(before, { asks, sightings }, {
    ...{ at, probers, blind, newId },
    walkedAt: (prober) => {
      let latest = -Infinity;
      for (const { key } of config.checks) {
        const state = cache.stateOf(key)?.probers[prober];
        if (state) latest = Math.max(latest, walkedAt(state));
      }
      return latest === -Infinity ? undefined : latest;
    },
  });
  const told = transitions.map((transition): Told => ({ transition, at: transition.incident.updatedAt }));
  return { state, told };
}

/** What was not asked for is no silence. */
const askOf = (arrival: Arrival): Ask[] => {
  if ("missed" in arrival && isNoSilence(arrival.missed)) return [];
  return [{ prober: arrival.prober, at: arrival.walk.at, brought: "round" in arrival }];
};
