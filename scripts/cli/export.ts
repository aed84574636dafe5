import { Command, Option } from "commander";
import { openStore } from "../../functions/deno/start.ts";
import { DAY_MS } from "../../src/base/time.ts";
import { durationFrom } from "./duration_option.ts";
import { packChecks } from "../../src/storage/codec.ts";
import { exportHistory } from "../../src/storage/history/export.ts";
import { DEFAULT_FILE, loadFile } from "./terminal.ts";

/**
 * `assay export [file]`: prints the history in the config's store as JSON lines. Exit 0, 1 config, 3 usage.
 */
export const exportCommand = new Command("export")
  .description(
    "Print the judged history as JSON lines without secrets, for assay replay. Exit 0, 1 config, 3 usage.",
  )
  .argument("[file]", "the config", DEFAULT_FILE)
  .addOption(
    new Option("--since <duration>", "how far back to export").argParser(durationFrom("0ms", "24h")).default(
      DAY_MS,
      "24h",
    ),
  )
  .action(async (file: string, { since }: { since: number }) => {
    const { config } = await loadFile(file, { envMissing: "warning" });
    const store = openStore(config);
    const to = Date.now();
    try {
      for await (const line of exportHistory(store, packChecks(config), { from: to - since, to })) {
        console.log(JSON.stringify(line));
      }
    } finally {
      await store.close();
    }
  });
