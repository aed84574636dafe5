import type { Check, Target } from "./config.ts";

/** The checks that make the status and the figures of a target: all but the optional ones, or all if there are no others. */
export function requiredChecks({ checks }: Pick<Target, "checks">): Check[] {
  const required = checks.filter(({ optional }) => !optional);
  return required.length > 0 ? required : checks;
}
