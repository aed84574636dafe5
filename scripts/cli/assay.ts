/** The command line: one file per verb. Exit code 3 is always a usage error. */
import { Command, CommanderError } from "commander";
import { budgetCommand } from "./budget.ts";
import { checkCommand } from "./check.ts";
import { healthCommand } from "./health.ts";
import { pushCommand } from "./push/push.ts";
import { gateCommand } from "./gate.ts";
import { reportCommand } from "./report.ts";
import { runCommand } from "./run.ts";
import { startCommand } from "./start.ts";
import { USAGE } from "./terminal.ts";
import { tokenCommand } from "./token.ts";

const program = new Command("assay")
  .description("An external readiness prober: holds what a service says of itself against what it does")
  .exitOverride()
  .showHelpAfterError();

for (
  const verb of [
    checkCommand,
    budgetCommand,
    gateCommand,
    runCommand,
    reportCommand,
    healthCommand,
    pushCommand,
    startCommand,
    tokenCommand,
  ]
) {
  program.addCommand(verb.exitOverride());
}

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  Deno.exit(error.exitCode === 0 ? 0 : USAGE);
}
