import { readFileSync } from "node:fs";
import { isIP, type Socket } from "node:net";
import * as tls from "node:tls";
import { Cache } from "../../../src/base/cache.ts";
import type { ExchangeTrace, TlsSettings } from "../../../src/base/ports.ts";

const MAX_CONTEXTS = 64;

/** Certificates to trust: PEM, or null for the runtime's own store (DENO_CERT and NODE_EXTRA_CA_CERTS are in it). */
export type TrustStore = string | null;

/** What a handshake is made with. */
export interface HandshakeOptions {
  /** The URL's host: named in the handshake and held against the certificate, unless `settings` name another. */
  host: string;
  settings: TlsSettings;
  store: TrustStore;
  /** The application protocol (ALPN) to offer; absent: none. */
  protocol?: string;
  signal: AbortSignal;
}

/**
 * Says which stores a server's certificate may come from, the likeliest first. They are tried one after the other: joined to one list, the
 * runtime would parse all of it in every handshake, which costs twenty times the handshake itself.
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

/** As openssl does: what is not there is not trusted, and no error. */
function certificatesIn(path: string | undefined): string {
  try {
    return path ? readFileSync(path, "utf8") : "";
  } catch {
    return "";
  }
}

/** OpenSSL's codes for a certificate without a trusted issuer; another trust store may have one. */
export function isUntrusted(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" &&
    /SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY)/.test(error.code);
}

/** A connection that is made, and the certificate that its server showed. */
export interface Secured {
  socket: tls.TLSSocket;
  certificate: ExchangeTrace["certificate"];
}

/** Makes TLS over a connected socket; after a failure or an abort both are destroyed. */
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
        servername: isIP(name) ? "" : name, // RFC 6066 section 3: addresses are not named
        ALPNProtocols: protocol === undefined ? undefined : [protocol],
        secureContext: contextOf(store, settings),
        rejectUnauthorized: !settings.insecure,
        // The runtime has taken it apart for this; asked for again, it would do so again, for 100 µs.
        checkServerIdentity(name, certificate) {
          shown = certificate;
          return tls.checkServerIdentity(name, certificate);
        },
      });
      signal.addEventListener("abort", giveUp, { once: true });
      secured.on("error", reject); // stays: an error with no listener would end the process
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

/** What expressions, and the watch over its end, need of the peer's certificate. */
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
