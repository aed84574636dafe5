/** A gate's answer: one document that every rollout tool can read directly. */
import type { Check, Region } from "../../config/config.ts";
import {
  type DecisionCause,
  type GateBurn,
  type Judgement,
  type RunOutcome,
  type RunTally,
  votesNeeded,
} from "../../judgement/gate.ts";
import type { CheckState, LastRound, ProberState } from "../../judgement/state.ts";
import { iso } from "../../base/time.ts";
import { incidentUrl } from "../notify/notice.ts";
import { oneLine } from "../../base/text.ts";

/** One check's judgement and its inputs. */
export interface CheckJudgement extends Judgement {
  check: Check;
  /** The regions in question, with the check's quorum over them. */
  regions: readonly Region[];
  quorum: Check["quorum"];
  state: CheckState | undefined;
  /** Epoch ms. */
  sinceMs: number;
  maxAgeMs: number;
  minRuns: number;
  anchor: string | null;
  /** The requested version. */
  version?: string;
  burn?: GateBurn;
}

/**
 * The keys come in order of importance, and `gateOk` exists only at the top level. Unknown values are null;
 * every number is finite.
 */
export type GateDocument = ReturnType<typeof gateDocument>;

/** Route 53 reads 5,120 bytes; Kubernetes keeps 1,024 characters of an event. */
const REASON_CHARS = 900;
const REGIONS_SHOWN = 40;
const NAME_CHARS = 100;

const STATUS = { pass: "successful", fail: "failed", inconclusive: "pending" } as const;

/** The document of a decision at `nowMs`. `page`: the link for people, below `publicUrl`. */
export function gateDocument(judged: CheckJudgement, nowMs: number, publicUrl?: string) {
  const { decision, check, state, runs, sinceMs, maxAgeMs, minRuns, anchor } = judged;
  const [newest] = runs;
  const votes = countVotes(judged, newest);
  const witnesses = lastRounds(judged);
  const voting = votes.ready + votes.notReady;
  const incident = state?.incidents.find(({ state, family }) => state === "open" && family === "service");
  return {
    gateOk: decision === "pass",
    decision,
    status: STATUS[decision],
    value: decision === "pass" ? 1 : 0,
    score: voting === 0 ? 0 : votes.ready / voting,
    reason: oneLine(reasonOf(judged, votes, witnesses, nowMs), REASON_CHARS),
    gate: check.target.id,
    anchor: anchor === null ? null : oneLine(anchor, NAME_CHARS * 2),
    evaluatedAt: iso(nowMs),
    window: {
      since: iso(sinceMs),
      runs: runs.length,
      minRuns,
      oldestEvidenceAgeSec: runs.length > 0 ? seconds(nowMs - runs.at(-1)!.slot) : null,
      maxAgeSec: seconds(maxAgeMs),
    },
    reported: reportView(witnesses, nowMs),
    observed: {
      state: newest?.outcome ?? "pending",
      journey: check.id,
      failedStep: failingStep(witnesses, newest),
    },
    regions: Object.fromEntries(worstFirst(judged, newest).map((id) => [id, regionView(id, runs, nowMs)])),
    quorum: votes,
    incidentId: incident?.id ?? null,
    page: publicUrl === undefined ? null : pageUrl(publicUrl, check.target.id, incident?.id),
    seq: newest?.slot ?? 0,
  };
}

/** The page of the open incident, else that of the target. */
const pageUrl = (publicUrl: string, target: string, incident?: string): string =>
  incident === undefined
    ? `${publicUrl.replace(/\/+$/, "")}/targets/${encodeURIComponent(target)}`
    : incidentUrl(publicUrl, incident);

/** The document as text. The first line ends after the reason: tools show it for a refused step. */
export function formatDocument(document: GateDocument): string {
  const { gateOk, decision, status, value, score, reason, ...rest } = document;
  const head = JSON.stringify({ gateOk, decision, status, value, score, reason });
  return `${head.slice(0, -1)},\n${JSON.stringify(rest).slice(1)}\n`;
}

const seconds = (ms: number) => Math.max(0, Math.round(ms / 1_000));

interface Votes {
  need: number;
  ready: number;
  notReady: number;
  abstain: number;
}

const GOOD: ReadonlySet<RunOutcome> = new Set<RunOutcome>(["ready", "degraded"]);
const SILENT: ReadonlySet<RunOutcome> = new Set<RunOutcome>(["pending", "announced"]);

function countVotes({ quorum, regions }: CheckJudgement, newest: RunTally | undefined): Votes {
  const words = regions.map(({ id }) => newest?.regions[id] ?? "pending");
  const abstain = words.filter((word) => SILENT.has(word)).length;
  const ready = words.filter((word) => GOOD.has(word)).length;
  const fresh = Math.max(quorum.minReporting, words.length - abstain);
  return {
    need: votesNeeded(quorum.resolve, fresh),
    ready,
    notReady: words.length - abstain - ready,
    abstain,
  };
}

