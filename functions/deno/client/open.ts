import { hostOf } from "../../../src/base/http/guard.ts";
import { Cache } from "../../../src/base/cache.ts";
import type { ConnectionOptions } from "./connection.ts";
import { dial, type Dialled, type OpenSocket } from "./dial.ts";
import type { Pin } from "./pins.ts";
import { type ExchangeTrace, type FetchOptions, Refused } from "../../../src/base/ports.ts";
import { handshaker, isUntrusted, type TrustStore, trustStores } from "./tls.ts";

const MAX_WAYS = 1_000;

/** The alert with which a server refuses HTTP/1.1 (RFC 7301 section 3.2). */
const NO_SUCH_PROTOCOL = "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL";

/** A connection to a server, and how long (ms) it took to open. */
interface Opened {
  line: Pick<ConnectionOptions, "socket" | "origin" | "facts">;
  times: Pick<ExchangeTrace, "connectMs" | "tlsMs">;
}

interface OpenerOptions {
  allowPrivate: boolean;
  now: () => number;
  ca?: string;
  open?: OpenSocket;
}

/** What the last successful handshake used; the next one tries it first. */
interface Way {
  store: TrustStore;
  protocol: string | undefined;
}

/** `protocols`: ALPN protocols, one offered per handshake, the likeliest first; undefined: none. */
export interface OpenOptions extends Pick<FetchOptions, "signal" | "tls"> {
  protocols?: readonly (string | undefined)[];
}

const PROTOCOLS: readonly (string | undefined)[] = ["http/1.1", "h2"];

/**
 * Opens connections to the host of a URL: TCP, and TLS for https. Offers HTTP/2 if the server refuses
 * HTTP/1.1.
 */
export function opener({ allowPrivate, now, ca, open }: OpenerOptions) {
  const handshake = handshaker();
  const storesOf = trustStores(ca);
  const ways = new Cache<string, Way>({ max: MAX_WAYS });

  async function dialHost(url: URL, addresses: string[], signal: AbortSignal): Promise<Dialled> {
    const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
    try {
      return await dial(addresses, { port, allowPrivate, signal, open });
    } catch (error) {
      const host = hostOf(url);
      if (!(error instanceof Refused) || addresses[0] === host) throw error;
      throw new Refused(`${error.message} (an address of ${host})`);
    }
  }

  /** Performs the TLS handshake. Each retry needs a new connection to the same address. */
  async function secure(url: URL, key: string, dialled: Dialled, options: OpenOptions) {
    const { signal, tls = {}, protocols: offered = PROTOCOLS } = options;
    const known = ways.get(key);
    const stores = storesOf(tls).sort((a, b) => Number(b === known?.store) - Number(a === known?.store));
    const protocols = offered.toSorted((_, b) => Number(b === known?.protocol));
    const [host, settings] = [hostOf(url), tls];
    let { socket } = dialled;
    for (let [at, by] = [0, 0];;) {
      const way = { store: stores[at]!, protocol: protocols[by] };
      try {
        const secured = await handshake(socket, { host, settings, signal, ...way });
        ways.set(key, way);
        return secured;
      } catch (error) {
        if (isUntrusted(error) && at + 1 < stores.length) at++;
        else if (codeOf(error) === NO_SUCH_PROTOCOL && by + 1 < protocols.length) by++;
        else throw error;
      }
      ({ socket } = await dialHost(url, [dialled.address], signal));
    }
  }

  return async (url: URL, key: string, pin: Pin, outgoing: OpenOptions): Promise<Opened> => {
    const began = now();
    const dialled = await dialHost(url, pin.addresses, outgoing.signal);
    pin.prefer(dialled.address);
    const { origin } = url;
    const facts = { protocol: "1.1", remoteAddress: dialled.address };
    const connectMs = now() - began;
    if (url.protocol !== "https:") {
      return { line: { socket: dialled.socket, origin, facts }, times: { connectMs, tlsMs: 0 } };
    }
    const { socket, certificate } = await secure(url, key, dialled, outgoing);
    const tlsMs = now() - began - connectMs;
    const protocol = socket.alpnProtocol === "h2" ? "2" : "1.1";
    return {
      line: { socket, origin, facts: { ...facts, protocol, certificate } },
      times: { connectMs, tlsMs },
    };
  };
}

const codeOf = (error: unknown) => error instanceof Error && "code" in error ? error.code : undefined;
