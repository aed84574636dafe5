import type { Check } from "./config.ts";
import type { CheckDraft } from "./draft.ts";
import { capturesOf } from "./journey.ts";
import { parseDuration } from "./schema/duration.ts";
import type { Note, Path } from "./problem.ts";

/** The most such captures per check, because states store their values for each prober. */
const MOST = { converge: 5, version: 1 };

/**
 * The captures of a check whose values are stored: those that must agree across regions, with the time a
 * change may take, and the version. Reports those that cannot be compared.
 */
export function readConverge(
  { journey, cleanup }: CheckDraft,
  { path, note }: { path: Path; note: Note },
): Pick<Check, "converge" | "version"> {
  const found: [string, number][] = [];
  const versions: string[] = [];
  for (const [part, steps] of Object.entries({ journey, cleanup })) {
    for (const [i, step] of (steps ?? []).entries()) {
      for (const { name, converge, version, isSecret } of step ? capturesOf(step) : []) {
        const noteFault = (key: "converge" | "version", count: number) => {
          const fault = faultOf({ name, isSecret, part, key, count });
          if (fault) {
            note({ path: [...path, part, i, "capture", name, key], at: "key", found: name, ...fault });
          }
        };
        if (version) noteFault("version", versions.push(name));
        if (converge !== undefined) noteFault("converge", found.push([name, parseDuration(converge)]));
      }
    }
  }
  return {
    ...found.length > 0 && { converge: Object.fromEntries(found) },
    ...versions[0] !== undefined && { version: versions[0] },
  };
}

function faultOf(
  { name, isSecret, part, key, count }: {
    name: string;
    isSecret: boolean;
    part: string;
    key: keyof typeof MOST;
    count: number;
  },
): { message: string; expected: string } | undefined {
  if (part === "cleanup") {
    return { message: "a cleanup is not part of the proof", expected: `${key} in a step of the journey` };
  }
  if (isSecret) {
    return {
      message: "its value is shown, but this capture is secret",
      expected: "another capture, or secret: false",
    };
  }
  // Names are keys of objects, so inherited names such as `constructor` are not allowed.
  if (name in {}) return { message: "a name reserved in JavaScript", expected: "another name" };
  if (count > MOST[key]) {
    return { message: `too many with ${key}`, expected: `at most ${MOST[key]} in a check` };
  }
}
