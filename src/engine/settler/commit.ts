/** Judges arrivals and commits the result atomically: states, history, incidents, notices. */
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
import { mapInSlices } from "../../base/slices.ts";
import type { Commit, Lease, Sample, StateStore } from "../../storage/store.ts";
import { encodeHistory } from "../../storage/codec.ts";
import { notices } from "../notify/mod.ts";
import type { HistoryLine, Lines } from "./lines.ts";
import type { StateCache } from "./state_cache.ts";
import type { CommittedChange } from "./transition_log.ts";
import type { Believer } from "./suspects.ts";

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

/** Arrivals that are judged and committed together. */
export interface Batch {
  /** The instant of the walks, epoch ms. */
  at: number;
  /**
   * This process has asked every prober of these slots since their first turn, so the store holds no history
   * of them.
   */
  isNew: boolean;
  arrivals: ReadonlyMap<Check, readonly Arrival[]>;
  /** Observations about Assay itself. */
  sightings: readonly OwnSighting[];
  /** Rewrite every state in this config's layout, even without arrivals. */
  moves?: boolean;
}

/**
 * The result of a batch: the number of notices, the changes, the probers suspected without controls, and the
 * new states.
 */
export interface Committed {
  notices: number;
  changes: readonly CommittedChange[];
  suspects: readonly string[];
  states: ReadonlyMap<Check, CheckState>;
}

/** A change to announce. Without `check`, the check left the config or the incident is about Assay itself. */
interface Announcement {
  transition: Transition;
  at: number;
  check?: Check;
  state?: CheckState;
  /** The state before. */
  before?: CheckState;
  /** No notice goes out before this, epoch ms. */
  notBefore?: number;
}

/** Judges and commits a batch. Null: another process now holds the lease, and nothing was written. */
export async function commitBatch(context: JudgeContext, batch: Batch): Promise<Committed | null> {
  const { clock, config, store, cache, lines, lease } = context;
  const checks = [...batch.arrivals.keys()];
  const { states, own: before, touched, gone, dropFrom } = await cache.load(
    batch.moves ? config.checks : checks,
    lease,
  );
  const { arrivals, turned, suspects } = context.believe(batch.arrivals, before.turned, {
    at: batch.at,
    stateOf: (key) => states.get(key) ?? cache.stateOf(key),
  });
  // One instant for all: confirmations called for at different instants would each need a commit.
  const options = { now: clock.now(), newId: context.newId };
  const judged = await mapInSlices(
    clock,
    inOrder(checks),
    (check) =>
      judgeCheck(config, check, states, {
        ...options,
        arrivals: afterFirst(context, check, states, arrivals),
      }),
  );
  const ownStep = judgeOwn(
    context,
    batch,
    { ...before, turned },
    judged.some(({ changes }) => changes.some(isBlind)),
  );
  const stateOf = (key: string) => states.get(key) ?? cache.stateOf(key);
  const named = nameCauses(config, checks, stateOf);
  for (const [key, state] of named.states) states.set(key, state);
  const changes = [
    ...ownStep.changes,
    ...judged.flatMap(({ changes }) => changes.map((change) => withNamedCause(change, named))),
    ...gone.flatMap((state) => removalChanges(state, batch.at)),
  ];
  const history = await linesOf(context, batch, judged);
  const changed = new Set(checks.map(({ key }) => cache.packing.shardOf.get(key)!));
  const written = touched.filter((shard) => dropFrom !== undefined || changed.has(shard));
  const packed = await mapInSlices(clock, written, (shard) => cache.encodeShard(shard, states));
  const own = cache.encodeOwn(ownStep.state);
  const rows = [...packed.map(({ shard, layout, state }) => ({ shard, layout, state })), ...own ? [own] : []];
  const { incidents, notices } = changesOf(changes, config);
  const changedIds = new Set(incidents.map(({ id }) => id));
  const commit: Commit = {
    shards: rows,
    dropFrom,
    samples: await mapInSlices(clock, history, sampleOf),
    // An incident's cause may be found after it opened.
    incidents: [...incidents, ...[...named.incidents.values()].filter(({ id }) => !changedIds.has(id))],
    notices,
  };
  const isEmpty = rows.length === 0 && changes.length === 0;
  if (!isEmpty && !await store.commit(lease, commit)) return null;
  cache.remember(packed, ownStep.state);
  for (const { shard, slot, line } of history) lines.remember(shard, slot, line);
  return {
    notices: commit.notices.length,
    changes,
    suspects,
    states: new Map(checks.map((check) => [check, states.get(check.key)!])),
  };
}

