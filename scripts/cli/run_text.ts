/** The text output of `assay run`. */
import type { Check } from "../../src/config/config.ts";
import type { StepEvent } from "../../src/evidence/probe/journey.ts";
import type { Observation } from "../../src/evidence/probe/observation.ts";
import type { Report } from "../../src/evidence/report/report.ts";
import type { Verdict, VerdictResult } from "../../src/judgement/verdict.ts";
import { plainCause } from "./target_url.ts";
import { ellipsize, oneLine } from "../../src/base/text.ts";

/** The printed fields of a report. */
type ShownReport =
  & Pick<Report, "state" | "dialect" | "reason">
  & Partial<Pick<Report, "sources" | "contradictions">>;

/** The round and verdict of one check. */
export interface RunResult {
  check: Check;
  /** The prober that ran it; absent: this process. */
  prober?: string;
  walked: {
    before: ShownReport | null;
    after?: ShownReport | null;
    observation: Pick<Observation, "outcome" | "totalMs" | "failure"> & Partial<Observation>;
  };
  verdict: VerdictResult;
}

/** "shop/read", or "shop/read from fra". */
export const nameOf = ({ check, prober }: Pick<RunResult, "check" | "prober">, name = check.key): string =>
  prober === undefined ? name : `${name} from ${prober}`;

/** Colours a text, or leaves it as it is. */
export type Paint = (colour: "red" | "green" | "yellow" | "dim" | "bold", text: string) => string;

/** No colours. */
export const plain: Paint = (_, text) => text;

const CODES = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 };

/** Colours of a terminal (ECMA-48). */
export const ansi: Paint = (colour, text) => `\x1b[${CODES[colour]}m${text}\x1b[0m`;

const GOOD = new Set<Verdict>(["ready", "degraded"]);
const DOUBTFUL = new Set<Verdict>(["underclaim", "unreported", "announced", "inconclusive"]);
const colourOf = (word: Verdict) => GOOD.has(word) ? "green" : DOUBTFUL.has(word) ? "yellow" : "red";

/** Why a round is inconclusive, and what to do about it. */
const WHY: Record<string, string> = {
  suspect:
    "none of the controls answered either, so the prober's own network is at fault, not the target: check its connection, or the `controls` of the config",
  misplaced: "the prober is not where its `place` says: its evidence does not count",
  prerequisite: "the check named by `after` does not hold: mend that one first",
  unbracketed: "the report could not be read again after the journey that contradicts it: run it once more",
  refused: "Assay refuses private addresses: to probe your own machine or network, add --allow-private",
};

/** Why a round is inconclusive, in words; undefined if the failed step says it, or it is conclusive. */
export function whyInconclusive(
  { walked, verdict }: Pick<RunResult, "walked" | "verdict">,
): string | undefined {
  if (verdict.word !== "inconclusive") return undefined;
  return WHY[verdict.reason ?? walked.observation.failure?.reason ?? ""];
}

const causeOf = ({ reason, detail }: NonNullable<Observation["failure"]>) =>
  reason === "network" ? plainCause(`network: ${detail}`).replace(/^network: /, "") : detail;

/** One check: its claim, its outcome and, on failure, the request and the failed expectation. */
export function formatResult(
  { check, prober, walked, verdict }: RunResult,
  paint: Paint,
  publicUrl?: string,
): string {
  const why = whyInconclusive({ walked, verdict });
  const { before, after, observation } = walked;
  const claim = (report: typeof before) => report ? `${report.state} (${report.dialect})` : "no claim";
  const says = after ? `${claim(before)}, then ${claim(after)}` : claim(before);
  const { failure, outcome, totalMs } = observation;
  const page = failure && publicUrl && `${publicUrl.replace(/\/+$/, "")}/targets/${check.target.id}`;
  return [
    `${nameOf({ check, prober })}: ${paint(colourOf(verdict.word), verdict.word)}${
      verdict.reason ? ` (${verdict.reason})` : ""
    }`,
    ...why ? [`  why   ${why}`] : [],
    `  says  ${says}${before?.reason ? `: ${plainCause(before.reason)}` : ""}`,
    ...((after ?? before)?.sources ?? []).map(({ name, state, dialect, reason }) =>
      `        ${name}: ${state} (${dialect})${reason ? `: ${plainCause(reason)}` : ""}`
    ),
    `  does  ${outcome} in ${Math.round(totalMs)} ms`,
    ...failure ? [`  step  ${failure.step}: ${causeOf(failure)}`] : [],
    ...failure?.request ? [`  asked ${failure.request.method} ${failure.request.url}`] : [],
    ...failure?.expression ? [`  want  ${failure.expression}`] : [],
    ...(after ?? before)?.contradictions?.map((contradiction) => `  but   ${contradiction}`) ?? [],
    ...page ? [`  page  ${page}`] : [],
  ].join("\n");
}

/** "13 of 14 ready, 1 failing". */
export function formatSummary(results: readonly RunResult[]): string {
  const counts = new Map<Verdict, number>();
  for (const { verdict: { word } } of results) counts.set(word, (counts.get(word) ?? 0) + 1);
  const others = [...counts].filter(([word]) => word !== "ready").map(([word, n]) => `, ${n} ${word}`);
  return `${counts.get("ready") ?? 0} of ${results.length} ready${others.join("")}`;
}

const EXCERPT_CHARS = 300;

/** One finished step: request, status, duration, an excerpt of the response, captures, and the failure. */
export function formatStep(key: string, event: StepEvent, paint: Paint): string {
  const { step, trace, exchange, failure, captures, capturesAfter, redact } = event;
  if (trace.skipped) return `${key}  ${paint("dim", "skipped")}  ${step.name}`;
  const asked = exchange ? redact(`${exchange.request.method} ${exchange.request.url.href}`) : step.summary;
  const status = trace.status === undefined ? trace.note ?? "no answer" : String(trace.status);
  const hidden = new Set(step.secretCaptures);
  const captured = Object.entries(capturesAfter).filter(([name]) => !Object.hasOwn(captures, name));
  const text = exchange?.answer ? oneLine(redact(exchange.answer.text.slice(0, 4096)), EXCERPT_CHARS) : "";
  const mark = failure ? paint("red", "fail") : paint("green", "pass");
  return [
    `${key}  ${mark}  ${step.name}  ${status}  ${Math.round(trace.totalMs)} ms`,
    `    asked    ${asked}`,
    ...text ? [`    answered ${paint("dim", text)}`] : [],
    ...captured.map(([name, value]) =>
      `    captured ${name} = ${hidden.has(name) ? "***" : ellipsize(redact(JSON.stringify(value)), 100)}`
    ),
    ...failure ? [`    failed   ${failure.detail}`] : [],
  ].join("\n");
}
