import type { StepAuth } from "./config.ts";
import type { StepContext } from "./step_context.ts";
import type { ConfigAuthKind } from "./kinds.ts";

/** `auth` of a step, check or target as written. */
export type AuthDraft = "none" | Partial<Record<string, unknown>>;

/**
 * Reads `auth` at `context.path`; undefined if there is none, or if the grammar has already reported a fault.
 */
export function readAuth(
  draft: AuthDraft | undefined,
  auths: readonly ConfigAuthKind[],
  context: StepContext,
): Omit<StepAuth, "isInherited"> | undefined {
  const kind = typeof draft === "object" ? auths.find(({ kind }) => draft[kind] !== undefined) : undefined;
  if (!kind || typeof draft !== "object") return undefined;
  const settings = kind.read(draft[kind.kind], { ...context, path: [...context.path, kind.kind] });
  return { kind: kind.kind, settings };
}
