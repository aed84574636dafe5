import type { CheckDraft, StepDraft } from "./draft.ts";
import type { Note, Path } from "./problem.ts";

/**
 * Warns about captures that no later step uses. The search is textual: a name in a literal counts as a use.
 */
export function warnUnused(check: CheckDraft, path: Path, note: Note): void {
  const steps = [
    ...(check.journey ?? []).map((step, i) => ({ step, path: [...path, "journey", i] })),
    ...(check.cleanup ?? []).map((step, i) => ({ step, path: [...path, "cleanup", i] })),
  ];
  const named = new Set<string>();
  for (const { step, path } of steps.toReversed()) {
    if (step?.repeat) { for (const name of captureNamesIn(step)) named.add(name); }
    for (const [name, source] of Object.entries(step?.capture ?? {})) {
      if (typeof source === "object" && (source.converge ?? source.version) !== undefined) continue;
      if (source === undefined || named.has(name) || named.has("*")) continue;
      const message = "captured, but no later step uses it";
      note({ severity: "warning", path: [...path, "capture", name], at: "key", message, found: name });
    }
    for (const name of captureNamesIn(step)) named.add(name);
  }
}

const USES = /\bcaptures\b(?:\s*\.\s*(\w+)|\s*\[\s*\\?["'](\w+))?/g;

/** The captures that a step uses; `*` if it uses all of them as a map. */
function captureNamesIn(step: StepDraft | undefined): string[] {
  return [...(JSON.stringify(step) ?? "").matchAll(USES)].map(([, dotted, quoted]) =>
    dotted ?? quoted ?? "*"
  );
}
