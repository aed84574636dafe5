import type { Check, Target } from "./config.ts";

/**
 * The checks that count for a target's status and figures: all that are not optional, or all if every one is.
 */
export function requiredChecks({ checks }: Pick<Target, "checks">): Check[] {
  const required = checks.filter(({ optional }) => !optional);
  return required.length > 0 ? required : checks;
}
