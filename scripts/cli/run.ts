import { Command, Option } from "commander";
import { KINDS } from "../../functions/deno/kinds.ts";
import { denoPorts } from "../../functions/deno/ports.ts";
import { localProberOf } from "../../functions/local_prober.ts";
import type { Check } from "../../src/config/config.ts";
import { combineWithPushed, unknownReport } from "../../src/evidence/report/mod.ts";
import { judge, type Verdict } from "../../src/judgement/verdict.ts";
import {
  DEFAULT_FILE,
  environmentOption,
  fail,
  type LoadedFile,
  loadFile,
  printResult,
  unknownText,
  USAGE,
  type VarFlags,
  varOption,
  varsOf,
  warn,
} from "./terminal.ts";
import { githubAnnotations, githubSummary, junit, type ReportedResult } from "./run_formats.ts";
import { formatUnnoticed, type ProvenStep, unnoticed } from "./prove.ts";
import {
  ansi,
  formatResult,
  formatStep,
  formatSummary,
  type Paint,
  plain,
  type RunResult,
} from "./run_text.ts";
import { walkFromAll } from "./run_from_all.ts";
import type { Round } from "../../src/judgement/round.ts";

const EXIT: Record<Verdict, number> = {
  ready: 0,
  degraded: 0,
  drift: 1,
  not_ready: 1,
  down: 1,
  failing: 1,
  underclaim: 2,
  unreported: 2,
  announced: 2,
  inconclusive: 2,
};

/** Deadline for one round of all checks. */
const RUN_MS = 600_000;

/** Exit codes, worst first. */
const WORSE = [1, 2, 0];

interface RunFlags extends VarFlags {
  target?: string;
  allowPrivate?: boolean;
  json?: boolean;
  verbose?: boolean;
  prove?: boolean;
  format?: "text" | "json" | "junit" | "github";
  from?: "all";
  url: string;
  tokenEnv: string;
}

/** `assay run [file]`: runs each check once from this process, and judges it without earlier results. */
export const runCommand = new Command("run")
  .description(
    "Run each check once from this process, without earlier results. Exit 0 ready or degraded; 1 drift, not_ready, down or failing; " +
      "2 underclaim, unreported, announced or inconclusive; 3 usage.",
  )
  .argument("[file]", "the config file", DEFAULT_FILE)
  .addOption(varOption())
  .addOption(environmentOption())
  .option("--target <id>", "only this target")
  .option("--allow-private", "let probes reach private and loopback addresses")
  .option("-v, --verbose", "print each step as it happens")
  .option("--prove", "list changes to the responses that the expectations would not detect")
  .option("--json", "same as --format json")
  .addOption(
    new Option("--format <format>", "output format; github prints annotations and writes the job summary")
      .choices(["text", "json", "junit", "github"]),
  )
  .addOption(
    new Option("--from <probers>", "run from every prober of a running Assay, without changing votes")
      .choices([
        "all",
      ])
      .conflicts(["prove", "verbose", "allowPrivate"]),
  )
  .option(
    "--url <url>",
    "with --from: the URL of Assay (or $ASSAY_URL)",
    Deno.env.get("ASSAY_URL") ?? "http://localhost:8080",
  )
  .option("--token-env <name>", "with --from: the environment variable that holds the token", "ASSAY_TOKEN")
  .action(run);

async function run(file: string, options: RunFlags): Promise<never> {
  const json = options.json || options.format === "json";
  const loaded = await loadFile(file, { json, allowPrivate: options.allowPrivate, ...varsOf(options) });
  warn(file, loaded);
  const { targets, checks: all } = loaded.config;
  const checks = all.filter(({ target }) => !options.target || target.id === options.target);
  if (checks.length === 0) {
    fail(USAGE, unknownText("No target has the id", options.target!, targets.map(({ id }) => id)));
  }
  const isForMachines = json || options.format === "junit" || options.format === "github";
  const paint = !isForMachines && Deno.stdout.isTerminal() && !Deno.noColor ? ansi : plain;
  const { results, findings, unproven } = options.from === "all"
    ? { results: await walkFromAll(checks, options), findings: undefined, unproven: [] }
    : await walkHere(checks, loaded, { ...options, isForMachines, paint });
  const value = results.map(({ check, prober, walked, verdict }) => ({
    check: check.key,
    ...prober !== undefined && { prober },
    verdict: verdict.word,
    verdictReason: verdict.reason,
    ...walked,
    ...(findings &&
      { unnoticed: findings.filter(({ key }) => key === check.key).map(({ key: _, ...rest }) => rest) }),
  }));
  const lines = [
    ...results.map((result) => formatResult(result, paint, loaded.config.publicUrl)),
    ...findings ? [...findings.map(formatFinding), ...unproven.map(formatUnproven)] : [],
    formatSummary(results),
  ];
  if (options.format === "junit") console.log(junit(results.map(forReport)));
  else if (options.format === "github") await printForGithub(file, results.map(forReport), loaded);
  else printResult({ json, value }, lines.join("\n"));
  const codes = results.map(({ verdict }) => EXIT[verdict.word]);
  Deno.exit(WORSE.find((code) => codes.includes(code)));
}

