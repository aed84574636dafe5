import { Command } from "commander";
import { diffConfigs, formatDiff } from "../../src/config/diff.ts";
import { environmentOption, loadFile, printResult, type VarFlags, varOption, varsOf } from "./terminal.ts";

/** `assay diff <old> <new>`: compares two configs. Exit 0 same, 2 different, 1 invalid, 3 usage. */
export const diffCommand = new Command("diff")
  .description(
    "Compare two configs, check by check. Exit 0 same, 2 different, 1 invalid, 3 usage.",
  )
  .argument("<old>", "the current config")
  .argument("<new>", "the new config")
  .addOption(varOption())
  .addOption(environmentOption())
  .option("--json", "print JSON")
  .action(async (old: string, next: string, options: VarFlags & { json?: boolean }) => {
    const read = async (file: string) =>
      (await loadFile(file, { json: options.json, envMissing: "warning", ...varsOf(options) })).config;
    const diff = diffConfigs(await read(old), await read(next));
    printResult({ json: options.json, value: diff }, formatDiff(diff).join("\n"));
    if (Object.values(diff).some((keys) => keys.length > 0)) Deno.exit(2);
  });
