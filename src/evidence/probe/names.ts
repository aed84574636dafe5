import type { Step } from "../../config/config.ts";

/** Whether a step's expectations, captures or repeat condition read one of these variables. */
export function namesAny(
  { expect, capture, repeat }: Pick<Step, "expect" | "capture" | "repeat">,
  names: readonly string[],
): boolean {
  const isNamed = ({ reads }: { reads: ReadonlySet<string> }) => names.some((name) => reads.has(name));
  return expect.some(isNamed) || capture.some(([, program]) => isNamed(program)) ||
    (repeat?.while !== undefined && isNamed(repeat.while));
}
