import { lookup } from "node:dns/promises";
import type { ClientRequest, IncomingMessage } from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import { pipeline, type Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { answerOf } from "../../src/base/http/answer.ts";
import { addressRefusal, guardFetch, hostOf } from "../../src/base/http/guard.ts";
import { type Fetch, type FetchOptions, Refused } from "../../src/base/ports.ts";
import { Cache } from "../../src/base/cache.ts";

const PIN_MS = 30_000;
const MAX_PINS = 256;
/** Below the usual 60 s of load balancers, so that a kept connection is not closed under a request a minute later. */
const IDLE_MS = 15_000;
/** Interim answers (1xx) to one request; one or two are usual. */
const MAX_INTERIM = 32;

/** Options of `connector`: all but `allowPrivate` are for tests. */
export interface ConnectorOptions {
  allowPrivate: boolean;
  /** All addresses of a host name, best first. The default asks the system, `/etc/hosts` included. */
  resolve?: (host: string) => Promise<string[]>;
  /** Steady time in ms. */
  now?: () => number;
  /** PEM of the certificate authority to trust instead of the system's. */
  ca?: string;
}

/** The addresses that a host name is pinned to, best first. */
interface Pin {
  addresses: Promise<string[]>;
  /** The same, once they are known: most requests need not wait. */
  known?: string[];
}

/** Sends to one address, whatever the URL's host resolves to by then; Host, SNI and verified name are the URL's. */
type Send = (url: URL, outgoing: FetchOptions, address: string) => Promise<Response>;

/**
 * The guarded Fetch port of Deno. A host name is resolved once, refused if any of its addresses is, and then only
 * these addresses are connected to for 30 s, so that a DNS answer that changes in between (rebinding) has no effect.
 */
export function connector(
  { allowPrivate, resolve = addressesOf, now = () => performance.now(), ca }: ConnectorOptions,
): Fetch {
  const pins = new Cache<string, Pin>({ max: MAX_PINS, ttlMs: PIN_MS, clock: { elapsed: now } });
  const senders: Record<string, Send> = { "http:": overTcp(), "https:": overTls(ca) };

  function pinOf(host: string): Pin {
    const known = pins.get(host);
    if (known) return known;
    const pin = pins.set(host, { addresses: resolveAllowed(host) });
    pin.addresses.then(
      (addresses) => pin.known = addresses,
      () => pins.get(host) === pin && pins.delete(host),
    );
    return pin;
  }

  async function resolveAllowed(host: string): Promise<string[]> {
    const addresses = await resolve(host);
    if (addresses.length === 0) throw new Error(`${host} has no address`);
    for (const address of addresses) {
      const reason = addressRefusal(address, allowPrivate);
      if (reason !== null) throw new Refused(`${reason} (an address of ${host})`);
    }
    return addresses;
  }

  return guardFetch(async (url, outgoing) => {
    const host = hostOf(url);
    if (isIP(host)) return answerOf(await direct(url, outgoing), outgoing.signal);
    const pin = pinOf(host);
    const addresses = pin.known ?? await rejectOnAbort(pin.addresses, outgoing.signal);
    let last: unknown;
    for (const address of addresses) {
      try {
        outgoing.signal.throwIfAborted();
        return answerOf(await senders[url.protocol]!(url, outgoing, address), outgoing.signal);
      } catch (error) {
        last = error;
        pin.known = [...addresses.filter((other) => other !== address), address];
        if (outgoing.signal.aborted || !isConnectError(error)) break;
      }
    }
    throw last;
  }, allowPrivate);
}

/** Fetch standard, "bad port": the runtime will not ask it, which says nothing about who listens there. */
async function direct(url: URL, outgoing: FetchOptions, client?: Deno.HttpClient): Promise<Response> {
  try {
    return await fetch(url, { ...outgoing, redirect: "manual", client });
  } catch (error) {
    if (!/port \d+ are blocked/.test(String(error))) throw error;
    throw new Refused(`Cannot ask ${url.host}: this runtime refuses port ${url.port}`, { cause: error });
  }
}

async function addressesOf(host: string): Promise<string[]> {
  return (await lookup(host, { all: true, order: "verbatim" })).map(({ address }) => address);
}

/** Settles as `work` does, but rejects at once when `signal` aborts: a DNS lookup cannot be cancelled. */
function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}

