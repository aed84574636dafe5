import type { Compiler } from "./compile.ts";
import type { Note, Path } from "./problem.ts";
import type { RawConfig } from "./schema/mod.ts";
import type { Draft } from "./validate.ts";

/** A check as written. */
export type CheckDraft = NonNullable<
  NonNullable<NonNullable<NonNullable<Draft<RawConfig>["targets"]>[number]>["checks"]>[number]
>;

/** A step as written. */
export type StepDraft = NonNullable<NonNullable<CheckDraft["cleanup"]>[number]>;

/** A request as written. */
export type RequestDraft = NonNullable<StepDraft["request"]>;

/** What the steps of a check share. */
export interface CheckContext {
  /** Of the check. */
  path: Path;
  timeoutMs: number;
  allowPrivate: boolean;
  compiler: Compiler;
  note: Note;
}

/** The same, inside one step: what it may use. */
export interface StepContext extends CheckContext {
  captures: readonly string[];
}
