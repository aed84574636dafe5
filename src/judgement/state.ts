/** What Assay remembers of one check from slot to slot. Packed into shards by `storage/codec.ts`, judged by `assess.ts`. */
import type { SeenCertificate } from "./certificate.ts";
import type { Incident } from "./incident.ts";
import type { Failure, Observation, StepTrace } from "../evidence/probe/observation.ts";
import type { QuorumOutcome, VoteState } from "./quorum.ts";
import type { Layer, Report, SourceReport } from "../evidence/report/report.ts";
import type { FirstRound } from "./round.ts";
import type { Fault, Phases, Verdict } from "./verdict.ts";

/** A report without its parts; the parts are kept only where they say something is wrong. */
export type ReportSummary =
  & Pick<Report, "state" | "dialect" | "question" | "httpStatus" | "reason" | "version" | "at" | "durationMs">
  & {
    contradictions?: string[];
    subsystems?: { name: string; state: string; layer?: Layer }[];
    sources?: SourceSummary[];
  };

/** One of several sources of a report; `reason` only where it makes no claim. */
export type SourceSummary = Pick<SourceReport, "name" | "state" | "dialect" | "httpStatus" | "reason">;

/** How long the phases of requests took together, ms. */
export type RequestPhases = Record<"dns" | "connect" | "tls" | "firstByte", number>;

/** What one prober last saw of one check. */
export interface LastRound {
  /** Slot, epoch ms. */
  slot: number;
  /** When the walk began by its turn, epoch ms; absent: at the slot. */
  at?: number;
  /** The verdict. */
  word: Verdict;
  /** Why the verdict is not simply the cell of the table. */
  reason?: string;
  /** The claim before the journey; null: the check has no report. */
  before: ReportSummary | null;
  /** The claim after it, where it was asked again. */
  after?: ReportSummary | null;
  /** What the journey came to. */
  outcome: Observation["outcome"];
  /** How long it took, ms. */
  totalMs: number;
  /** Only of journeys that did not pass. */
  failure?: Failure;
  /** Only of journeys that did not pass. */
  steps?: StepTrace[];
  /** How long each step took, in order, of journeys that passed. */
  stepMs?: number[];
  /** Over all steps, of their last requests, ms; absent: not measured. */
  phases?: RequestPhases;
  /** Of its trace, where the check has one. */
  traceId?: string;
  /** Only of a cleanup that did not pass. */
  cleanup?: Observation["cleanup"];
  /** The walk before this one, which got no answer. */
  first?: FirstRound;
}

/** Rounds that are kept beside the latest, each absent where the latest is that round; failures only around an incident. */
export interface KeptRounds {
  /** The latest that passed. */
  lastGood?: LastRound;
  /** The first that failed in the open incident. */
  firstFailed?: LastRound;
  /** Absent also where it is the first. */
  latestFailed?: LastRound;
}

/** What one prober captured last. */
export interface CapturedValue {
  /** As text, of bounded length. */
  value: string;
  /** When the walk began that captured it, epoch ms. */
  at: number;
}

/** One value of a capture that some prober holds. A list of them stands in the order in which they were first seen. */
export interface KnownValue {
  /** As text, of bounded length. */
  value: string;
  /** When it was first seen, epoch ms. */
  since: number;
  /** When a prober was first seen that had left it for another, epoch ms. */
  leftAt?: number;
  /** A prober went back to it, so it counts as first seen then; once, until all agree. */
  returned?: true;
}

/** Why a prober's slot has no round: `timeout`, `unreachable`, `refused`, `digest`, `deadline`, `invalid` ... */
export interface MissedSlot {
  /** Slot, epoch ms. */
  slot: number;
  /** When the walk would have begun by its turn, epoch ms; absent: at the slot. */
  at?: number;
  /** A short word. */
  reason: string;
}

