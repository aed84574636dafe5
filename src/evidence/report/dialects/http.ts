import { codeClaim, stateOfCode } from "../status_code.ts";
import { looksLikeJson } from "../json.ts";
import type { Claim, Dialect, ReportAnswer, ReportState } from "../report.ts";
import { stateOfWord } from "../vocabulary.ts";
import { codeOf, plainText } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

/** Keys under which home-made health bodies keep their word; the first one present is read. */
const KEYS = ["status", "state", "health", "healthy", "ready", "ok"];

/** Error pages that PHP, Python, Spring and Heroku may send under 200. */
const FATAL = /Fatal error|Uncaught|Traceback \(most recent|Whitelabel Error|Application error/;

/** Pages that stand where the answer should: a login, or an error page under a good code. */
const STAND_IN = /<input[^>]{1,200}type=["']?password|<title>\s*(?:error\b|[45]\d\d\b)/i;

/**
 * Plain HTTP, the fall-back of `auto`: the code, and what a plain word in the body adds. A 2xx HTML page is `ready` by
 * its code like any other body without a word; a fatal error page under 2xx is `not_ready`, and contradicts the code. A
 * login form or a page titled as an error under 2xx is `unreadable`.
 */
export const http: Dialect = {
  name: "http",
  recognise: () => true,
  read(answer) {
    const code = codeClaim(answer.status);
    // A 401 or 404 body is the word of whoever turned us away, often an API envelope: {"status":"error"}.
    const body = code.state === "unreadable" ? undefined : bodyClaim(answer);
    return { claims: body ? [code, body] : [code] };
  },
  expresses: { whole: ["ready", "degraded", "starting", "draining", "not_ready"] },
  write: ({ state }) => plainText(codeOf(state), state),
};

function bodyClaim({ status, json, text }: ReportAnswer): Claim | undefined {
  const say = (state: ReportState, raw: string): Claim => ({ source: "body", state, raw });
  if (json !== undefined) return jsonClaim(json, say);
  if (looksLikeJson(text)) return say("unreadable", "broken or too deep JSON");
  const fatal = FATAL.exec(text)?.[0];
  if (fatal) return say("not_ready", fatal);
  if (status < 300 && STAND_IN.test(text)) return say("unreadable", "a login or an error page");
  const state = text.length <= 64 ? stateOfWord(text) : undefined;
  return state && say(state, text);
}

function jsonClaim(json: unknown, say: (state: ReportState, raw: string) => Claim): Claim | undefined {
  if (typeof json === "object" && json !== null && Object.keys(json).length === 0) {
    return say("unreadable", "empty JSON");
  }
  if (!isRecord(json)) return undefined;
  for (const key of KEYS) {
    const value = json[key];
    if (typeof value === "number") return say(stateOfCode(value), String(value));
    if (typeof value === "string" || typeof value === "boolean") {
      return say(stateOfWord(String(value)) ?? "unknown", String(value));
    }
    if (value !== undefined) return say("unknown", value === null ? "null" : "not a word");
  }
  return undefined;
}
