/**
 * What the judgement reads of a check and its voters. It reads no more, so that it can also judge other
 * tools' results.
 */
import type { Quorum, Schedule } from "../config/config.ts";

/** A check as the judgement reads it: its name, schedule and rules. */
export interface JudgedCheck {
  /** The target it belongs to. */
  target: { id: string };
  /** Unique within the target. */
  id: string;
  /** When it runs; periods and maximum ages follow from it. */
  schedule: Schedule;
  /** Evidence older than this (ms) does not count; absent: 2.5 scheduled gaps. */
  maxAgeMs?: number;
  /** Turns the regions' votes into an outcome. */
  quorum: Quorum;
  /** One incident when the regions agree, or one per region. */
  scope: "global" | "region";
  /** Consecutive failed slots that turn a vote bad. */
  failureThreshold: number;
  /** Consecutive passed slots that turn it back. */
  successThreshold: number;
  /** How long (ms) `starting` is not judged. */
  startupBudgetMs: number;
  /** How long (ms) `draining` is not judged. */
  drainWindowMs: number;
  /** An incident that reopens within this time (ms) keeps its id. */
  flapWindowMs: number;
  /** The highest severity of its incidents; absent: critical. */
  severity?: "critical" | "warning" | "info";
  /** How long (ms) after a first failure or recovery all probers walk once more; 0: never. */
  confirmMs: number;
  /** How long (ms) a prober that went silent with a bad vote counts against resolving. */
  releaseAfterMs: number;
  /** A certificate that ends within this time (ms) opens an incident; 0: never. */
  certificateWarningMs: number;
  /** Captures whose values must agree across regions, and how long (ms) a change may take; absent: none. */
  converge?: Readonly<Record<string, number>>;
  /** The capture that holds the version that answered; absent: none. */
  version?: string;
}

/** A group of probers with its own quorum. */
export interface VotingRegion {
  /** Unique among the regions. */
  id: string;
  /** Turns the probers' votes into the region's vote. */
  quorum: Quorum;
  /** Its voters. */
  probers: readonly { id: string }[];
}
