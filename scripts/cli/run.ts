import { Command } from "commander";
import { KINDS } from "../../functions/deno/kinds.ts";
import { denoPorts } from "../../functions/deno/start.ts";
import { localProberOf } from "../../functions/local_prober.ts";
import type { Check } from "../../src/config/config.ts";
import { combineWithPushed, unknownReport } from "../../src/evidence/report/mod.ts";
import { judge, type Verdict, type VerdictResult } from "../../src/judgement/verdict.ts";
import {
  DEFAULT_FILE,
  environmentOption,
  fail,
  loadFile,
  printResult,
  USAGE,
  type VarFlags,
  varOption,
  varsOf,
  warn,
} from "./terminal.ts";
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

/** Nobody waits longer than this for one round of everything. */
const RUN_MS = 600_000;

/** A failed journey weighs more than a doubtful one. */
const WORSE = [1, 2, 0];

/** `assay run [file]`: one round here and now, judged without memory. */
export const runCommand = new Command("run")
  .description(
    "One round from this process, judged without memory. Exit 0 ready or degraded; 1 drift, not_ready, down or failing; " +
      "2 underclaim, unreported, announced or inconclusive; 3 usage.",
  )
  .argument("[file]", "the config", DEFAULT_FILE)
  .addOption(varOption())
  .addOption(environmentOption())
  .option("--target <id>", "only this target")
  .option("--allow-private", "let probes reach private and loopback addresses")
  .option("--json", "print JSON")
  .action(
    async (file: string, options: VarFlags & { target?: string; allowPrivate?: boolean; json?: boolean }) => {
      const loaded = await loadFile(file, {
        json: options.json,
        allowPrivate: options.allowPrivate,
        ...varsOf(options),
      });
      warn(file, loaded);
      const { config, text } = loaded;
      const ports = denoPorts(text, config);
      const checks = config.checks.filter(({ target }) => !options.target || target.id === options.target);
      if (checks.length === 0) fail(USAGE, `No target has the id ${options.target}`);
      const here = localProberOf(ports, config, KINDS, { id: "local", region: "local" });
      const slot = ports.clock.now();
      const { suspect, answers } = await here.ask({ slot, checks, deadlineMs: RUN_MS });
      const byKey = new Map(answers.map((answer) => [answer.check, answer]));
      const results = checks.map((check) => {
        const answer = byKey.get(check.key)!;
        if ("missed" in answer) fail(USAGE, `${check.key} was not walked: ${answer.missed}`);
        const walked = withUnknownPushes(check, answer.round, slot);
        const { before, after, observation: { outcome } } = walked;
        const evidence = {
          at: slot,
          kind: "turn" as const,
          before,
          after,
          outcome,
          ...(suspect && { fault: "suspect" as const }),
        };
        return { check, walked, verdict: judge(evidence, { everReady: false }, check).verdict };
      });
      const value = results.map(({ check, walked, verdict }) => ({
        check: check.key,
        verdict: verdict.word,
        verdictReason: verdict.reason,
        ...walked,
      }));
      printResult({ json: options.json, value }, results.map(formatResult).join("\n"));
      const codes = results.map(({ verdict }) => EXIT[verdict.word]);
      Deno.exit(WORSE.find((code) => codes.includes(code)));
    },
  );

/** What is pushed is kept by a running Assay: here nothing is known of it. */
function withUnknownPushes({ report }: Check, round: Round, at: number): Round {
  if (!report) return round;
  const unknown = () => unknownReport("push", at, "pushed: only a running Assay knows it");
  const addUnknown = (asked: Round["before"]) => combineWithPushed(report, asked, unknown);
  return {
    ...round,
    before: addUnknown(round.before),
    ...(round.after !== undefined && { after: addUnknown(round.after) }),
  };
}

function formatResult(
  { check, walked, verdict }: { check: Check; walked: Round; verdict: VerdictResult },
): string {
  const { before, after, observation } = walked;
  const claim = (report: typeof before) => report ? `${report.state} (${report.dialect})` : "no claim";
  const says = after ? `${claim(before)}, then ${claim(after)}` : claim(before);
  const { failure, outcome, totalMs } = observation;
  return [
    `${check.key}: ${verdict.word}${verdict.reason ? ` (${verdict.reason})` : ""}`,
    `  says  ${says}${before?.reason ? `: ${before.reason}` : ""}`,
    ...((after ?? before)?.sources ?? []).map(({ name, state, dialect, reason }) =>
      `        ${name}: ${state} (${dialect})${reason ? `: ${reason}` : ""}`
    ),
    `  does  ${outcome} in ${Math.round(totalMs)} ms`,
    ...failure ? [`  step  ${failure.step}: ${failure.detail}`] : [],
    ...failure?.request ? [`  asked ${failure.request.method} ${failure.request.url}`] : [],
    ...failure?.expression ? [`  want  ${failure.expression}`] : [],
    ...(after ?? before)?.contradictions.map((contradiction) => `  but   ${contradiction}`) ?? [],
  ].join("\n");
}
