import { Command } from "commander";
import { diffConfigs, formatDiff } from "../../src/config/diff.ts";
import { environmentOption, loadFile, printResult, type VarFlags, varOption, varsOf } from "./terminal.ts";

/** `assay diff <old> <new>`: exit 0 alike, 2 they differ, 1 not valid, 3 usage. */
export const diffCommand = new Command("diff")
  .description(
    "What another config changes, check by check. Exit 0 alike, 2 they differ, 1 not valid, 3 usage.",
  )
  .argument("<old>", "the config that runs")
  .argument("<new>", "the one that is to")
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
