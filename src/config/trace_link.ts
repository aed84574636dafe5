import type { Check } from "./config.ts";

/** Where the trace of a walk of `check` is looked at; undefined: it has none, or no traceUrl is set. */
export const traceLink = ({ trace }: Pick<Check, "trace">, traceId: string | undefined): string | undefined =>
  traceId && trace?.url?.replaceAll("{traceId}", traceId);