/** The bad regions first, otherwise in the order of the config. */
function worstFirst({ regions }: CheckJudgement, newest: RunTally | undefined): string[] {
  const isGood = ({ id }: Region) => GOOD.has(newest?.regions[id] ?? "pending");
  return [...regions.filter((region) => !isGood(region)), ...regions.filter(isGood)]
    .map(({ id }) => id).slice(0, REGIONS_SHOWN);
}

function regionView(id: string, runs: readonly RunTally[], nowMs: number) {
  const evidence = runs.find(({ regions }) => !SILENT.has(regions[id] ?? "pending"));
  return {
    vote: runs[0]?.regions[id] ?? "pending",
    ageSec: evidence ? seconds(nowMs - evidence.slot) : null,
  };
}

/** The last rounds of these regions' probers, newest first. */
function lastRounds({ regions, state }: CheckJudgement): LastRound[] {
  const ids = regions.flatMap(({ probers }) => probers.map(({ id }) => id));
  const found = ids.map((id) => state?.probers[id]?.witness).filter((witness) => witness !== undefined);
  return found.toSorted((a, b) => b.slot - a.slot);
}

function reportView(witnesses: readonly LastRound[], nowMs: number) {
  const brief = witnesses.map(({ before, after }) => after ?? before).find((one) => one !== null);
  if (!brief) return { state: "unknown", source: null, ageSec: null, version: null };
  const { state, dialect, at, version } = brief;
  return {
    state,
    source: dialect,
    ageSec: seconds(nowMs - at),
    version: version === undefined ? null : oneLine(version, NAME_CHARS),
  };
}

function failingStep(witnesses: readonly LastRound[], newest: RunTally | undefined): string | null {
  const failure = witnesses.find(({ slot, failure }) => failure && newest && slot >= newest.slot)?.failure;
  return failure ? oneLine(failure.step, NAME_CHARS) : null;
}

/** The reason in one line, for the person who looks at a stopped rollout. */
function reasonOf(
  judged: CheckJudgement,
  votes: Votes,
  witnesses: readonly LastRound[],
  nowMs: number,
): string {
  const { cause, check, runs, minRuns, maxAgeMs, sinceMs } = judged;
  const total = judged.regions.length;
  const [newest] = runs;
  const since = iso(sinceMs);
  const newestWords = `${newest?.outcome ?? "pending"} in the last run`;
  const REASONS: Record<DecisionCause, () => string> = {
    good: () => `${votes.ready}/${total} regions ready in each of the last ${minRuns} runs since ${since}`,
    bad: () => {
      const step = failingStep(witnesses, newest);
      const where = step === null ? "" : `; step '${step}' failed`;
      return `${
        newest!.outcome
      } in the last ${check.failureThreshold} runs: ${votes.ready}/${total} regions ready${where}`;
    },
    burn: () => {
      const { rate, most } = judged.burn!;
      return `the error budget burns ${
        rate!.toFixed(1)
      } times as fast as the objective allows, at most ${most} was asked for`;
    },
    no_burn_rate: () => "nothing was judged in the last hour, so its burn rate is not known",
    silenced: () => "a silence covers this check",
    no_runs: () => `no settled run since ${since}`,
    stale: () =>
      `stale: the last run is ${seconds(nowMs - newest!.slot)} s old, at most ${seconds(maxAgeMs)} s count`,
    few: () => `${runs.length} of ${minRuns} runs since ${since}, all good so far`,
    mixed: () => `${newestWords}: ${votes.ready}/${total} regions ready, ${votes.abstain} without evidence`,
    version: () => versionReason(judged),
  };
  return `${check.id}: ${REASONS[cause]()}`;
}

function versionReason({ check, version, regions, state }: CheckJudgement): string {
  const known = regions.flatMap(({ probers }) => probers.flatMap(({ id }) => state?.probers[id] ?? []));
  const versions = new Set(known.flatMap((prober) => versionsOf(check, prober).map((one) => one ?? "none")));
  return `version ${version} was asked for, and the service reports ${[...versions].join(", ") || "none"}`;
}

/**
 * The versions in a prober's last round: from the latest claim, and from the journey's capture if the check
 * has one.
 */
export function versionsOf(
  { version }: Pick<Check, "version">,
  { witness, captured }: ProberState,
): (string | undefined)[] {
  const claimed = (witness?.after ?? witness?.before)?.version;
  if (version === undefined) return [claimed];
  const seen = captured?.[version];
  const answered = seen && witness && seen.at >= witness.slot ? seen.value : undefined;
  return claimed === undefined ? [answered] : [claimed, answered];
}
