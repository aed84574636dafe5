/** Machine-readable output of `assay run`: JUnit XML and GitHub workflow commands. */
import type { Check } from "../../src/config/config.ts";
import { isRecord } from "../../src/base/json.ts";
import type { Path } from "../../src/config/problem.ts";
import { nameOf, type RunResult, whyInconclusive } from "./run_text.ts";
import type { LoadedFile } from "./terminal.ts";

/** The result of one check, its text form, and the exit code that it implies. */
export interface ReportedResult extends RunResult {
  text: string;
  exit: number;
}

/** JUnit XML: one suite per target, one case per check. Exit code 1 becomes a failure, 2 an error. */
export function junit(results: readonly ReportedResult[]): string {
  const suites = Map.groupBy(results, ({ check }) => check.target.id);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    ...[...suites].flatMap(([target, cases]) => [
      `  <testsuite name="${xml(target)}" tests="${cases.length}" failures="${count(cases, 1)}" errors="${
        count(cases, 2)
      }">`,
      ...cases.map(testcase),
      "  </testsuite>",
    ]),
    "</testsuites>",
  ].join("\n");
}

const count = (results: readonly ReportedResult[], code: number) =>
  results.filter(({ exit }) => exit === code).length;

function testcase(result: ReportedResult): string {
  const { check, walked, verdict, text, exit } = result;
  const seconds = (walked.observation.totalMs / 1_000).toFixed(3);
  const open = `    <testcase classname="${xml(check.target.id)}" name="${
    xml(nameOf(result, check.id))
  }" time="${seconds}"`;
  if (exit === 0) return `${open}/>`;
  const tag = exit === 1 ? "failure" : "error";
  return `${open}><${tag} type="${verdict.word}" message="${xml(headline(result))}">${
    xml(text)
  }</${tag}></testcase>`;
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Escapes text for XML 1.0, and replaces the control characters that it cannot represent. */
const xml = (text: string): string =>
  // deno-lint-ignore no-control-regex -- XML 1.0 has no way to write these
  text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd").replace(
    /[&<>"]/g,
    (one) => ENTITIES[one]!,
  )
    .toWellFormed();

/** Why the round counts for nothing, or else which step failed. */
function causeOf(result: RunResult): string {
  const { failure } = result.walked.observation;
  return whyInconclusive(result) ?? (failure ? `${failure.step}: ${failure.detail}` : "");
}

const headline = (result: RunResult): string => {
  const cause = causeOf(result);
  return `${nameOf(result)}: ${result.verdict.word}${cause ? `: ${cause}` : ""}`;
};

/**
 * GitHub workflow commands: an annotation for each check with a non-zero exit code, at the line of the failed
 * step.
 */
export function githubAnnotations(
  file: string,
  results: readonly ReportedResult[],
  loaded: Pick<LoadedFile, "value" | "locate">,
): string[] {
  const bad = results.filter(({ exit }) => exit > 0);
  const lines = bad.map((result) => {
    const { check, walked, verdict, text, exit } = result;
    const at = loaded.locate(pathOf(loaded.value, check, walked.observation.failure?.step), "value");
    const place = at
      ? `file=${property(at.file ?? file)},line=${at.line},col=${at.column},`
      : `file=${property(file)},`;
    const title = property(`${nameOf(result)}: ${verdict.word}`);
    return `::${exit === 1 ? "error" : "warning"} ${place}title=${title}::${data(text)}`;
  });
  return [...lines, `${results.length - bad.length} of ${results.length} checks are ready`];
}

/** The results as a Markdown table. */
export function githubSummary(results: readonly ReportedResult[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replace(/\s+/g, " ");
  const rows = results.map((result) => {
    const { verdict, walked } = result;
    const { totalMs } = walked.observation;
    return `| ${cell(nameOf(result))} | ${verdict.word} | ${Math.round(totalMs)} ms | ${
      cell(causeOf(result))
    } |`;
  });
  return ["| check | verdict | took | why |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}

/** The config path of the failed step, or of the check if no step failed. */
function pathOf(value: unknown, { id, target, journey }: Check, step: string | undefined): Path {
  const targets = isRecord(value) && Array.isArray(value.targets) ? value.targets : [];
  const i = targets.findIndex((one) => one?.id === target.id);
  const checks: { id?: string }[] = targets[i]?.checks ?? [];
  const j = checks.findIndex((one) => (one.id ?? "default") === id);
  const k = journey.findIndex(({ name }) => name === step);
  return ["targets", i, "checks", j, ...k < 0 ? [] : ["journey", k]];
}

const data = (text: string) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string) => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