/** One prober's memory of one check. */
export interface ProberState {
  /** Its vote, and what made it. */
  standing: VoteState;
  /** The clocks of `announced`. */
  phases: Phases;
  /** Slots in a row with (+) or without (-) a contradiction in the report; capped at the thresholds. */
  contradictions: number;
  /** The running answer of the thresholds to "does the report contradict itself?"; absent: not asked yet. */
  contradicts?: boolean;
  /** Slots in a row in which a limit of ours kept it from knowing, see limited.ts. */
  limited?: number;
  /** Slots in a row that timed out, see hanging.ts; absent: none. */
  timeouts?: number;
  /** Its latest slot cannot be believed; its vote is set aside. */
  aside?: Fault;
  /** The data centre where the prober measured itself to be. */
  place?: string;
  /** What it last saw. */
  witness?: LastRound;
  /** The rounds that stand beside the last one in the evidence. */
  kept?: KeptRounds;
  /** The certificate that it last saw. */
  certificate?: SeenCertificate;
  /** What it last captured of what must agree across regions, by the capture's name. */
  captured?: Record<string, CapturedValue>;
  /** The last slot of which it brought nothing. */
  missed?: MissedSlot;
  /** Its last conclusive or announced evidence, moved on by every unjudged time; epoch ms. */
  heardAt?: number;
}

/** An extra slot of all probers of a scope: after a first failure (`down`) or a first recovery (`up`). */
export interface Confirmation {
  /** Its slot and instant, epoch ms. */
  at: number;
  /** Which of the two. */
  direction: "down" | "up";
}

/** A voter that fell silent with a bad vote, and keeps an incident from resolving. */
export interface Holder {
  /** A prober or a region. */
  id: string;
  /** Epoch ms. */
  silentSince: number;
}

/** The evidence of failures in part; see advisory.ts. */
export interface PartialState {
  /** One sum for each region that is left out, by its id; `none` with one region. */
  sums: Record<string, number>;
  /** Verdicts in a row, of all probers together, that did not fail. */
  passes: number;
  /** Verdicts since the sums began to rise, and how many of them failed. */
  counted: number;
  /** How many of these failed. */
  failed: number;
}

/** What is remembered of one scope (`global`, or a region) from judgement to judgement. Instants in epoch ms. */
export interface ScopeState {
  /** Pending: the holder of the lease asks all probers of the scope to walk at `at`. */
  confirmation?: Confirmation;
  /** The last confirmation of each kind: when it began, and when the walk that called for it did. */
  begun?: Partial<Record<Confirmation["direction"], { at: number; calledAt: number }>>;
  /** Since when the resolve rule has held without a break. */
  resolvableSince?: number;
  /** Since when the outcome has been `ready` without a break. */
  readySince?: number;
  /** Who holds the open service incident open. */
  heldBy?: Holder[];
  /** The evidence of failures in part. */
  partial?: PartialState;
}

/** One region's vote on one check. */
export interface RegionState {
  /** What its quorum holds. */
  outcome: QuorumOutcome;
  /** Slot (epoch ms) since which it has been that. */
  since: number;
  /** Its last outcome that was not `pending` was a failed one. */
  wasBad: boolean;
  /** Since when (epoch ms) its vote has been bad while no service incident was open. */
  badSince?: number;
}

/** All that is remembered of one check. */
export interface CheckState {
  /** The newest regular slot of which anything was judged, epoch ms. */
  slot: number;
  /** The instant of the last judgement, epoch ms. */
  judgedAt: number;
  /** What the quorum holds. */
  outcome: QuorumOutcome;
  /** Instant (epoch ms) since which the outcome has been that. */
  since: number;
  /** By the prober's id. */
  probers: Record<string, ProberState>;
  /** By the region's id. */
  regions: Record<string, RegionState>;
  /** By scope. */
  scopes: Record<string, ScopeState>;
  /** The values of captures that must agree, by name, in the order in which they were first seen. */
  agreement?: Record<string, KnownValue[]>;
  /** Open incidents, and resolved ones that may still flap. */
  incidents: Incident[];
}
