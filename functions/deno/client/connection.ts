import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Client as UndiciClient, Dispatcher } from "undici";
import { Bounds } from "./bounds.ts";
import { Incoming } from "./incoming.ts";
import { InterimFilter } from "./interim.ts";
import { ignoreLength, makeLenient } from "./lenient.ts";
import { Client } from "./undici.ts";
import type { Answer, ExchangeTrace, FetchOptions } from "../../../src/base/ports.ts";

/**
 * How long (ms) a connection is kept: below the usual 60 s of load balancers, so that a request a minute
 * later does not reuse a connection that is just being closed.
 */
const IDLE_MS = 15_000;
/** A connection is dropped this much (ms) before the server's `keep-alive: timeout`. */
const IDLE_MARGIN_MS = 1_000;
/** The parser's own limit, which is expensive to reach: `Bounds` ends the exchange earlier. */
const MAX_PARSED_BYTES = 16 * 1024 * 1024;

/** A connected socket and its peer. */
export interface ConnectionOptions {
  socket: Socket;
  /** The origin of all URLs requested over it. */
  origin: string;
  /** The trace fields common to all exchanges over it. */
  facts: Omit<ExchangeTrace, "requests">;
  now: () => number;
  /** Called when it is free for another exchange, or closed. */
  onIdle: () => void;
  onClose: () => void;
}

/**
 * One connection: undici's parser over our own socket. undici can neither reopen it nor repeat a request on
 * it.
 */
export class Connection {
  /** Whether no byte of an answer to the last request has arrived. */
  unanswered = true;
  readonly address: string;
  readonly #options: ConnectionOptions;
  readonly #client: UndiciClient;
  readonly #filter = new InterimFilter();
  readonly #bounds = new Bounds();
  #incoming: Incoming | undefined;

  constructor(options: ConnectionOptions) {
    const { socket, origin, facts } = options;
    this.#options = options;
    this.address = facts.remoteAddress ?? "";
    let connects = 0;
    this.#client = new Client(origin, {
      // Deferred: undici never notices a connection that is ready before it waits.
      connect: (_, done) =>
        queueMicrotask(() => connects++ === 0 ? done(null, socket) : done(new Error(GONE), null)),
      headersTimeout: 0,
      bodyTimeout: 0,
      pipelining: 1,
      maxHeaderSize: MAX_PARSED_BYTES,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      keepAliveTimeoutThreshold: IDLE_MARGIN_MS,
    });
    this.#tap(socket);
    socket.once("close", () => options.onClose());
    quietDestroy(socket);
  }

  get closed(): boolean {
    return this.#options.socket.destroyed;
  }

  close(): void {
    this.#options.socket.destroy();
  }

  /**
   * Runs one exchange; the caller must run only one at a time. Rejects with the signal's reason if that
   * aborts.
   */
  send(url: URL, { method, headers, body, signal }: FetchOptions, trace: ExchangeTrace): Promise<Answer> {
    const { facts, now, onIdle } = this.#options;
    if (signal.aborted) {
      this.close();
      return Promise.reject(signal.reason);
    }
    const incoming = new Incoming({
      method,
      trace: Object.assign(trace, facts),
      now,
      begin: () => {
        this.#filter.begin();
        this.#bounds.begin();
      },
      ignoreLength: () => ignoreLength(this.#options.socket),
      close: () => this.close(),
      over: () => {
        signal.removeEventListener("abort", giveUp);
        this.#incoming = undefined;
        onIdle();
      },
    });
    const giveUp = () => incoming.fail(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
    this.#incoming = incoming;
    this.unanswered = true;
    const options: Dispatcher.DispatchOptions & { servername: string } = {
      path: url.pathname + url.search,
      method,
      headers: requestFields(url, headers),
      body: body ?? null,
      servername: url.hostname, // otherwise undici uses `host` and closes a connection made for another name
    };
    this.#client.dispatch(options, incoming);
    return incoming.answer;
  }

  /** Filters the bytes between socket and parser. */
  #tap(socket: Socket): void {
    this.#client.once("connect", () => makeLenient(socket));
    const read = socket.read.bind(socket);
    socket.read = (size?: number): Buffer | null => {
      for (;;) {
        const chunk: Buffer | null = read(size);
        if (chunk === null || !this.#incoming) return chunk;
        this.unanswered = false;
        try {
          this.#bounds.count(chunk.length, this.#incoming.eventCount);
          const rest = this.#filter.sift(chunk);
          if (!rest) continue;
          this.#bounds.countLines(rest);
          return rest;
        } catch (error) {
          this.#incoming.fail(error);
          return null;
        }
      }
    };
  }
}

const GONE = "the connection closed before an answer";

/** Drops undici's informational errors: formatting their stacks costs more than the rest of closing. */
function quietDestroy(socket: Socket): void {
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error?: Error) => {
    socket.removeAllListeners("end"); // undici would turn it into an error that nothing handles
    return destroy(error && "code" in error && error.code === "UND_ERR_INFO" ? undefined : error);
  };
}

/** The header fields of a request, names in lower case. */
export function requestFields(url: URL, headers: Record<string, string>): Map<string, string> {
  const fields = new Map([["host", url.host], ["accept", "*/*"]]);
  for (const name of Object.keys(headers)) fields.set(name.toLowerCase(), headers[name]!);
  return fields;
}
