/** A certificate that ends soon: one incident a check, part of no outcome. */
import { staleAt } from "../config/schedule.ts";
import { formatSpan, iso } from "../base/time.ts";
import type { StepTrace } from "../evidence/probe/observation.ts";
import type { Sign } from "./incident.ts";
import type { JudgedCheck } from "./subject.ts";

/** The certificate that a prober last saw. Instants in epoch ms. */
export interface SeenCertificate {
  /** When it ends. */
  notAfter: number;
  /** Who issued it. */
  issuer: string;
  /** When the walk began that saw it. */
  at: number;
}

/** Of the certificates that a journey saw the one that ends first; undefined: it saw none, as over http or on a Worker. */
export function firstToEnd(steps: readonly StepTrace[], at: number): SeenCertificate | undefined {
  const seen = steps.flatMap(({ wire }) => wire?.certificate ?? [])
    .filter(({ notAfter }) => Number.isFinite(notAfter)).toSorted((a, b) => a.notAfter - b.notAfter);
  return seen[0] && { notAfter: seen[0].notAfter, issuer: seen[0].issuer, at };
}

/**
 * Wanted while any prober's recent certificate ends within the check's time, over once all that was seen recently lasts longer. Without one
 * (no prober gets as far as TLS) the last sign stays.
 */
export function certificateSign(
  check: JudgedCheck,
  certificates: readonly (SeenCertificate | undefined)[],
  at: number,
): { sign: Sign; reason?: string } {
  if (check.certificateWarningMs === 0) return { sign: "over" };
  const [first] = certificates.filter((seen) => seen !== undefined)
    .filter((seen) => at <= staleAt(check, seen.at)).toSorted((a, b) => a.notAfter - b.notAfter);
  if (!first) return { sign: undefined };
  const leftMs = first.notAfter - at;
  if (leftMs > check.certificateWarningMs) return { sign: "over" };
  const span = leftMs > 0 ? `in ${formatSpan(leftMs)}` : `${formatSpan(-leftMs)} ago`;
  const issuer = first.issuer && `, issued by ${first.issuer}`;
  return {
    sign: "wanted",
    reason: `${span}, ${iso(first.notAfter).slice(0, 10)}${issuer}`,
  };
}
