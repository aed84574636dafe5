import { Command, Option } from "commander";
import { DEFAULT_FILE, listed, loadFile, print } from "./terminal.ts";

/** `assay check [file]`: exit 0 valid, 1 not valid (every problem with its position), 3 usage. */
export const check = new Command("check")
  .description("Validate a config. Exit 0 valid, 1 not valid, 3 usage.")
  .argument("[file]", "the config", DEFAULT_FILE)
  .addOption(new Option("--for <runtime>", "valid for this runtime only").choices(["cloudflare", "deno"]))
  .option("--no-env", "an unset ${env:NAME} is a warning, not an error")
  .option("--json", "print JSON")
  .action(async (file: string, options: { for?: "cloudflare" | "deno"; env: boolean; json?: boolean }) => {
    const { config, warnings } = await loadFile(file, {
      json: options.json,
      runtime: options.for,
      envMissing: options.env ? "error" : "warning",
    });
    const counts = {
      targets: config.targets.length,
      checks: config.checks.length,
      regions: config.regions.length,
    };
    const text =
      `${file}: valid: ${counts.targets} targets, ${counts.checks} checks, ${counts.regions} regions`;
    print(
      { json: options.json, value: { file, valid: true, ...counts, problems: warnings } },
      [
        ...warnings.length > 0 ? [listed(file, warnings)] : [],
        text,
      ].join("\n"),
    );
  });
