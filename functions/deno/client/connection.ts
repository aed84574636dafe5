import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Client as UndiciClient, Dispatcher } from "undici";
import { Bounds } from "./bounds.ts";
import { Incoming } from "./incoming.ts";
import { InterimFilter } from "./interim.ts";
import { ignoreLength, makeLenient } from "./lenient.ts";
import { Client } from "./undici.ts";
import type { Answer, ExchangeTrace, FetchOptions } from "../../../src/base/ports.ts";

/** Below the usual 60 s of load balancers, so that a request a minute later does not meet a connection that is just being closed. */
const IDLE_MS = 15_000;
/** A server's own `keep-alive: timeout` is obeyed that much early. */
const IDLE_MARGIN_MS = 1_000;
/** Of the parser, which pays dearly past it: `Bounds` ends the exchange before. */
const MAX_PARSED_BYTES = 16 * 1024 * 1024;

/** A connected socket, and where it leads. */
export interface ConnectionOptions {
  socket: Socket;
  /** Of the URLs asked over it. */
  origin: string;
  /** What stays the same for each exchange over it. */
  facts: Omit<ExchangeTrace, "requests">;
  now: () => number;
  /** It waits for another exchange, or it is closed. */
  onIdle: () => void;
  onClose: () => void;
}

/** One connection: undici's parser over a socket of ours, which it can neither open again nor send a request over twice. */
export class Connection {
  /** No byte of an answer has come to the last request. */
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
      // Not at once: undici waits for ever for what is done before it waits.
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

  /** One exchange; the caller sees to it that there is only one at a time. Rejects with the signal's reason if that aborts. */
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
      servername: url.hostname, // else undici takes it from `host`, and ends a connection made for another
    };
    this.#client.dispatch(options, incoming);
    return incoming.answer;
  }

  /** Between the socket and the parser. */
  #tap(socket: Socket): void {
    this.#client.once("connect", () => makeLenient(socket));
    const read = socket.read.bind(socket);
    socket.read = (size?: number): Buffer | null => {
      for (;;) {
        const chunk: Buffer | null = read(size);
        if (chunk === null || !this.#incoming) return chunk;
        this.unanswered = false;
        try {
          this.#bounds.count(chunk.length, this.#incoming.told);
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

/** Formatting an error's stack costs more than the rest of closing; undici's informational errors are dropped. */
function quietDestroy(socket: Socket): void {
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error?: Error) => {
    socket.removeAllListeners("end"); // undici would make an error of it, which has no receiver any more
    return destroy(error && "code" in error && error.code === "UND_ERR_INFO" ? undefined : error);
  };
}

/** The fields of a request; its own names in lower case. */
export function requestFields(url: URL, headers: Record<string, string>): Map<string, string> {
  const fields = new Map([["host", url.host], ["accept", "*/*"]]);
  for (const name of Object.keys(headers)) fields.set(name.toLowerCase(), headers[name]!);
  return fields;
}
