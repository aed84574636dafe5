import type { StepAuth } from "./config.ts";
import type { StepContext } from "./step_context.ts";
import type { ConfigAuthKind } from "./kinds.ts";

/** What a step, check or target says under `auth`. */
export type AuthDraft = "none" | Partial<Record<string, unknown>>;

/** What is written at `context.path`; undefined: nothing, or the grammar has noted what is wrong. */
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
