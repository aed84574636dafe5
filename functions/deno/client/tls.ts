import { readFileSync } from "node:fs";
import { isIP, type Socket } from "node:net";
import * as tls from "node:tls";
import { Cache } from "../../../src/base/cache.ts";
import type { ExchangeTrace, TlsSettings } from "../../../src/base/ports.ts";

const MAX_CONTEXTS = 64;

/**
 * Certificates to trust: PEM, or null for the runtime's own store (which includes DENO_CERT and
 * NODE_EXTRA_CA_CERTS).
 */
export type TrustStore = string | null;

export interface HandshakeOptions {
  /** The URL's host: sent as SNI and compared with the certificate, unless `settings` name another. */
  host: string;
  settings: TlsSettings;
  store: TrustStore;
  /** The application protocol (ALPN) to offer; absent: none. */
  protocol?: string;
  signal: AbortSignal;
}

/**
 * The trust stores to verify a server's certificate against, the likeliest first. They are tried one by one:
 * with one joined list the runtime would parse all of it in every handshake, at twenty times the handshake's
 * cost.
 */
export function trustStores(ca: string | undefined): (settings: TlsSettings) => TrustStore[] {
  let file: string | undefined;
  return (settings) => {
    const given = [ca, settings.ca].filter((pem) => pem !== undefined).join("\n");
    if (settings.insecure) return [given === "" ? null : given];
    file ??= certificatesIn(Deno.env.get("SSL_CERT_FILE"));
    return [given, null, file].filter((store) => store !== "");
  };
}

/** A missing file means no certificates, as with openssl. */
function certificatesIn(path: string | undefined): string {
  try {
    return path ? readFileSync(path, "utf8") : "";
  } catch {
    return "";
  }
}

/** Whether a certificate has no trusted issuer, by OpenSSL's codes; another trust store may have it. */
export function isUntrusted(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" &&
    /SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY)/.test(error.code);
}

/** A TLS connection and its server's certificate. */
export interface Secured {
  socket: tls.TLSSocket;
  certificate: ExchangeTrace["certificate"];
}

/** Performs TLS handshakes over connected sockets; after a failure or an abort both sockets are destroyed. */
export function handshaker() {
  const contexts = new Cache<string, tls.SecureContext>({ max: MAX_CONTEXTS });
  const contextOf = (store: TrustStore, { cert, key }: TlsSettings) => {
    if (store === null && cert === undefined) return undefined;
    const made = () => tls.createSecureContext({ ca: store ?? undefined, cert, key });
    return contexts.getOrSet(JSON.stringify([store, cert, key]), made);
  };

  return async (socket: Socket, options: HandshakeOptions): Promise<Secured> => {
    const { host, settings, store, protocol, signal } = options;
    const name = settings.serverName ?? host;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => reject(signal.reason);
    let secured: tls.TLSSocket | undefined;
    let shown: tls.PeerCertificate | undefined;
    try {
      signal.throwIfAborted();
      secured = tls.connect({
        socket,
        host: name,
        servername: isIP(name) ? "" : name, // RFC 6066 section 3: addresses are not sent as SNI
        ALPNProtocols: protocol === undefined ? undefined : [protocol],
        secureContext: contextOf(store, settings),
        rejectUnauthorized: !settings.insecure,
        // Keeps the certificate that the runtime parsed here: asking for it later would parse it again, for
        // 100 µs.
        checkServerIdentity(name, certificate) {
          shown = certificate;
          return tls.checkServerIdentity(name, certificate);
        },
      });
      signal.addEventListener("abort", giveUp, { once: true });
      secured.on("error", reject); // permanent: an error without a listener would end the process
      secured.once("close", () => reject(new Error("the connection closed during the TLS handshake")));
      secured.once("secureConnect", resolve);
      await promise;
      return { socket: secured, certificate: certificateOf(shown ?? secured.getPeerCertificate()) };
    } catch (error) {
      secured?.destroy();
      socket.destroy();
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  };
}

/** The certificate fields for expressions and for the expiry warning. */
function certificateOf(
  { valid_to: until, issuer, subjectaltname }: tls.PeerCertificate,
): ExchangeTrace["certificate"] {
  if (!until) return undefined;
  const names = (subjectaltname ?? "").split(", ").map((name) => name.replace(/^(DNS|IP Address):/, ""));
  return {
    notAfter: Date.parse(until),
    issuer: [issuer.O ?? issuer.CN ?? ""].flat().join(", "),
    names: names.filter((name) => name !== ""),
  };
}
