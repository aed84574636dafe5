/** The `assay` program: one file per verb. */
import { Command } from "commander";
import manifest from "../../deno.json" with { type: "json" };
import { budgetCommand } from "./budget.ts";
import { checkCommand } from "./check.ts";
import { backupCommand, restoreCommand } from "./backup.ts";
import { completionCommand } from "./completion.ts";
import { initCommand } from "./init.ts";
import { importCommand } from "./import.ts";
import { healthCommand } from "./health.ts";
import { planCommand } from "./plan.ts";
import { pushCommand } from "./push/push.ts";
import { diffCommand } from "./diff.ts";
import { exportCommand } from "./export.ts";
import { gateCommand } from "./gate.ts";
import { notifyCommand } from "./notify.ts";
import { replayCommand } from "./replay.ts";
import { reportCommand } from "./report.ts";
import { routesCommand } from "./routes.ts";
import { runCommand } from "./run.ts";
import { simulateCommand } from "./simulate.ts";
import { startCommand } from "./start.ts";
import { tokenCommand } from "./token.ts";

/** The `assay` command with all its verbs. */
export const program = new Command("assay")
  .version(manifest.version)
  .description("An external readiness prober: compares what a service reports with what it does")
  .exitOverride();

for (
  const verb of [
    checkCommand,
    budgetCommand,
    planCommand,
    diffCommand,
    gateCommand,
    routesCommand,
    runCommand,
    reportCommand,
    initCommand,
    importCommand,
    healthCommand,
    notifyCommand,
    pushCommand,
    startCommand,
    simulateCommand,
    exportCommand,
    replayCommand,
    tokenCommand,
    backupCommand,
    restoreCommand,
    completionCommand,
  ]
) {
  program.addCommand(verb.exitOverride());
}
