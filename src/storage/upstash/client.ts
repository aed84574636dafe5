/** Commands to Upstash over its REST client, with the settings that a state machine needs. */
import { Redis } from "@upstash/redis/cloudflare";
import { atMost, type Clock, pause } from "../../base/ports.ts";
// @ts-types="../../base/std.d.ts"
import { encodeHex } from "@std/encoding/hex";

/** Where an Upstash is. Times in ms. */
export interface UpstashOptions {
  /** `UPSTASH_REDIS_REST_URL`. */
  url: string;
  /** `UPSTASH_REDIS_REST_TOKEN`. */
  token: string;
  clock: Clock;
  /** For the answer to one request. */
  timeoutMs?: number;
}

const CLIENT_URL = /^https?:\/\/[^\s#$./?]\S+$/;
const TIMEOUT_MS = 5_000;
const TRIES = 3;
const PAUSE_MS = 200;
/** What the same request would be answered with again. */
const FINAL =
  /\b(NOSCRIPT|WRONGTYPE|WRONGPASS|NOPERM|SHAPE|user_script|unknown command|wrong number|max (daily )?requests?)\b/;

/** Sends commands. Rejects with an Error that holds no argument of the command: the client's own messages hold them all. */
export class Commands {
  readonly #clock: Clock;
  readonly #redis: Redis;
  readonly #timeoutMs: number;
  readonly #digests = new Map<string, Promise<string>>();
  #signal!: AbortSignal;

  constructor({ url, token, clock, timeoutMs = TIMEOUT_MS }: UpstashOptions) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    // The client's own message shows what it was given, which may be the token in the wrong variable.
    if (!CLIENT_URL.test(url)) {
      throw new Error("Cannot use UPSTASH_REDIS_REST_URL as it is no URL that begins with https://");
    }
    this.#redis = new Redis({
      url,
      token,
      // With `false` the client still sends everything twice.
      retry: { retries: 0 },
      // An aborted signal, given as such, would be a `null` from Redis.
      signal: () => this.#signal,
      // It would send reads and writes in two requests, in any order.
      enableAutoPipelining: false,
      // It would turn "0012", "true" and JSON into something else.
      automaticDeserialization: false,
      enableTelemetry: false,
      // All that is stored is well-formed text.
      responseEncoding: false,
    });
  }

  /** Sends a command once. What became of it is unknown if this rejects. */
  async once(command: string[]): Promise<unknown> {
    const deadline = new AbortController();
    // The client asks for it before it first waits.
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

  /** Sends a command that changes nothing when it comes twice, up to three times. */
  async ask(command: string[]): Promise<unknown> {
    for (let tries = 1;; tries++) {
      try {
        return await this.once(command);
      } catch (error) {
        if (tries === TRIES || FINAL.test((error as Error).message)) throw error;
        await pause(this.#clock, PAUSE_MS * tries);
      }
    }
  }

  /** Runs a script by its digest, by its text where that is not known. `once`: it must not come twice. */
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

/** SHA-1 is how Redis names scripts. */
async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text));
  return encodeHex(digest);
}

/** Without the arguments; scripts say `SHAPE` and the place of a value that they cannot use. */
function cleanError(error: unknown): Error {
  const { name, message } = error as Error;
  if (name !== "UpstashError") return new Error("Upstash did not answer", { cause: error });
  const text = message.split(/, (?:command was|with args beginning with):/)[0]!;
  const wrong = /SHAPE (.*?)(?: script: |$)/.exec(text)?.[1];
  return new Error(wrong ? `Cannot use ${wrong} as its shape is wrong (SHAPE)` : `Upstash refused: ${text}`);
}
