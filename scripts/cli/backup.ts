import { Command } from "commander";
import { backUp, restore } from "../../functions/deno/sqlite_copy.ts";
import {
  DEFAULT_FILE,
  environmentOption,
  fail,
  INVALID,
  loadFile,
  type VarFlags,
  varOption,
  varsOf,
} from "./terminal.ts";

/** Where the config's store lies; exits 3 where it is no file. */
async function storeFile(file: string, flags: VarFlags): Promise<string> {
  const { config: { store } } = await loadFile(file, { envMissing: "warning", ...varsOf(flags) });
  if (store.kind === "sqlite") return String(store.options);
  fail(INVALID, `The store of ${file} is ${store.kind}, not a file: \`assay export\` writes its history`);
}

/** Does `work`, and exits 1 with what it says if it cannot. */
async function orFail(work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    fail(INVALID, (error as Error).message);
  }
}

/** `assay backup <copy> [file]`: while Assay runs, or not. */
export const backupCommand = new Command("backup")
  .description("Copy the sqlite store of a config, while Assay runs. Exit 0, 1 not possible, 3 usage.")
  .argument("<copy>", "where to; it must not exist")
  .argument("[file]", "the config", DEFAULT_FILE)
  .addOption(varOption())
  .addOption(environmentOption())
  .action((copy: string, file: string, flags: VarFlags) =>
    orFail(async () => {
      const path = await storeFile(file, flags);
      backUp(path, copy);
      console.log(`${path} is in ${copy}`);
    })
  );

/** `assay restore <copy> [file]`: while Assay is stopped. */
export const restoreCommand = new Command("restore")
  .description(
    "Put a copy in place of a config's sqlite store, while Assay is stopped. Exit 0, 1 not possible, 3 usage.",
  )
  .argument("<copy>", "what `assay backup` wrote")
  .argument("[file]", "the config", DEFAULT_FILE)
  .addOption(varOption())
  .addOption(environmentOption())
  .option("--force", "replace the store that is there")
  .action((copy: string, file: string, { force, ...flags }: VarFlags & { force?: boolean }) =>
    orFail(async () => {
      const path = await storeFile(file, flags);
      await restore(copy, path, { force, nowMs: Date.now() });
      console.log(`${copy} is in ${path}`);
    })
  );