/** Only then is it safe to send the same request to another address. */
function isConnectError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("syscall" in error) return error.syscall === "connect";
  return error.cause instanceof Error && error.cause.message.includes("client error (Connect)");
}

/** Deno's own fetch of `http://address/`, with the name in Host. */
function overTcp(): Send {
  const client = Deno.createHttpClient({ poolIdleTimeout: IDLE_MS, allowHost: true });
  return (url, { headers, ...outgoing }, address) => {
    const host = address.includes(":") ? `[${address}]` : address;
    const there = new URL(`http://${host}:${url.port || 80}${url.pathname}${url.search}`);
    return direct(there, { ...outgoing, headers: { host: url.host, ...headers } }, client);
  };
}

/**
 * `node:https`, because Deno's fetch takes the name for SNI and certificate from the URL it connects to. A connection
 * serves one request: on one used before, Deno answers an abort by sending the request again, and waits on.
 */
function overTls(ca: string | undefined): Send {
  const agent = new https.Agent({ keepAlive: false });
  return (url, { method, headers, body, signal }, address) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const request = https.request({
      host: address,
      servername: url.hostname,
      port: url.port || 443,
      path: url.pathname + url.search,
      method,
      headers: { host: url.host, accept: "*/*", ...headers },
      signal,
      agent,
      ca,
      maxHeaderSize: 65_536,
    });
    request.on("error", reject); // after the headers this does nothing: the body reports it
    request.once("response", (message) => {
      try {
        if (signal.aborted) throw signal.reason;
        resolve(responseOf(message));
      } catch (error) {
        message.destroy();
        reject(error);
      }
    });
    endWithoutResponse(request, reject);
    request.end(body);
    return rejectOnAbort(promise, signal);
  };
}

/** The ends of a request that come as no `response`, and perhaps as no `error`. */
function endWithoutResponse(request: ClientRequest, reject: (error: Error) => void): void {
  request.once("upgrade", (_, socket) => {
    socket.destroy();
    reject(new Error(OTHER_PROTOCOL));
  });
  let interim = 0;
  request.on("information", () => {
    if (++interim <= MAX_INTERIM) return;
    request.destroy(new Error(`answered 1xx more than ${MAX_INTERIM} times in place of an answer`));
  });
  request.once("close", () => reject(new Error("the connection closed before an answer")));
}

const OTHER_PROTOCOL = "another protocol (101) in place of an answer";

const DECODERS: Record<string, () => NodeJS.ReadWriteStream & Readable> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** Statuses whose Response must have no body (Fetch standard, "null body status"). */
const BODILESS = new Set([204, 205, 304]);

function responseOf(message: IncomingMessage): Response {
  const { rawHeaders, statusCode: status = 0, statusMessage: statusText } = message;
  if (status === 101) throw new Error(OTHER_PROTOCOL);
  const headers = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  if (BODILESS.has(status)) {
    message.destroy(); // not read to its end: what is no body may have none
    return new Response(null, { status, statusText, headers });
  }
  const decoder = DECODERS[headers.get("content-encoding")?.trim().toLowerCase() ?? ""]?.();
  const source = decoder ? pipeline(message, decoder, () => {}) : message;
  return new Response(webStream(source), { status, statusText, headers });
}

/** Not `Readable.toWeb`: in Deno that throws past every handler when a decompressor still has output on cancel. */
function webStream(source: Readable): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = source[Symbol.asyncIterator]();
  source.on("error", () => {}); // seen by the iterator; without a listener it would end the process before the first read
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await chunks.next();
      if (done) return controller.close();
      controller.enqueue(value);
    },
    cancel() {
      source.destroy();
    },
  }, { highWaterMark: 0 });
}
