import { Command, Option } from "commander";
import { checkWebhooks } from "../../src/engine/notify/mod.ts";
import { planDoubts } from "../../src/capacity/plan_doubts.ts";
import { doubtsOf } from "../../src/config/doubts.ts";
import { secretLookup } from "../../functions/deno/secrets.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import { references, secretsOf } from "../../src/base/secrets.ts";
import type { Check } from "../../src/config/config.ts";
import { type Runtime, RUNTIMES } from "../../src/config/runtime.ts";
import { questionOf } from "../../src/evidence/report/question.ts";
import { capacityProblems, edgeProblems } from "./measured.ts";
import { defaultTurns, type Plan } from "../../src/base/limits.ts";
import { latencyOption } from "./latency_option.ts";
import {
  DEFAULT_FILE,
  environmentOption,
  formatProblems,
  INVALID,
  loadFile,
  printResult,
  type VarFlags,
  varOption,
  varsOf,
} from "./terminal.ts";

interface CheckOptions extends VarFlags {
  for?: Runtime;
  plan: Plan;
  latency?: number;
  env: boolean;
  json?: boolean;
}

/**
 * `assay check [file]`: validates a config and prints every problem with its position. Exit 0 valid, 1
 * invalid, 3 usage.
 */
export const checkCommand = new Command("check")
  .description("Validate a config. Exit 0 valid, 1 invalid, 3 usage.")
  .argument("[file]", "the config file", DEFAULT_FILE)
  .addOption(varOption())
  .addOption(environmentOption())
  .addOption(new Option("--for <runtime>", "validate for this runtime only").choices(Object.keys(RUNTIMES)))
  .addOption(
    new Option("--plan <plan>", "the Workers plan, with --for cloudflare").choices(["free", "paid"]).default(
      "free",
    ),
  )
  .addOption(latencyOption())
  .option("--no-env", "report an unset ${env:NAME} as a warning, not an error")
  .option("--json", "print JSON")
  .action(async (file: string, options: CheckOptions) => {
    const { config, warnings: found, text } = await loadFile(file, {
      ...varsOf(options),
      json: options.json,
      runtime: options.for,
      ...options.for === "cloudflare" && { turns: defaultTurns(options.plan) },
      envMissing: options.env ? "error" : "warning",
    });
    const edge = options.for === "cloudflare"
      ? edgeProblems(config, { plan: options.plan, latencyMs: options.latency })
      : undefined;
    const warnings = [
      ...found,
      ...doubtsOf(config, KINDS.stores),
      ...planDoubts(config),
      ...edge ? edge.problems : capacityProblems(config, options.latency),
    ];
    const faults = options.env
      ? await checkWebhooks(secretsOf(references(text), secretLookup()), config, KINDS.sinks)
      : [];
    if (faults.length > 0) {
      const problems = faults.map((message) => ({ severity: "error" as const, path: "webhooks", message }));
      printResult(
        { json: options.json, value: { file, valid: false, problems } },
        formatProblems(file, problems),
      );
      Deno.exit(INVALID);
    }
    const counts = {
      targets: config.targets.length,
      checks: config.checks.length,
      regions: config.regions.length,
    };
    const counted = Object.entries(counts).map(([name, n]) => `${n} ${n === 1 ? name.slice(0, -1) : name}`);
    printResult(
      {
        json: options.json,
        value: { file, valid: true, ...counts, objects: edge?.objects, problems: warnings },
      },
      [
        ...warnings.length > 0 ? [formatProblems(file, warnings)] : [],
        ...config.checks.flatMap(livenessNotes),
        ...edge && edge.objects > 1
          ? [`each place runs ${edge.objects} Durable Objects, which share its checks`]
          : [],
        `${file}: valid: ${counted.join(", ")}`,
      ].join("\n"),
    );
  });

/** Placeholder base URL for report paths: the real host may be a secret reference. */
const ANYWHERE = "http://service.invalid";

/** A note for each report source whose path only reports liveness, unless the config sets its `question`. */
function livenessNotes({ key, report }: Check): string[] {
  const asked = report?.sources.filter((source) => source.kind === "asked") ?? [];
  return asked.filter(({ path, question }) =>
    !question && URL.canParse(path, ANYWHERE) && questionOf(new URL(path, ANYWHERE)) === "liveness"
  ).map(({ path }) =>
    `${key}: ${path} reports liveness only, so it makes no claim unless report.question is readiness`
  );
}
