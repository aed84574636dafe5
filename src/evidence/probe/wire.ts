import type { ExchangeTrace } from "../../base/ports.ts";
import type { WireTrace } from "./observation.ts";

const ISSUER_CHARS = 300;

/** The transport measurements to keep; undefined if there are none. */
export function wireOf(
  { requests: _, certificate, ...rest }: Omit<ExchangeTrace, "requests"> & { requests?: number },
): WireTrace | undefined {
  const { notAfter, issuer = "" } = certificate ?? {};
  const wire = notAfter === undefined
    ? rest
    : { ...rest, certificate: { notAfter, issuer: issuer.slice(0, ISSUER_CHARS) } };
  return Object.keys(wire).length > 0 ? wire : undefined;
}
