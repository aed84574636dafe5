import type { CheckDraft } from "./draft.ts";
import type { Note, Path } from "./problem.ts";
import { formatDuration, parseDuration } from "./schema/duration.ts";

/** Reports fields of a check without effect. */
export function refuseIgnored(draft: CheckDraft, timeoutMs: number, path: Path, note: Note): void {
  for (const name of ["startupBudget", "drainWindow"] as const) {
    if (draft[name] === undefined || "report" in draft) continue;
    const message = "without a report the service cannot say that it is starting or draining";
    note({ path: [...path, name], at: "key", message, expected: "a report as well", found: name });
  }
  if (draft.scope === "region" && draft.quorum !== undefined) {
    const message = "with scope: region, each region's own quorum decides";
    note({
      path: [...path, "quorum"],
      at: "key",
      message,
      expected: "regions[].quorum, or scope: global",
      found: "quorum",
    });
  }
  if (draft.latencyBudget === undefined || parseDuration(draft.latencyBudget) < timeoutMs) return;
  const message = "no journey can be slow: it times out first";
  const expected = `less than ${formatDuration(timeoutMs)}, the check's timeout`;
  note({ path: [...path, "latencyBudget"], message, expected, found: draft.latencyBudget });
}
