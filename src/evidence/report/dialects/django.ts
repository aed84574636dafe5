import { bodyClaim, errorClaims } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { textEntries } from "../json.ts";
import { layerOf } from "../layers.ts";
import type { Dialect, Reading, ReportAnswer, ReportState, Subsystem } from "../report.ts";
import { codeOf, json } from "../writers.ts";

/** Prefixes of a check's text; the rest is the error. Case differs between versions. */
const RESULTS: readonly [pattern: RegExp, state: ReportState][] = [
  [/^(ok|working)$/i, "ready"],
  [/^warning: /i, "degraded"],
  [/^(unavailable|unexpected result|unknown error): /i, "not_ready"],
];

/** Check names of version 4, `Cache(alias='default')`, and of version 3. */
const NAME = /^\w+\(.*\)$|^Cache backend: |^\w+(Backend|HealthCheck\w*|Check)(\[\w+\])?$/;

const LINE = /^(\w+\(.*?\)): (.*)/;
const METRIC = /^django_health_check_overall_status ([01])\b/m;
const FEED = /<title>Health Check Status<\/title>/;
const PAGE = /<a href="\?format=(?:openmetrics|atom|rss)">/;

/**
 * `django-health-check`, in all its formats.
 *
 * | format | ready | degraded | not_ready | code |
 * |---|---|---|---|---|
 * | JSON map, text lines: one result a check | all `OK` or `working` | `Warning: ...` at worst | any other error | 200, 500 |
 * | OpenMetrics: `..._overall_status` | 1 | | 0 | 200 always |
 * | RSS, Atom: `category` | all `healthy` | | any `unhealthy` | 200 always |
 * | HTML | 200 | | 500 | 200, 500 |
 *
 * Warnings also give 500, and the feeds and metrics always give 200, so the code is a claim only where it
 * adds something. An error with 200 belongs to a check that the application marks as not critical: not
 * required.
 */
export const django: Dialect = {
  name: "django-health-check",
  recognise: ({ text, json }) =>
    json === undefined
      ? [LINE, METRIC, FEED, PAGE].some((pattern) => pattern.test(text))
      : isHealthCheckMap(json),
  read(answer) {
    const { status, text, json } = answer;
    if (json !== undefined) return fromResults(status, textEntries(json) ?? []);
    const metric = METRIC.exec(text);
    if (metric) return overall(answer, metric[1] === "1", metric[0]);
    if (FEED.test(text)) return fromFeed(answer);
    if (PAGE.test(text)) return { claims: [codeClaim(status)] };
    const lines = text.split("\n").map((line) => LINE.exec(line.trim())).filter((match) => match !== null);
    return fromResults(status, lines.map(([, name = "", result = ""]) => [name, result]));
  },
  expresses: { whole: ["ready", "degraded", "not_ready"], parts: ["ready", "degraded", "not_ready"] },
  write({ name, state, reason, subsystems }) {
    const results = [{ name, state, message: reason }, ...subsystems].map(({ name, state, message }) => [
      `Assay(check='${name}')`,
      state === "ready" ? "OK" : `${state === "degraded" ? "Warning" : "Unavailable"}: ${message ?? state}`,
    ]);
    return json(codeOf(state, 500), Object.fromEntries(results));
  },
};

function isHealthCheckMap(json: unknown): boolean {
  const results = textEntries(json) ?? [];
  return results.length > 0 && results.every(([name]) => name.length <= 200 && NAME.test(name));
}

function fromResults(status: number, results: [string, string][]): Reading | null {
  if (results.length === 0) return null;
  const parts = results.map(([name, result]) => partOf(name, result, status));
  const isWarning = status === 500 && parts.some((part) => part.state === "degraded") &&
    parts.every((part) => part.state === "ready" || part.state === "degraded");
  const claim = isWarning ? bodyClaim("degraded", "500 for warnings") : codeClaim(status);
  return { claims: [claim], subsystems: parts };
}

/** The worst of a check's errors, which are joined by line feeds. */
function partOf(name: string, result: string, status: number): Subsystem {
  const states = result.split("\n").map((text) =>
    RESULTS.find(([pattern]) => pattern.test(text.trim()))?.[1] ?? "unknown"
  );
  const state = (["not_ready", "unknown", "degraded"] as const).find((bad) => states.includes(bad)) ??
    "ready";
  const isRequired = status >= 300 || state === "unknown";
  const message = state === "ready" ? undefined : result;
  return { name, state, layer: layerOf(name), required: isRequired, message };
}

function fromFeed(answer: ReportAnswer): Reading | null {
  const categories = answer.text.match(/<category(?: term="|>)(?:un)?healthy\b/g) ?? [];
  if (categories.length === 0) return null;
  const sick = categories.find((category) => category.includes("unhealthy"));
  return overall(answer, !sick, sick ? "category unhealthy" : "category healthy");
}

function overall({ status }: ReportAnswer, isWell: boolean, raw: string): Reading {
  return { claims: [...errorClaims(status), bodyClaim(isWell ? "ready" : "not_ready", raw)] };
}
