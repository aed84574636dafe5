/** A certificate that ends soon: one incident per check; it does not affect the outcome. */
import { staleAt } from "../config/schedule.ts";
import { formatSpan, iso } from "../base/time.ts";
import type { StepTrace } from "../evidence/probe/observation.ts";
import type { Sign } from "./incident_rules.ts";
import type { JudgedCheck } from "./subject.ts";

/** The certificate that a prober last saw. Instants in epoch ms. */
export interface SeenCertificate {
  /** When it ends. */
  notAfter: number;
  /** Who issued it. */
  issuer: string;
  /** When the walk that saw it began. */
  at: number;
}

/**
 * The certificate that ends first among those a journey saw; undefined: it saw none, as over http or on a
 * Worker.
 */
export function firstToEnd(steps: readonly StepTrace[], at: number): SeenCertificate | undefined {
  const seen = steps.flatMap(({ wire }) => wire?.certificate ?? [])
    .filter(({ notAfter }) => Number.isFinite(notAfter));
  if (seen.length === 0) return undefined;
  const { notAfter, issuer } = earliest(seen);
  return { notAfter, issuer, at };
}

/**
 * `wanted` while any prober's recent certificate ends within the check's warning time; `over` once every
 * recent one lasts longer. Without a recent one (no prober gets as far as TLS) the incident stays as it is.
 */
export function certificateSign(
  check: JudgedCheck,
  certificates: readonly (SeenCertificate | undefined)[],
  at: number,
): { sign: Sign; reason?: string } {
  if (check.certificateWarningMs === 0) return { sign: "over" };
  const recent = certificates.flatMap((seen) => seen && at <= staleAt(check, seen.at) ? [seen] : []);
  if (recent.length === 0) return { sign: undefined };
  const first = earliest(recent);
  const leftMs = first.notAfter - at;
  if (leftMs > check.certificateWarningMs) return { sign: "over" };
  const span = leftMs > 0 ? `in ${formatSpan(leftMs)}` : `${formatSpan(-leftMs)} ago`;
  const issuer = first.issuer && `, issued by ${first.issuer}`;
  return {
    sign: "wanted",
    reason: `${span}, ${iso(first.notAfter).slice(0, 10)}${issuer}`,
  };
}

/** The first to end of at least one. */
const earliest = <T extends { notAfter: number }>(all: readonly T[]): T =>
  all.reduce((first, one) => one.notAfter < first.notAfter ? one : first);
