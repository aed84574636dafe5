import { closest } from "../base/closest.ts";
import type { Check, Target } from "./config.ts";
import type { Note, Path } from "./problem.ts";

/** Reports `after` of an unknown check, or in a circle. `path` is the path of the list of checks. */
export function checkOrder({ id, checks }: Target, path: Path, note: Note): void {
  const byKey = new Map(checks.map((check) => [check.key, check]));
  const ids = checks.map((check) => check.id);
  for (const [i, check] of checks.entries()) {
    if (check.after === undefined) continue;
    const found = check.after.slice(id.length + 1);
    const at = { path: [...path, i, "after"], found };
    const others = ids.filter((other) => other !== check.id);
    const expected = others.length > 0 ? `one of ${others.join(", ")}` : "no after: there is no other check";
    if (!byKey.has(check.after)) {
      note({ ...at, message: "no check of this target", expected, suggestion: closest(found, others) });
    } else if (isInCircle(check, byKey)) {
      note({ ...at, message: "it would wait for itself, and never be judged", expected });
    }
  }
}

function isInCircle(check: Check, byKey: ReadonlyMap<string, Check>): boolean {
  let next = check.after;
  for (let steps = 0; next !== undefined && steps < byKey.size; steps++) {
    if (next === check.key) return true;
    next = byKey.get(next)?.after;
  }
  return false;
}