interface Walking extends RunFlags {
  isForMachines: boolean;
  paint: Paint;
}

/**
 * Runs each check once from this process. With `--prove`, also finds what its expectations would not detect.
 */
async function walkHere(checks: readonly Check[], { text, config }: LoadedFile, options: Walking) {
  const { isForMachines, paint } = options;
  const ports = denoPorts(text, config);
  const proven: [Check, ProvenStep][] = [];
  const unproven: Unproven[] = [];
  const here = localProberOf(ports, config, KINDS, {
    id: "local",
    region: "local",
    observe(check, event) {
      if (options.verbose && !isForMachines) console.log(formatStep(check.key, event, paint));
      const { exchange, failure, step, captures, run } = event;
      if (failure || !exchange?.answer) return;
      const { answer, request: { url } } = exchange;
      if (step.kind === "http") proven.push([check, { step, answer, url: url.href, captures, run }]);
      else unproven.push({ key: check.key, step: step.name, kind: step.kind });
    },
  });
  const slot = ports.clock.now();
  const waiting = isForMachines ? undefined : waitingLine(checks.length);
  const { suspect, answers } = await here.ask({ slot, checks, deadlineMs: RUN_MS }, () => waiting?.note());
  waiting?.end();
  const results = checks.map((check): RunResult => {
    const answer = answers.find((answer) => answer.check === check.key)!;
    if ("missed" in answer) fail(USAGE, `${check.key} did not run: ${answer.missed}`);
    return judged(check, withUnknownPushes(check, answer.round, slot), { slot, suspect });
  });
  return { results, findings: options.prove ? proven.map((one) => findingOf(one)) : undefined, unproven };
}

const forReport = (result: RunResult): ReportedResult => ({
  ...result,
  text: formatResult(result, plain),
  exit: EXIT[result.verdict.word],
});

async function printForGithub(file: string, results: ReportedResult[], loaded: LoadedFile): Promise<void> {
  console.log(githubAnnotations(file, results, loaded).join("\n"));
  const summary = Deno.env.get("GITHUB_STEP_SUMMARY");
  if (summary) await Deno.writeTextFile(summary, githubSummary(results), { append: true });
}

function judged(
  check: Check,
  walked: Round,
  { slot, suspect }: { slot: number; suspect: boolean },
): RunResult {
  const { before, after, observation: { outcome } } = walked;
  const fault = suspect ? "suspect" as const : undefined;
  const evidence = { at: slot, kind: "turn" as const, before, after, outcome, fault };
  return { check, walked, verdict: judge(evidence, { everReady: false }, check).verdict };
}

interface Finding {
  key: string;
  step: string;
  unnoticed: string[];
}

const findingOf = ([{ key }, proven]: [Check, ProvenStep]): Finding => ({
  key,
  step: proven.step.name,
  unnoticed: formatUnnoticed(unnoticed(proven)),
});

/** Findings printed per step. */
const SHOWN = 12;

function formatFinding({ key, step, unnoticed }: Finding): string {
  const more = unnoticed.length > SHOWN ? [`  and ${unnoticed.length - SHOWN} more`] : [];
  const lines = unnoticed.length > 0
    ? unnoticed.slice(0, SHOWN)
    : ["every change that was tried would be detected"];
  return [`${key}, ${step}:`, ...lines.map((line) => `  ${line}`), ...more].join("\n");
}

/** A passed step that `--prove` skips because it is not over HTTP. */
interface Unproven {
  key: string;
  step: string;
  kind: string;
}

const formatUnproven = ({ key, step, kind }: Unproven) =>
  `${key}, ${step}:\n  not tried: only HTTP responses can be changed, and this step is ${kind}`;

/** Shows progress on standard error; undefined if that is not a terminal. */
function waitingLine(count: number) {
  if (!Deno.stderr.isTerminal()) return undefined;
  const encoder = new TextEncoder();
  const began = performance.now();
  let done = 0;
  const write = (text: string) => Deno.stderr.writeSync(encoder.encode(`\r\x1b[2K${text}`));
  const timer = setInterval(() => {
    write(`${done} of ${count} done, ${Math.round((performance.now() - began) / 1_000)} s`);
  }, 500);
  return {
    note: () => void done++,
    end: () => {
      clearInterval(timer);
      write("");
    },
  };
}

/** Adds an `unknown` report for each pushed source: only a running Assay stores pushes. */
function withUnknownPushes({ report }: Check, round: Round, at: number): Round {
  if (!report) return round;
  const unknown = () => unknownReport("push", at, "pushed: only a running Assay stores it");
  const addUnknown = (asked: Round["before"]) => combineWithPushed(report, asked, unknown);
  return {
    ...round,
    before: addUnknown(round.before),
    ...(round.after !== undefined && { after: addUnknown(round.after) }),
  };
}
