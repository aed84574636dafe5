import { createPrivateKey, X509Certificate } from "node:crypto";
import type { TlsFault } from "../../src/config/tls.ts";
import type { TlsSettings } from "../../src/base/ports.ts";

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
/** The file may also contain the certificate. */
const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*-----END [A-Z ]*PRIVATE KEY-----/;

/** What OpenSSL rejects in PEM of the right shape; undefined: nothing. */
export function tlsFault({ ca, cert, key }: TlsSettings): TlsFault | undefined {
  if (ca !== undefined && !certificatesIn(ca)) return { field: "ca", expected: CERTIFICATES };
  const own = cert === undefined ? undefined : certificatesIn(cert)?.[0];
  if (cert !== undefined && !own) return { field: "cert", expected: CERTIFICATES };
  const secret = key === undefined ? undefined : attempt(() => createPrivateKey(KEY.exec(key)![0]));
  if (key !== undefined && !secret) return { field: "key", expected: "a private key in PEM, not encrypted" };
  if (own && secret && !own.checkPrivateKey(secret)) {
    return { field: "key", expected: "the private key of cert" };
  }
}

const CERTIFICATES = "certificates in PEM that can be read";

/** Undefined: there is none, or one is invalid. */
function certificatesIn(pem: string): X509Certificate[] | undefined {
  const blocks = pem.match(BLOCK) ?? [];
  return blocks.length === 0 ? undefined : attempt(() => blocks.map((block) => new X509Certificate(block)));
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
