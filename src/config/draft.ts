import type { StepAuth } from "./config.ts";
import type { ConfigAuthKind, ConfigStepKind } from "./kinds.ts";
import type { Runtime } from "./runtime.ts";
import type { RawConfig } from "./schema/mod.ts";
import type { StepContext } from "./step_context.ts";
import type { Draft } from "./validate.ts";

/** A check as written. */
export type CheckDraft = NonNullable<
  NonNullable<NonNullable<NonNullable<Draft<RawConfig>["targets"]>[number]>["checks"]>[number]
>;

/** A step as written. */
export type StepDraft = NonNullable<NonNullable<CheckDraft["cleanup"]>[number]>;

/** Context of all steps of a check; `path` is the check's. */
export interface CheckContext extends Omit<StepContext, "captures"> {
  steps: readonly ConfigStepKind[];
  auths: readonly ConfigAuthKind[];
  /** The runtime of its probers, if known. */
  runtime?: Runtime;
  /** Default authentication of its steps. */
  auth?: StepAuth;
}
