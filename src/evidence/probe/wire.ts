import type { ExchangeTrace } from "../../base/ports.ts";
import type { WireTrace } from "./observation.ts";

const ISSUER_CHARS = 300;

/** The transport measurements to keep; undefined if there are none. */
export function wireOf(
  { dnsMs, connectMs, tlsMs, firstByteMs, protocol, remoteAddress, certificate }: Partial<ExchangeTrace>,
): WireTrace | undefined {
  if (
    (dnsMs ?? connectMs ?? tlsMs ?? firstByteMs ?? protocol ?? remoteAddress ?? certificate) === undefined
  ) {
    return undefined;
  }
  const wire: WireTrace = { dnsMs, connectMs, tlsMs, firstByteMs, protocol, remoteAddress };
  if (certificate) {
    const { notAfter, issuer } = certificate;
    wire.certificate = { notAfter, issuer: issuer.slice(0, ISSUER_CHARS) };
  }
  return wire;
}
