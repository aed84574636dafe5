import type { Compiler } from "./compile.ts";
import type { Note, Path } from "./problem.ts";

/** What a step is read with. */
export interface StepContext {
  /** Of the step. */
  path: Path;
  /** The check's. */
  timeoutMs: number;
  allowPrivate: boolean;
  /** What earlier steps captured. */
  captures: readonly string[];
  compiler: Compiler;
  note: Note;
}
