/** The command line. Exit code 3 is always a usage error. */
import { CommanderError } from "commander";
import { program } from "./program.ts";
import { USAGE } from "./terminal.ts";

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  Deno.exit(error.exitCode === 0 ? 0 : USAGE);
}
