import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import type { ChainedCertificate, LineSecurity } from "../../../src/base/ports.ts";

/** The maximum length of a chain. Real chains are shorter; this ends an endless one. */
const MAX_CHAIN = 10;

/** The result of a TLS handshake. */
export function securityOf(socket: TLSSocket): LineSecurity {
  const distrust = socket.authorized ? undefined : String(socket.authorizationError ?? "not trusted");
  return {
    version: socket.getProtocol() ?? "",
    cipher: socket.getCipher()?.name ?? "",
    ...(socket.alpnProtocol && { protocol: socket.alpnProtocol }),
    ...(distrust !== undefined && { distrust }),
    chain: chainOf(socket.getPeerCertificate(true)),
  };
}

function chainOf(first: DetailedPeerCertificate): ChainedCertificate[] {
  const chain: ChainedCertificate[] = [];
  let next: DetailedPeerCertificate | undefined = first;
  const seen = new Set<string>();
  // A root is its own issuer.
  while (next?.valid_to && !seen.has(next.fingerprint256) && chain.length < MAX_CHAIN) {
    seen.add(next.fingerprint256);
    chain.push(certificateOf(next));
    next = next.issuerCertificate;
  }
  return chain;
}

const certificateOf = (
  { subject, issuer, subjectaltname = "", valid_from, valid_to, fingerprint256 = "", serialNumber }:
    DetailedPeerCertificate,
): ChainedCertificate => ({
  subject: nameIn(subject),
  issuer: nameIn(issuer),
  names: subjectaltname.split(", ").map((name) => name.replace(/^(DNS|IP Address):/, "")).filter(Boolean),
  notBefore: Date.parse(valid_from),
  notAfter: Date.parse(valid_to),
  fingerprint: fingerprint256.replaceAll(":", "").toLowerCase(),
  serialNumber,
});

/** The common name, else the organization. */
const nameIn = ({ CN, O }: Partial<DetailedPeerCertificate["subject"]> = {}) =>
  [CN ?? O ?? ""].flat().join(", ");
