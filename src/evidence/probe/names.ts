import type { Step } from "../../config/config.ts";

/** Whether what a step expects or captures of an answer names one of these. */
export function namesAny(
  { expect, capture, repeat }: Pick<Step, "expect" | "capture" | "repeat">,
  names: readonly string[],
): boolean {
  const isNamed = ({ reads }: { reads: ReadonlySet<string> }) => names.some((name) => reads.has(name));
  return expect.some(isNamed) || capture.some(([, program]) => isNamed(program)) ||
    (repeat?.while !== undefined && isNamed(repeat.while));
}
