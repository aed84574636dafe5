/**
 * Serves the API. `Deno.serve` is faster (12 µs a request instead of 40) but waits forever for an incomplete
 * request. `node:http` limits the time for the head and for the whole request.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Peer } from "../../src/web/api/middleware/client_address.ts";
import { isEventStream } from "../../src/base/http/client.ts";
import { messageOf } from "../../src/base/error_message.ts";
import type { ListenAddress } from "../../src/config/listen.ts";
import { isDeploy } from "./deploy.ts";

/** A request handler, such as a hono app. */
export interface Served {
  fetch(request: Request, peer?: Peer): Response | Promise<Response>;
}

/** Limits (ms) on a client's time. */
export interface PatienceOptions {
  /** For a request's head, from the start of the connection or the end of the request before. */
  headMs: number;
  /** For a whole request. */
  requestMs: number;
  /**
   * Between two requests. It exceeds the usual 60 s of load balancers, so that they do not reuse a connection
   * that is just being closed.
   */
  idleMs: number;
}

const PATIENCE: PatienceOptions = { headMs: 10_000, requestMs: 30_000, idleMs: 75_000 };
/** How often (ms) timeouts are checked: a tenth of the shortest limit. */
const looksEvery = ({ headMs }: PatienceOptions) => Math.ceil(headMs / 10);

export interface Listening {
  port: number;
  /** Accepts no more connections; resolves when all open ones have ended. */
  shutdown(): Promise<void>;
}

/** Listens at this address; port 0 takes a free one. Deno Deploy has its own server and limits. */
export async function listen(served: Served, at: ListenAddress, patience = PATIENCE): Promise<Listening> {
  try {
    return isDeploy() ? listenOnDeploy(served, portOf(at)) : await listenHere(served, at, patience);
  } catch (cause) {
    throw new Error(`Cannot listen on ${describeAddress(at)}: ${messageOf(cause)}`, { cause });
  }
}

const portOf = (at: ListenAddress) => typeof at === "number" ? at : "port" in at ? at.port : 8080;

function describeAddress(at: ListenAddress): string {
  if (typeof at === "number") return `port ${at}`;
  return "path" in at ? at.path : `${at.host}, port ${at.port}`;
}

/** Replaces the port of an address that has one. */
export function withPort(at: ListenAddress, port: number | undefined): ListenAddress {
  if (port === undefined || (typeof at === "object" && "path" in at)) return at;
  return typeof at === "number" ? port : { ...at, port };
}

function listenOnDeploy({ fetch }: Served, port: number): Listening {
  const server = Deno.serve(
    { port, onListen() {} },
    (request, { remoteAddr }) => fetch(request, { client: remoteAddr.hostname }),
  );
  return { port: server.addr.port, shutdown: () => server.shutdown() };
}

async function listenHere(served: Served, at: ListenAddress, patience: PatienceOptions): Promise<Listening> {
  const unknown = typeof at === "object" && "path" in at ? LOCAL : "";
  const server = createServer(
    {
      headersTimeout: patience.headMs,
      requestTimeout: patience.requestMs,
      keepAliveTimeout: patience.idleMs,
      connectionsCheckingInterval: looksEvery(patience),
    },
    (message, reply) =>
      void answer(served, message, reply, unknown).then(() => message.resume(), () => message.destroy()),
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(typeof at === "number" ? { host: "0.0.0.0", port: at } : at, resolve);
  });
  const bound = server.address() as AddressInfo | string;
  return { port: typeof bound === "string" ? 0 : bound.port, shutdown: () => shutdown(server) };
}

const shutdown = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });

/** The client address of requests through a local socket. */
const LOCAL = "127.0.0.1";

/**
 * Answers one request. Rejects if the answer breaks off. `unknown`: the client address if the connection has
 * none.
 */
async function answer(
  { fetch }: Served,
  message: IncomingMessage,
  reply: ServerResponse,
  unknown: string,
): Promise<void> {
  const gone = new AbortController();
  reply.once("close", () => reply.writableFinished || gone.abort());
  const request = requestOf(message, gone.signal);
  if (!request) return void reply.writeHead(400).end();
  const response = await fetch(request, { client: message.socket.remoteAddress ?? unknown });
  const headers = [...response.headers].flat();
  if (!response.body) return void reply.writeHead(response.status, headers).end();
  if (isEventStream(response.headers)) {
    reply.writeHead(response.status, headers);
    return await pour(response.body, reply, gone.signal);
  }
  const body = new Uint8Array(await response.arrayBuffer());
  reply.writeHead(response.status, [...headers, "content-length", String(body.byteLength)]).end(body);
}

/** Sends events as they come, until the client disconnects. */
async function pour(
  body: ReadableStream<Uint8Array>,
  reply: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const reader = body.getReader();
  const giveUp = () => void reader.cancel().catch(() => {});
  if (gone.aborted) return giveUp();
  gone.addEventListener("abort", giveUp, { once: true });
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return void reply.end();
    if (!reply.write(value)) await Promise.race([once(reply, "drain"), once(reply, "close")]);
  }
}

/** Undefined: the Fetch standard has no such request (its method or target). */
function requestOf(message: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method = "GET", url = "", headers: { host = "localhost" }, rawHeaders } = message;
  const headers = new Headers();
  try {
    for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
    const body = method !== "GET" && method !== "HEAD" ? bodyOf(message) : null;
    const whole = url.startsWith("/") ? `http://${host}${url}` : url;
    return new Request(whole, { method, headers, body, signal });
  } catch {
    return undefined;
  }
}

/** Starts reading at the first pull: the server drops a body that is never read. */
function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array<ArrayBuffer>> {
  let chunks: AsyncIterator<Uint8Array<ArrayBuffer>> | undefined;
  return new ReadableStream({
    async pull(controller) {
      chunks ??= message.iterator({ destroyOnReturn: false });
      const { value, done } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks?.return?.();
    },
  }, { highWaterMark: 0 });
}
