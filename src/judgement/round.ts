/** The contract between who asks and who walks: what a prober is asked, and the evidence that it brings. */
import type { Report, ReportState } from "../evidence/report/report.ts";
import type { Failure, Observation } from "../evidence/probe/observation.ts";
import type { Check } from "../config/config.ts";
import type { FAULTS } from "./words.ts";

/** One prober's evidence on one check in one slot; null: the check has no source that a prober asks. */
export interface Round {
  /** The claim before the journey. */
  before: Report | null;
  /** Present where the first cell of the table called for a second look, and always where a pushed source has its say as well. */
  after?: Report | null;
  /** What the journey saw. */
  observation: Observation;
  /** It was walked again, because the first time the report or some step got no HTTP answer. */
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

/** What stands in the evidence of a walk that another one has taken the place of. */
export interface FirstRound {
  /** What the reports around the journey claimed. */
  before: ReportState | null;
  /** The claim after the journey, where it was asked again. */
  after?: ReportState | null;
  /** What the journey came to. */
  outcome: Observation["outcome"];
  /** The step without an answer. */
  failure?: Pick<Failure, "step" | "reason" | "detail">;
}

/** A round, or why there is none. */
export type RoundResult =
  & { check: string; digest: string }
  & ({ round: Round } | { missed: string });

/** One walk of one check: its slot, and the instant from which ages are counted; epoch ms. */
export interface Walk {
  /** A confirmation's slot is its instant. */
  slot: number;
  /** When its turn, or the confirmation, begins. */
  at: number;
  /** One of the slot's turns, or an extra slot of all probers. */
  kind: "turn" | "confirmation";
}

/** What one prober brought, or why it brought nothing. */
export type Brought<R extends JudgedRound = Round> =
  | { round: R; place?: string; fault?: (typeof FAULTS)[number] }
  | { missed: string };

/** What one prober brought for one check in one walk. A prober that was not asked has none, and so says nothing. */
export type Arrival<R extends JudgedRound = Round> = { prober: string; walk: Walk } & Brought<R>;

/** All that one prober has to say of one slot. */
export interface ProberReply {
  prober: string;
  /** Slot, epoch ms. */
  slot: number;
  /** Every known-good control URL failed here: none of these rounds can be believed. */
  suspect: boolean;
  /** The prober is not where it was asked to be. */
  misplaced: boolean;
  /** Where it measured itself to be, if it can. */
  place?: string;
  answers: RoundResult[];
}

/** What a prober is asked. `deadlineMs` counts from the call. */
export interface ProberRequest {
  /** A confirmation's slot is its instant. */
  slot: number;
  /** When the walk begins by its turn, epoch ms; absent: at the slot. */
  at?: number;
  checks: readonly Check[];
  deadlineMs: number;
}

/** Called with one answer before the reply is complete, and with the reply's other fields that apply to it. */
export type OnAnswer = (answer: RoundResult, about: Omit<ProberReply, "answers">) => void;

/** A vantage point. `ask` never rejects for a target's fault, and answers within the deadline and 2 s for its controls. */
export interface Prober {
  id: string;
  /** Calls `onAnswer`, if it can, for what is ready before the rest: one check that hangs holds up no other. */
  ask(request: ProberRequest, onAnswer?: OnAnswer): Promise<ProberReply>;
}
