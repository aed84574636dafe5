import { bodyClaim } from "../claims.ts";
import { codeClaim, stateOfCode } from "../status_code.ts";
import { looksLikeJson, scalar } from "../json.ts";
import { worst } from "../merge.ts";
import { lastSegment } from "../question.ts";
import type { Claim, Dialect, ReportAnswer } from "../report.ts";
import { stateOfWord } from "../vocabulary.ts";
import { codeOf, plainText } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

/** Keys for the state in custom health bodies; the first one present is read. */
const KEYS = ["status", "state", "health", "healthy", "ready", "ok"];

/** Keys of envelopes: a body with only such a key is unwrapped. */
const ENVELOPE = /^(value|data|results?|response|payload|checks|services|components)$/;

/** Names of booleans that mean health. */
const FLAG = /^(is_?)?(ready|healthy|alive|up|ok|serving|operational|online|success)$/i;

/**
 * Words that only mean health, and not a colour, a severity or an order; one of them makes a map of words a
 * map of checks.
 */
const TELLING = /^(up|down|ok|pass(ing|ed)?|fail(ing)?|(un)?healthy|(not_)?(ready|serving)|operational)$/i;

/** Error pages that PHP, Python, Spring and Heroku may send with 200. */
const FATAL = /Fatal error|Uncaught|Traceback \(most recent|Whitelabel Error|Application error/;

/** Pages in place of an answer: a login, or an error page with a good code. */
const STAND_IN = /<input[^>]{1,200}type=["']?password|<title>\s*(?:error\b|[45]\d\d\b)/i;

/** Prometheus's exposition format, even if empty. */
const METRICS = /^# (?:HELP|TYPE) /m;
const METRICS_PATH = /^(metrics|federate)$/;

/**
 * Plain HTTP, the fallback of `auto`: the code, and a plain word in the body.
 *
 * | body | claim beside the code |
 * |---|---|
 * | a word, also as all that a page says | its state |
 * | JSON with `status`, `state`, `health`, `healthy`, `ready` or `ok` | the first one's word, boolean or code; any other is unknown |
 * | JSON under 2xx whose every value is a word, or a boolean with a name such as `isHealthy` | the worst of them |
 * | a fatal error page under 2xx | not_ready |
 * | any other page, a login, metrics under 2xx; broken JSON | unreadable |
 * | anything else, `{}` and `[]` too | none |
 *
 * For the third row an envelope (`{"data": {...}}`) is removed. Names without a known meaning (`db`, `cache`)
 * count only if there are at least two, with a word that only means health: `{"color": "red"}` is not a
 * refusal.
 */
export const http: Dialect = {
  name: "http",
  recognise: () => true,
  read(answer) {
    const code = codeClaim(answer.status);
    // A 401 or 404 body comes from a gateway or router, often an API envelope: {"status":"error"}.
    const body = code.state === "unreadable" ? undefined : ownClaim(answer);
    return { claims: body ? [code, body] : [code] };
  },
  expresses: { whole: ["ready", "degraded", "starting", "draining", "not_ready"] },
  write: ({ state }) => plainText(codeOf(state), state),
};

function ownClaim(answer: ReportAnswer): Claim | undefined {
  const { status, json, text } = answer;
  if (json !== undefined) return isRecord(json) ? keyClaim(json) ?? mapClaim(json, status) : undefined;
  if (looksLikeJson(text)) return bodyClaim("unreadable", "broken or too deep JSON");
  const fatal = FATAL.exec(text)?.[0];
  if (fatal) return bodyClaim("not_ready", fatal);
  return wordClaim(text) ?? (status < 300 ? strangerClaim(answer) : undefined);
}

/** The text of a body without its markup. */
function wordClaim(text: string): Claim | undefined {
  const said = text.length <= 500 ? text.replace(/<[^<>]*>/g, " ").trim() : "";
  const state = said.length <= 64 ? stateOfWord(said) : undefined;
  return state && bodyClaim(state, said);
}

/** The claim of a page with a good code that does not answer the question. */
function strangerClaim({ url, headers, text }: ReportAnswer): Claim | undefined {
  const isPage = /^\s*</.test(text) || (/html/.test(headers.get("content-type") ?? "") && /<\w/.test(text));
  const what = STAND_IN.test(text)
    ? "a login or an error page"
    : isPage
    ? "a page"
    : METRICS.test(text) || METRICS_PATH.test(lastSegment(url))
    ? "metrics"
    : undefined;
  return what ? bodyClaim("unreadable", what) : undefined;
}

function keyClaim(json: Record<string, unknown>): Claim | undefined {
  const key = KEYS.find((key) => json[key] !== undefined);
  if (key === undefined) return undefined;
  const value = json[key];
  if (typeof value === "number") return bodyClaim(stateOfCode(value), String(value));
  if (typeof value === "string" || typeof value === "boolean") {
    return bodyClaim(stateOfWord(String(value)) ?? "unknown", String(value));
  }
  return bodyClaim("unknown", value === null ? "null" : "not a word");
}

function mapClaim(json: Record<string, unknown>, status: number): Claim | undefined {
  if (status >= 300) return undefined;
  const [[key = "", inner] = [], ...more] = Object.entries(json);
  if (isRecord(inner) && more.length === 0 && ENVELOPE.test(key)) return mapClaim(inner, status);
  const words = Object.entries(json).map(([name, value]) => wordOf(name, value));
  const states = words.flatMap((word) => word?.state ?? []);
  const isTelling = words.some((word) => word?.isNamed || (words.length > 1 && word?.isTelling));
  if (!isTelling || states.length < words.length) return undefined;
  const state = worst(states);
  return bodyClaim(state, words.find((word) => word?.state === state)!.raw);
}

/**
 * The state of one entry of a map of words; undefined if it has none. A boolean, quoted or not, counts only
 * by its name.
 */
function wordOf(name: string, value: unknown) {
  const word = typeof value === "number" ? "" : scalar(value);
  const state = stateOfWord(word);
  const isFlag = FLAG.test(name);
  if (!state || (/^(true|false)$/i.test(word) && !isFlag)) return undefined;
  const isNamed = isFlag || KEYS.includes(name);
  return { state, isNamed, isTelling: TELLING.test(word), raw: `${name}: ${word}` };
}
