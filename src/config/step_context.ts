import type { AddressChecks } from "./address.ts";
import type { Compiler } from "./compile.ts";
import type { Note, Path } from "./problem.ts";

/** What a step is read with. */
export interface StepContext {
  /** Of the step. */
  path: Path;
  /** The check's. */
  timeoutMs: number;
  allowPrivate: boolean;
  /** The target's URL; may hold `${env:NAME}`. */
  baseUrl: string;
  /** Origins that a step may be led to, beside the target's. */
  origins: readonly string[];
  /** What earlier steps captured. */
  captures: readonly string[];
  compiler: Compiler;
  /** Absent where the config has passed. */
  checks?: AddressChecks;
  note: Note;
}
