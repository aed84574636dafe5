import type { Check } from "./config.ts";

/** Link to the trace of a walk of `check`; undefined without a trace or without traceUrl. */
export const traceLink = ({ trace }: Pick<Check, "trace">, traceId: string | undefined): string | undefined =>
  traceId && trace?.url?.replaceAll("{traceId}", traceId);
