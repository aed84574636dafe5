import { closest } from "../base/closest.ts";
import type { Target } from "./config.ts";
import type { Note } from "./problem.ts";

/** Reports `dependsOn` of unknown targets, and circles. */
export function checkDependencies(targets: readonly Target[], note: Note): void {
  const byId = new Map(targets.map((target) => [target.id, target]));
  for (const [i, { id, dependsOn }] of targets.entries()) {
    for (const [j, found] of dependsOn.entries()) {
      const at = { path: ["targets", i, "dependsOn", j], found };
      const others = [...byId.keys()].filter((other) => other !== id);
      if (!byId.has(found)) {
        note({ ...at, message: "there is no target of this id", suggestion: closest(found, others) });
        continue;
      }
      const circle = wayBack(found, id, byId);
      if (!circle) continue;
      const message = `it would depend on itself: ${[id, ...circle].join(" -> ")}`;
      note({ ...at, message, expected: "no circle" });
    }
  }
}

/** The path from a target along its dependencies to another one, if there is one. */
function wayBack(
  from: string,
  to: string,
  byId: ReadonlyMap<string, Target>,
  seen = new Set<string>(),
): string[] | undefined {
  if (from === to) return [to];
  if (seen.has(from)) return undefined;
  seen.add(from);
  for (const next of byId.get(from)?.dependsOn ?? []) {
    const way = wayBack(next, to, byId, seen);
    if (way) return [from, ...way];
  }
  return undefined;
}
