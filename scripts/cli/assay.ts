/** The command line: one file per verb. Exit code 3 is always a usage error. */
import { Command, CommanderError } from "commander";
import { budgetVerb } from "./budget.ts";
import { check } from "./check.ts";
import { health } from "./health.ts";
import { pushVerb } from "./push/push.ts";
import { gate } from "./gate.ts";
import { report } from "./report.ts";
import { run } from "./run.ts";
import { startVerb } from "./start.ts";
import { USAGE } from "./terminal.ts";
import { token } from "./token.ts";

const program = new Command("assay")
  .description("An external readiness prober: holds what a service says of itself against what it does")
  .exitOverride()
  .showHelpAfterError();

for (const verb of [check, budgetVerb, gate, run, report, health, pushVerb, startVerb, token]) {
  program.addCommand(verb.exitOverride());
}

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  Deno.exit(error.exitCode === 0 ? 0 : USAGE);
}
