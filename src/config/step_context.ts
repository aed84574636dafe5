import type { AddressChecks } from "./address.ts";
import type { Compiler } from "./compiler.ts";
import type { Note, Path } from "./problem.ts";

/** Context for reading a step. */
export interface StepContext {
  /** The step's path. */
  path: Path;
  /** The check's timeout. */
  timeoutMs: number;
  allowPrivate: boolean;
  /** The target's URL; may hold `${env:NAME}`. */
  baseUrl: string;
  /** Further origins that steps may send requests to. */
  origins: readonly string[];
  /** Names captured by earlier steps. */
  captures: readonly string[];
  compiler: Compiler;
  /** Absent where the config has passed. */
  checks?: AddressChecks;
  note: Note;
}
