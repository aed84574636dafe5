/** The stored state of one check. `storage/codec.ts` packs it into shards, `assess.ts` judges it. */
import type { SeenCertificate } from "./certificate.ts";
import type { Incident } from "./incident.ts";
import type { Failure, Observation, StepTrace } from "../evidence/probe/observation.ts";
import type { QuorumOutcome, VoteState } from "./quorum.ts";
import type { Layer, Report, SourceReport } from "../evidence/report/report.ts";
import type { FirstRound } from "./round.ts";
import type { Fault, Phases, Verdict } from "./verdict.ts";

/** A report without its details, which are kept only where something is wrong. */
export type ReportSummary =
  & Pick<Report, "state" | "dialect" | "question" | "httpStatus" | "reason" | "version" | "at" | "durationMs">
  & {
    contradictions?: string[];
    subsystems?: { name: string; state: string; layer?: Layer }[];
    sources?: SourceSummary[];
  };

/** One of several sources of a report; `reason` is set only where it makes no claim. */
export type SourceSummary = Pick<SourceReport, "name" | "state" | "dialect" | "httpStatus" | "reason">;

/** The summed durations (ms) of the requests' phases. */
export type RequestPhases = Record<"dns" | "connect" | "tls" | "firstByte", number>;

/** A prober's last round of one check. */
export interface LastRound {
  /** Slot, epoch ms. */
  slot: number;
  /** When the walk was due by its turn, epoch ms; absent: at the slot. */
  at?: number;
  /** The verdict. */
  word: Verdict;
  /** Why the verdict differs from the table's cell, or how the journey failed. */
  reason?: string;
  /** The claim before the journey; null: the check has no report. */
  before: ReportSummary | null;
  /** The claim after the journey, if the report was read again. */
  after?: ReportSummary | null;
  /** The journey's outcome. */
  outcome: Observation["outcome"];
  /** The journey's duration, ms. */
  totalMs: number;
  /** Only of journeys that did not pass. */
  failure?: Failure;
  /** Only of journeys that did not pass. */
  steps?: StepTrace[];
  /** The duration (ms) of each step in order; only of journeys that passed. */
  stepMs?: number[];
  /** The phases of each step's last request, summed, ms; absent: not measured. */
  phases?: RequestPhases;
  /** The id of its trace, if the check has one. */
  traceId?: string;
  /** Only of a cleanup that did not pass. */
  cleanup?: Observation["cleanup"];
  /** The first walk, which got no answer, if this is the second. */
  first?: FirstRound;
}

/**
 * Rounds kept in addition to the latest; each is absent where the latest is that round. Failures are kept
 * only around an incident.
 */
export interface KeptRounds {
  /** The latest that passed. */
  lastGood?: LastRound;
  /** The first that failed in the open incident. */
  firstFailed?: LastRound;
  /** The latest that failed; also absent where it is the first. */
  latestFailed?: LastRound;
}

/** The last value that a prober captured. */
export interface CapturedValue {
  /** The value as text of bounded length. */
  value: string;
  /** When the walk that captured it began, epoch ms. */
  at: number;
}

/** A value of a capture that some prober holds. Lists are in order of first sight. */
export interface KnownValue {
  /** The value as text of bounded length. */
  value: string;
  /** When it was first seen, epoch ms. */
  since: number;
  /** When a prober was first seen to have changed from it to another, epoch ms. */
  leftAt?: number;
  /** A prober changed back to it, so `since` was reset; happens once until all agree. */
  returned?: true;
}

/** A slot for which a prober has no round. */
export interface MissedSlot {
  /** Slot, epoch ms. */
  slot: number;
  /** When the walk was due by its turn, epoch ms; absent: at the slot. */
  at?: number;
  /** One of MISSED_REASONS, or a remote prober's error. */
  reason: string;
}

