/** Sends commands to Upstash with its REST client, configured for exact and ordered writes. */
import { Redis } from "@upstash/redis/cloudflare";
import { atMost, type Clock, pause } from "../../base/ports.ts";
// @ts-types="../../base/std.d.ts"
import { encodeHex } from "@std/encoding/hex";

/** Connection to an Upstash database. Times in ms. */
export interface UpstashOptions {
  /** `UPSTASH_REDIS_REST_URL`. */
  url: string;
  /** `UPSTASH_REDIS_REST_TOKEN`. */
  token: string;
  clock: Clock;
  /** Timeout of one request. Default: 5 s. */
  timeoutMs?: number;
}

const CLIENT_URL = /^https?:\/\/[^\s#$./?]\S+$/;
const TIMEOUT_MS = 5_000;
const TRIES = 3;
const PAUSE_MS = 200;
/** Errors that a retry would meet again. */
const PERMANENT =
  /\b(NOSCRIPT|WRONGTYPE|WRONGPASS|NOPERM|SHAPE|user_script|unknown command|wrong number|max (daily )?requests?)\b/;

/** Sends commands. Its errors never contain a command's arguments, unlike the client's own. */
export class Commands {
  readonly #clock: Clock;
  readonly #redis: Redis;
  readonly #timeoutMs: number;
  readonly #digests = new Map<string, Promise<string>>();
  #signal!: AbortSignal;

  constructor({ url, token, clock, timeoutMs = TIMEOUT_MS }: UpstashOptions) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    // The client's own message quotes the value, which may be the token in the wrong variable.
    if (!CLIENT_URL.test(url)) {
      throw new Error("Cannot use UPSTASH_REDIS_REST_URL as it is not a URL that begins with https://");
    }
    this.#redis = new Redis({
      url,
      token,
      // With `retry: false` the client still sends each request twice.
      retry: { retries: 0 },
      // A function, because with a plain signal the client turns an abort into a null answer.
      signal: () => this.#signal,
      // Pipelining would split reads and writes into two requests, in any order.
      enableAutoPipelining: false,
      // Deserialization would change "0012", "true" and JSON.
      automaticDeserialization: false,
      enableTelemetry: false,
      // Not needed: all stored values are well-formed text.
      responseEncoding: false,
    });
  }

  /** Sends a command once. If this rejects, the command may or may not have run. */
  async once(command: string[]): Promise<unknown> {
    const deadline = new AbortController();
    // The client reads the signal synchronously, before it first awaits.
    this.#signal = deadline.signal;
    const late = () => {
      const error = new Error(`no answer within ${this.#timeoutMs} ms`);
      deadline.abort(error);
      throw error;
    };
    try {
      const answer = this.#redis.exec(command as [string, ...string[]]);
      return await atMost(this.#clock, this.#timeoutMs, answer, late);
    } catch (error) {
      throw cleanError(error);
    }
  }

  /** Sends an idempotent command, with up to two retries. */
  async ask(command: string[]): Promise<unknown> {
    for (let tries = 1;; tries++) {
      try {
        return await this.once(command);
      } catch (error) {
        if (tries === TRIES || PERMANENT.test((error as Error).message)) throw error;
        await pause(this.#clock, PAUSE_MS * tries);
      }
    }
  }

  /**
   * Runs a script by its digest, or by its text if the server does not know it. `once`: not idempotent, no
   * retry.
   */
  async run(script: string, keys: string[], args: string[], how: "ask" | "once" = "ask"): Promise<unknown> {
    const rest = [`${keys.length}`, ...keys, ...args];
    try {
      return await this[how](["EVALSHA", await this.#digest(script), ...rest]);
    } catch (error) {
      if (!(error as Error).message.includes("NOSCRIPT")) throw error;
      return await this[how](["EVAL", script, ...rest]);
    }
  }

  #digest(script: string): Promise<string> {
    const known = this.#digests.get(script) ?? sha1(script);
    this.#digests.set(script, known);
    return known;
  }
}

/** Redis identifies scripts by SHA-1. */
async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text));
  return encodeHex(digest);
}

/** An error without arguments. Scripts report a value of the wrong shape as `SHAPE` and its place. */
function cleanError(error: unknown): Error {
  const { name, message } = error as Error;
  if (name !== "UpstashError") return new Error("Upstash did not answer", { cause: error });
  const text = message.split(/, (?:command was|with args beginning with):/)[0]!;
  const wrong = /SHAPE (.*?)(?: script: |$)/.exec(text)?.[1];
  return new Error(wrong ? `Cannot use ${wrong} as its shape is wrong (SHAPE)` : `Upstash refused: ${text}`);
}
