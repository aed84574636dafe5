import { closest } from "../base/closest.ts";
import type { Target } from "./config.ts";
import type { Note } from "./problem.ts";

/** Notes targets that depend on none of the config, on themselves, or on each other. */
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

/** From a target along its dependencies to another one. */
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