/** The state of one prober on one check. */
export interface ProberState {
  /** Its vote and the verdicts behind it. */
  standing: VoteState;
  /** The clocks of the `announced` windows. */
  phases: Phases;
  /** Consecutive slots with (+) or without (-) a contradiction in the report; capped at the thresholds. */
  contradictions: number;
  /** Whether the report contradicts itself, after thresholds; absent: unknown so far. */
  contradicts?: boolean;
  /** Consecutive slots in which a limit of ours prevented a verdict, see limited.ts. */
  limited?: number;
  /** Consecutive slots that timed out, see hanging.ts; absent: none. */
  timeouts?: number;
  /** Why its latest slot does not count; its vote is excluded while set. */
  aside?: Fault;
  /** The data centre where the prober measured itself to be. */
  place?: string;
  /** Its last round. */
  witness?: LastRound;
  /** Earlier rounds kept for comparison. */
  kept?: KeptRounds;
  /** The last certificate it saw. */
  certificate?: SeenCertificate;
  /** Its last captured values that must agree across regions, by capture name. */
  captured?: Record<string, CapturedValue>;
  /** The last slot for which it returned no round. */
  missed?: MissedSlot;
  /**
   * The time of its last conclusive or announced evidence, plus all time that was not judged since; epoch ms.
   */
  heardAt?: number;
}

/** An extra slot for all probers of a scope: after a first failure (`down`) or a first recovery (`up`). */
export interface Confirmation {
  /** Its slot and instant, epoch ms. */
  at: number;
  /** After a failure or a recovery. */
  direction: "down" | "up";
}

/** A voter that went silent with a bad vote and prevents an incident from resolving. */
export interface Holder {
  /** The id of a prober or a region. */
  id: string;
  /** Since when it is silent, epoch ms. */
  silentSince: number;
}

/** Evidence that a share of requests fails; see advisory.ts. */
export interface PartialState {
  /** One sum per region, over the verdicts of all others; key `none` with a single region. */
  sums: Record<string, number>;
  /** Consecutive verdicts of all probers together that did not fail. */
  passes: number;
  /** Verdicts since the sums began to rise. */
  counted: number;
  /** How many of the counted verdicts failed. */
  failed: number;
}

/** The state of one scope: `global` or a region. Instants in epoch ms. */
export interface ScopeState {
  /** The pending confirmation: the lease holder asks all probers of the scope to walk at `at`. */
  confirmation?: Confirmation;
  /** The last confirmation in each direction: when it began, and when the walk that called for it began. */
  begun?: Partial<Record<Confirmation["direction"], { at: number; calledAt: number }>>;
  /** Since when the resolve rule has held without a break, epoch ms. */
  resolvableSince?: number;
  /** Since when the outcome has been `ready` without a break. */
  readySince?: number;
  /** Who keeps the open service incident from resolving. */
  heldBy?: Holder[];
  /** Evidence that a share of requests fails. */
  partial?: PartialState;
}

/** One region's vote on one check. */
export interface RegionState {
  /** Its quorum's outcome. */
  outcome: QuorumOutcome;
  /** Since when it has held that outcome, epoch ms. */
  since: number;
  /** Whether its last outcome other than `pending` was a failed one. */
  wasBad: boolean;
  /** Since when (epoch ms) its vote has been bad while no service incident was open. */
  badSince?: number;
}

/** The state of one check. */
export interface CheckState {
  /** The newest regular slot that was judged, epoch ms. */
  slot: number;
  /** The instant of the last judgement, epoch ms. */
  judgedAt: number;
  /** The quorum's outcome. */
  outcome: QuorumOutcome;
  /** Since when the outcome has held, epoch ms. */
  since: number;
  /** By the prober's id. */
  probers: Record<string, ProberState>;
  /** By the region's id. */
  regions: Record<string, RegionState>;
  /** By scope. */
  scopes: Record<string, ScopeState>;
  /** The values of captures that must agree, by name, in order of first sight. */
  agreement?: Record<string, KnownValue[]>;
  /** Open incidents, and resolved ones that may still flap. */
  incidents: Incident[];
}
