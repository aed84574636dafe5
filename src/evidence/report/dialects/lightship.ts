import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { isServing } from "../merge.ts";
import type { Dialect, ReportState } from "../report.ts";
import { codeOf, plainText } from "../writers.ts";

/** Lightship's bodies; some are only sent by `/live`. */
const STATES = new Map<string, ReportState>([
  ["SERVER_IS_READY", "ready"],
  ["SERVER_IS_NOT_READY", "not_ready"],
  ["SERVER_IS_SHUTTING_DOWN", "draining"],
  ["SERVER_IS_NOT_SHUTTING_DOWN", "ready"],
]);

/**
 * Lightship's text on `/health`, `/ready` and `/live`; the code is 500 when not ready.
 *
 * | body | state |
 * |---|---|
 * | `SERVER_IS_READY` | ready |
 * | `SERVER_IS_NOT_READY` | not_ready, without a phase: also a service that said so itself, or a blocking task |
 * | `SERVER_IS_SHUTTING_DOWN` | draining; `/ready` says `SERVER_IS_NOT_READY` meanwhile |
 * | `SERVER_IS_NOT_SHUTTING_DOWN` | ready, but an answer about liveness |
 *
 * `/health` ignores the blocking tasks that `/ready` waits for, so the two may disagree.
 */
export const lightship: Dialect = {
  name: "lightship",
  recognise: ({ text }) => STATES.has(text.trim()),
  read({ status, text }) {
    const raw = text.trim();
    const state = STATES.get(raw);
    if (!state) return null;
    return {
      claims: [codeClaim(status), bodyClaim(state, raw)],
      question: raw === "SERVER_IS_NOT_SHUTTING_DOWN" ? "liveness" : undefined,
    };
  },
  expresses: { whole: ["ready", "degraded", "draining", "not_ready"] },
  write({ state }) {
    const word = state === "draining" ? "SHUTTING_DOWN" : isServing(state) ? "READY" : "NOT_READY";
    return plainText(codeOf(state, 500), `SERVER_IS_${word}`);
  },
};
