/** What the judgement reads of a check and of its voters: no more, so that it also judges what others have probed. */
import type { Quorum, Schedule } from "../config/config.ts";

/** A check as the judgement sees it: its name, when it runs, and its rules. */
export interface JudgedCheck {
  /** What the check belongs to. */
  target: { id: string };
  /** Unique within the target. */
  id: string;
  /** When it runs; ages and periods follow from it. */
  schedule: Schedule;
  /** Evidence older than this (ms) is none; absent: 2.5 scheduled gaps. */
  maxAgeMs?: number;
  /** Turns the regions' votes into an outcome. */
  quorum: Quorum;
  /** One incident when the regions agree, or one for each region. */
  scope: "global" | "region";
  /** Failed slots in a row that turn a vote bad. */
  failureThreshold: number;
  /** Passed slots in a row that turn it back. */
  successThreshold: number;
  /** For so long (ms) `starting` is not judged. */
  startupBudgetMs: number;
  /** For so long (ms) `draining` is not judged. */
  drainWindowMs: number;
  /** An incident that opens again within it (ms) keeps its id. */
  flapWindowMs: number;
  /** The most that its incidents can be; absent: critical. */
  severity?: "critical" | "warning" | "info";
  /** How long (ms) after a first failure or a first recovery all probers walk once more; 0: never. */
  confirmMs: number;
  /** For so long (ms) a prober that fell silent with a bad vote counts against resolving. */
  releaseAfterMs: number;
  /** A certificate that ends within it (ms) is an advisory; 0: never. */
  certificateWarningMs: number;
  /** Captures whose values must agree across regions, and how long (ms) a change may take; absent: none. */
  converge?: Readonly<Record<string, number>>;
  /** The capture that is the version which answered; absent: none. */
  version?: string;
}

/** A group of probers with a quorum of its own. */
export interface VotingRegion {
  /** Unique among the regions. */
  id: string;
  /** Turns the probers' votes into the region's. */
  quorum: Quorum;
  /** Who votes. */
  probers: readonly { id: string }[];
}
