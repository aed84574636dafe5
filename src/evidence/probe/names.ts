import type { Step } from "../../config/config.ts";

/** Whether what a step expects or captures of an answer names one of these. */
export const namesAny = (
  { expect, capture, repeat }: Pick<Step, "expect" | "capture" | "repeat">,
  names: readonly string[],
): boolean =>
  [...expect, ...repeat?.while ? [repeat.while] : [], ...capture.map(([, program]) => program)]
    .some(({ reads }) => names.some((name) => reads.has(name)));
