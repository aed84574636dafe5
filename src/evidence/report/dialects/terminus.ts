import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { isServing } from "../merge.ts";
import { firstText } from "../json.ts";
import { layerOf } from "../layers.ts";
import type { Dialect, ReportAnswer, Subsystem } from "../report.ts";
import { stateOfWord } from "../vocabulary.ts";
import { codeOf, json } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

/** The answer's own keys, as opposed to values of a check that are merged in (`verbatim`). */
const OWN = new Set(["status", "info", "error", "details", "isShuttingDown"]);

/**
 * `@godaddy/terminus`.
 *
 * | body | state | code |
 * |---|---|---|
 * | `status: ok`, alone or with `info` and `details`, or values merged in beside it | ready | 200 |
 * | `status: error`, with the causes in `error` and `details` | not_ready | 503 |
 * | `status: error` alone | not_ready: any failure, or after SIGTERM | 503 |
 * | `status:` a word of the application's `statusResponse` | as in the shared vocabulary, else unknown | any |
 * | `isShuttingDown: true`, the state it hands to checks | draining | |
 *
 * Its shutdown looks like a failure, so it has no phase. Terminus ignores the values that checks return, and
 * merged values may be left over from another endpoint, so parts are not required. `{"status":"ok"}` alone is
 * recognised only as Node writes it: `application/json` without a charset or a length.
 */
export const terminus: Dialect = {
  name: "terminus",
  recognise(answer) {
    const { json } = answer;
    if (!isRecord(json) || (json.status !== "ok" && json.status !== "error")) return false;
    if (isCauses(json.error) || typeof json.isShuttingDown === "boolean") return true;
    if (json.error === undefined && isRecord(json.info) && isRecord(json.details)) return true;
    return Object.keys(json).length === 1 && isPlainNode(answer);
  },
  read({ status, json }) {
    if (!isRecord(json) || typeof json.status !== "string") return null;
    const claims = [codeClaim(status), bodyClaim(stateOfWord(json.status) ?? "unknown", json.status)];
    if (json.isShuttingDown === true) claims.push(bodyClaim("draining", "isShuttingDown"));
    return { claims, subsystems: [...causesOf(json.error), ...valuesOf(json)] };
  },
  expresses: { whole: ["ready", "degraded", "not_ready"], parts: ["ready", "degraded", "not_ready"] },
  write({ name, state, reason, subsystems }) {
    if (isServing(state)) {
      const values = subsystems.map(({ name, state }) => [name, state === "ready" ? "up" : state]);
      const info = Object.fromEntries([[name, "up"], ...values]);
      return json(200, { status: "ok", info, details: info });
    }
    const causes = subsystems.filter((part) => !isServing(part.state))
      .map(({ name, state, message }) => ({ name, message: message ?? state }));
    const error = [{ name, message: reason ?? state }, ...causes];
    return json(codeOf(state), { status: "error", error, details: error });
  },
};

function isCauses(error: unknown): error is unknown[] {
  return Array.isArray(error) && error.every((cause) => isRecord(cause) && typeof cause.message === "string");
}

function isPlainNode({ headers }: ReportAnswer): boolean {
  return headers.get("content-type") === "application/json" && !headers.has("content-length");
}

function causesOf(error: unknown): Subsystem[] {
  if (!isCauses(error)) return [];
  return error.filter(isRecord).map((cause, i) => {
    const name = firstText(cause.name) ?? String(i);
    return {
      name,
      state: "not_ready",
      layer: layerOf(name),
      required: false,
      message: firstText(cause.message),
    };
  });
}

/** The values returned by checks, in `info` or merged in, that are health words. */
function valuesOf(json: Record<string, unknown>): Subsystem[] {
  const merged = Object.entries(json).filter(([key]) => !OWN.has(key));
  const named = isRecord(json.info) ? Object.entries(json.info) : [];
  return [...named, ...merged].flatMap(([name, value]) => {
    const word = isRecord(value) ? value.status : value;
    const state = typeof word === "string" ? stateOfWord(word) : undefined;
    return state ? [{ name, state, layer: layerOf(name), required: false }] : [];
  });
}
