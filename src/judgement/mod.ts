/**
 * The judgement alone, for callers with their own evidence: pure functions over plain values, without clock or
 * network.
 *
 * @example Report against observation, and a quorum of three
 * ```ts
 * import { compare, tally, wins } from "./mod.ts";
 *
 * const claim = { state: "ready", question: "readiness" } as const;
 * compare(claim, "fail", claim).word; // "drift"
 * tally(["drift", "drift", "ready"], { open: "majority", resolve: "majority", minReporting: 2 }); // "drift"
 * wins("majority", 1, 2); // false: a tie wins nothing
 * ```
 */
export {
  type AnswerExcerpt,
  CLEANUP_OUTCOMES,
  type Failure,
  FAILURE_REASONS,
  JOURNEY_OUTCOMES,
  type JourneyOutcome,
  type Observation,
  type SentRequest,
  type StepTrace,
  type WireTrace,
} from "../evidence/probe/observation.ts";
export type { ExchangeTrace, PeerCertificate } from "../base/ports.ts";
export { type Question, QUESTIONS } from "../config/question.ts";
export { type Report, REPORT_STATES, type ReportState } from "../evidence/report/report.ts";
export type { CompiledCron } from "../config/kinds.ts";
export type { Quorum, Rule, Schedule } from "../config/config.ts";
export { assess, type Assessment, type AssessOptions, type Trace } from "./assess.ts";
export type {
  Cause,
  Change,
  Family,
  Incident,
  IncidentContext,
  Kind,
  Severity,
  TimelineEntry,
  Transition,
} from "./incident.ts";
export type { ScopeResult, Sign } from "./incident_rules.ts";
export type { Admission } from "./admission.ts";
export type { SeenCertificate } from "./certificate.ts";
export { step } from "./incident_rules.ts";
export { type Ballot, type QuorumOutcome, tally, type Vote, type VoteState, wins } from "./quorum.ts";
export type { Arrival, Brought, FirstRound, JudgedReport, JudgedRound, Round, Walk } from "./round.ts";
export type {
  CapturedValue,
  CheckState,
  Confirmation,
  Holder,
  KeptRounds,
  KnownValue,
  LastRound,
  MissedSlot,
  PartialState,
  ProberState,
  RegionState,
  ReportSummary,
  RequestPhases,
  ScopeState,
  SourceSummary,
} from "./state.ts";
export type { JudgedCheck, VotingRegion } from "./subject.ts";
export {
  compare,
  type Conclusive,
  type Failed,
  type Fault,
  type Phases,
  type ReportClaim,
  type Verdict,
  type VerdictReason,
  type VerdictResult,
} from "./verdict.ts";
export {
  CONCLUSIVE,
  FAILED,
  FAULTS,
  INCIDENT_CHANGES,
  INCIDENT_FAMILIES,
  INCIDENT_KINDS,
  INCIDENT_STATES,
  isConclusive,
  isFailed,
  isPassed,
  OUTCOMES,
  PASSED,
  SEVERITIES,
  TRACE_VERDICTS,
  VERDICTS,
  VOTES,
} from "./words.ts";
