import { bodyClaim, errorClaims } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { isServing } from "../merge.ts";
import { backendsOf } from "./haproxy_stats.ts";
import type { Claim, Dialect, Reading, ReportState } from "../report.ts";
import { codeOf, plainText } from "../writers.ts";

/** The words of an agent line by kind; the last word of a kind counts. */
const WORDS: Record<string, [kind: "admin" | "health", state: ReportState]> = {
  ready: ["admin", "ready"],
  drain: ["admin", "draining"],
  maint: ["admin", "draining"],
  up: ["health", "ready"],
  down: ["health", "not_ready"],
  stopped: ["health", "not_ready"],
  fail: ["health", "not_ready"],
};

const WEIGHT = /^(?:weight:)?(\d{1,5})%$/;
/**
 * The page of `monitor-uri`. Its refusal is the same page as for any request without a server, and so plain
 * HTTP.
 */
const MONITOR = /^<html><body><h1>200 OK<\/h1>\s*Service ready\./;

const PLAIN = /^(?:weight|maxconn):\d{1,9}$/;

/**
 * HAProxy: the line of an `agent-check` (doc/configuration.txt), the page of its `monitor-uri`, or its
 * statistics, `;csv` and `;json`, whose question is `lb`.
 *
 * Line: up and ready are ready, drain and maint draining, down, stopped and fail not_ready; `0%` is draining,
 * 1 to 99 % degraded, 100 % and more ready; the worst kind counts. A word that HAProxy does not know, or a
 * line with only `weight:` or `maxconn:`, is unknown. Text after ` #` is a description. A single plain word
 * (`up`) is recognised as plain HTTP.
 *
 * Statistics: each backend is a required part: `UP` is ready, `DOWN` draining if one of its servers is in
 * DRAIN or MAINT, else not_ready; it is unknown if none of its servers is checked. A server that is UP with
 * weight 0 gets no traffic, which the backend's status reflects.
 */
export const haproxy: Dialect = {
  name: "haproxy",
  // In `;json` one server takes 20 KiB or more.
  path: /;(json|csv)/,
  isBulky: true,
  recognise: ({ text, json }) =>
    backendsOf(text, json) !== undefined || (json === undefined && (isAgent(text) || MONITOR.test(text))),
  read({ status, text, json }) {
    const backends = backendsOf(text, json);
    if (backends) {
      return {
        claims: [...claimsOf(backends), ...errorClaims(status)],
        subsystems: backends,
        question: "lb",
      };
    }
    if (MONITOR.test(text)) return { claims: [codeClaim(status), bodyClaim("ready", "Service ready.")] };
    const claim = json === undefined ? lineClaim(text) : undefined;
    return claim ? { claims: [claim, ...errorClaims(status)] } : null;
  },
  expresses: { whole: ["ready", "degraded", "draining", "not_ready"] },
  write({ state, reason }) {
    // `ready` and `up` also revoke earlier words. A weight is not written, because it would be 0 % of a
    // server whose own weight is 1.
    const words = state === "draining" ? "drain up" : isServing(state) ? "ready up" : "ready down";
    const why = [state, reason].filter(Boolean).join(": ").replace(/[<>{}[\]]/g, "").slice(0, 150);
    return plainText(codeOf(state), `${words} #${why}\n`);
  },
};

function wordsOf(text: string): string[] {
  const line = text.split(/[\r\n]/)[0] ?? "";
  return line.replace(/(^|[ \t,])#.*$/, "").split(/[ \t,]+/).filter((word) => word !== "");
}

/**
 * Whether a text is an agent's line: it has a percentage, a limit, a word of HAProxy's own, or several words
 * that are all known.
 */
function isAgent(text: string): boolean {
  if (text.length > 200 || !/[ \t,%]|drain|maint|stopped/.test(text) || /[\r\n]\s*\S/.test(text)) {
    return false;
  }
  const words = wordsOf(text);
  const isTelling = words.length > 1 || /^(drain|maint|stopped)$/.test(words[0] ?? "") ||
    WEIGHT.test(words[0] ?? "");
  return isTelling &&
    words.every((word) => Object.hasOwn(WORDS, word) || WEIGHT.test(word) || PLAIN.test(word));
}

function lineClaim(text: string): Claim | undefined {
  const words = wordsOf(text);
  if (words.length === 0 || words.length > 16 || /[<>{}[\]]/.test(text)) return undefined;
  const kinds = new Map<string, ReportState>();
  for (const word of words) {
    const [kind, state] = meaningOf(word);
    if (state) kinds.set(kind, state);
  }
  const states = [...kinds.values()];
  const order: ReportState[] = ["not_ready", "draining", "unknown", "degraded", "ready"];
  return bodyClaim(order.find((state) => states.includes(state)) ?? "unknown", words.join(" "));
}

function meaningOf(word: string): [kind: string, state: ReportState | undefined] {
  const known = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
  if (known) return known;
  if (PLAIN.test(word)) return ["limit", undefined];
  const percent = WEIGHT.exec(word)?.[1];
  if (percent === undefined) return ["other", "unknown"];
  const weight = Number(percent);
  return ["weight", weight === 0 ? "draining" : weight < 100 ? "degraded" : "ready"];
}

function claimsOf(backends: Reading["subsystems"] = []): Claim[] {
  if (backends.length === 0) return [bodyClaim("unknown", "no backend")];
  const order: ReportState[] = ["not_ready", "draining", "unknown", "ready"];
  const state = order.find((state) => backends.some((part) => part.state === state)) ?? "unknown";
  const first = backends.find((part) => part.state === state);
  return [bodyClaim(state, `${first?.name}: ${first?.message ?? ""}`)];
}
