import type { Check } from "./config.ts";
import type { CheckDraft } from "./draft.ts";
import { capturesOf } from "./journey.ts";
import { parseDuration } from "./schema/duration.ts";
import type { Note, Path } from "./problem.ts";

/** So many values of a check are remembered for each prober. */
const MOST = 5;

/** The captures of a check that must agree across regions, and how long a change may take; notes those that cannot be compared. */
export function readConverge(
  { journey, cleanup }: CheckDraft,
  { path, note }: { path: Path; note: Note },
): Pick<Check, "converge"> {
  const found: [string, number][] = [];
  for (const [part, steps] of Object.entries({ journey, cleanup })) {
    for (const [i, step] of (steps ?? []).entries()) {
      for (const { name, converge, isSecret } of step ? capturesOf(step) : []) {
        if (converge === undefined) continue;
        const at = { path: [...path, part, i, "capture", name, "converge"], at: "key" as const, found: name };
        const fault = faultOf({ name, isSecret, part, count: found.push([name, parseDuration(converge)]) });
        if (fault) note({ ...at, ...fault });
      }
    }
  }
  return found.length > 0 ? { converge: Object.fromEntries(found) } : {};
}

function faultOf(
  { name, isSecret, part, count }: { name: string; isSecret: boolean; part: string; count: number },
): { message: string; expected: string } | undefined {
  if (part === "cleanup") {
    return { message: "a cleanup proves nothing", expected: "converge in a step of the journey" };
  }
  if (isSecret) {
    return {
      message: "a value that must agree is shown, and this capture is secret",
      expected: "another capture, or secret: false beside it",
    };
  }
  // Values are kept by these names, and every object has a `constructor`.
  if (name in {}) return { message: "a word of JavaScript", expected: "another name" };
  if (count > MOST) {
    return { message: "too many values that must agree", expected: `at most ${MOST} in a check` };
  }
}