const sampleOf = ({ shard, slot, line }: GrowingLine): Sample => ({ slot, shard, data: encodeHistory(line) });

/** The incidents and notices of these changes, in the same order. */
const changesOf = (
  changes: readonly Announcement[],
  config: Config,
): Pick<Commit, "incidents" | "notices"> => ({
  incidents: changes.map(({ transition }) => transition.incident),
  notices: changes.flatMap(({ transition, at, notBefore = 0, ...context }) =>
    notices(transition, { ...context, config, slot: at })
      // An escalation or reminder has its own, later time.
      .map((notice) => ({ ...notice, notBefore: Math.max(notBefore, notice.notBefore ?? 0) }))
  ),
});

/** Adds the cause to a change's incident. An opening that may still get a cause waits for it. */
function withNamedCause(change: Announcement, { incidents, waiting }: NamedCauses): Announcement {
  const { transition, at, check } = change;
  const incident = incidents.get(transition.incident.id) ?? transition.incident;
  const waits = transition.change === "opened" && incident.cause === undefined &&
    waiting.has(check?.target.id ?? "");
  return {
    ...change,
    transition: { ...transition, incident },
    ...waits && { notBefore: at + WAIT_FOR_CAUSE_MS },
  };
}

const isBlind = ({ transition: { incident, change } }: Announcement) =>
  incident.kind === "blind" && change === "opened";

const removalChanges = (state: CheckState, at: number): Announcement[] =>
  resolveRemoved(state.incidents, at).map((transition) => ({ transition, state, at }));

/** The arrivals of a check; those that do not count because its prerequisite fails are marked. */
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

/** The judgement of one check. */
interface CheckJudgement extends Pick<Assessment, "state" | "traces"> {
  check: Check;
  changes: Announcement[];
}

/** Judges one check and replaces its entry in `states`. */
function judgeCheck(
  { regions }: Config,
  check: Check,
  states: Map<string, CheckState>,
  { arrivals, ...options }: { arrivals: readonly Arrival[]; now: number; newId(): string },
): CheckJudgement {
  const before = states.get(check.key);
  const { state, transitions, traces } = assess(check, regions, arrivals, { before, ...options });
  states.set(check.key, state);
  const changes = transitions.map((transition): Announcement => (
    { transition, check, state, before, at: state.judgedAt }
  ));
  return { check, state, traces, changes };
}

/** A line of history to write. */
interface GrowingLine {
  shard: number;
  slot: number;
  line: HistoryLine;
}

/** The history lines that these judgements extend. */
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

/** Steps the incidents about probers and about Assay itself. */
function judgeOwn(
  { config, cache, newId }: JudgeContext,
  { at, arrivals, sightings }: Batch,
  before: OwnState,
  blind: boolean,
): { state: OwnState; changes: Announcement[] } {
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
  const changes = transitions.map((transition): Announcement => ({
    transition,
    at: transition.incident.updatedAt,
  }));
  return { state, changes };
}

/** A check that was not asked for does not make its prober silent. */
const askOf = (arrival: Arrival): Ask[] => {
  if ("missed" in arrival && isNoSilence(arrival.missed)) return [];
  return [{ prober: arrival.prober, at: arrival.walk.at, brought: "round" in arrival }];
};
