/** The contract between settler and probers: the request, and the evidence in return. */
import type { Report, ReportState } from "../evidence/report/report.ts";
import type { Failure, Observation } from "../evidence/probe/observation.ts";
import type { Check } from "../config/config.ts";
import type { FAULTS } from "./words.ts";

/** One prober's evidence on one check in one slot. */
export interface Round {
  /** The claim before the journey; null: the check has no source that a prober asks. */
  before: Report | null;
  /**
   * The claim after the journey; present where the first verdict called for it, and always for checks with a
   * pushed source.
   */
  after?: Report | null;
  /** What the journey saw. */
  observation: Observation;
  /** The first walk, if the report or some step got no HTTP answer in it and the check was walked again. */
  first?: FirstRound;
}

/** What the judgement reads of a report. */
export type JudgedReport =
  & Pick<Report, "state" | "phase" | "question" | "dialect" | "httpStatus" | "reason" | "version" | "sources">
  & Pick<Report, "at" | "durationMs" | "contradictions" | "subsystems">;

/** What the judgement reads of a round. */
export type JudgedRound = Omit<Round, "before" | "after"> & {
  before: JudgedReport | null;
  after?: JudgedReport | null;
};

/** The evidence that is kept of a first walk replaced by a second. */
export interface FirstRound {
  /** The claim before the journey. */
  before: ReportState | null;
  /** The claim after the journey, if the report was read again. */
  after?: ReportState | null;
  /** The journey's outcome. */
  outcome: Observation["outcome"];
  /** The step without an answer. */
  failure?: Pick<Failure, "step" | "reason" | "detail">;
}

/** A check's round, or why there is none. */
export type RoundResult =
  & { check: string; digest: string }
  & ({ round: Round } | { missed: string });

/** One walk of one check. Times in epoch ms; ages count from `at`. */
export interface Walk {
  /** Epoch ms; the slot of a confirmation is its instant. */
  slot: number;
  /** When its turn, or the confirmation, begins. */
  at: number;
  /** One of the slot's turns, or an extra slot for all probers. */
  kind: "turn" | "confirmation";
}

/** One prober's result, or why there is none. */
export type Brought<R extends JudgedRound = Round> =
  | { round: R; place?: string; fault?: (typeof FAULTS)[number] }
  | { missed: string };

/** One prober's result for one check in one walk. A prober that was not asked has no arrival. */
export type Arrival<R extends JudgedRound = Round> = { prober: string; walk: Walk } & Brought<R>;

/** One prober's reply for one slot. */
export interface ProberReply {
  prober: string;
  /** Slot, epoch ms. */
  slot: number;
  /** Every control URL failed here: none of these rounds can be trusted. */
  suspect: boolean;
  /** The prober is not in the place it was configured for. */
  misplaced: boolean;
  /** Where it measured itself to be, if it can. */
  place?: string;
  answers: RoundResult[];
}

/** The request to a prober. `deadlineMs` counts from the call. */
export interface ProberRequest {
  /** Epoch ms; the slot of a confirmation is its instant. */
  slot: number;
  /** The instant of the walk's turn, epoch ms; absent: the slot. */
  at?: number;
  checks: readonly Check[];
  deadlineMs: number;
}

/** Called with an answer before the reply is complete, and with the reply fields that apply to it. */
export type OnAnswer = (answer: RoundResult, about: Omit<ProberReply, "answers">) => void;

/**
 * A vantage point. `ask` never rejects for a target's fault. It answers within the deadline plus 2 s for its
 * controls.
 */
export interface Prober {
  id: string;
  /** Calls `onAnswer`, if it can, for each answer as it is ready, so that a hanging check delays no other. */
  ask(request: ProberRequest, onAnswer?: OnAnswer): Promise<ProberReply>;
}
