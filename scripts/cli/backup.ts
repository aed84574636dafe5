import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { Command } from "commander";
import { backUp, restore, writeDump } from "../../functions/deno/sqlite_copy.ts";
import {
  DEFAULT_FILE,
  environmentOption,
  fail,
  INVALID,
  loadFile,
  USAGE,
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

interface BackupFlags extends VarFlags {
  url?: string;
  tokenEnv: string;
}

/** Copies the store of a running Assay that has no file: on Cloudflare. */
async function backUpFrom(url: string, copy: string, tokenEnv: string): Promise<void> {
  if (!URL.canParse(url)) fail(USAGE, `Not a URL: ${url}`);
  const headers = { authorization: `Bearer ${Deno.env.get(tokenEnv) ?? ""}` };
  const from = `${url.replace(/\/$/, "")}/v1/backup`;
  const answer = await fetch(from, { headers, redirect: "manual" });
  if (!answer.ok || !answer.body) {
    const { detail } = await answer.json().catch(() => ({}));
    throw new Error(
      `${answer.status} ${detail ?? "no Assay answers there"} (the token is read from $${tokenEnv})`,
    );
  }
  const lines = createInterface({ input: Readable.from(answer.body.pipeThrough(new TextDecoderStream())) });
  const rows = await writeDump(lines, copy);
  console.log(`${rows} rows of ${url} are in ${copy}`);
}

/** `assay backup <copy> [file]`: while Assay runs, or not. */
export const backupCommand = new Command("backup")
  .description(
    "Copy the sqlite store of a config or the ledger of a Worker, while Assay runs. Exit 0, 1 not possible, 3 usage.",
  )
  .argument("<copy>", "where to; it must not exist")
  .argument("[file]", "the config", DEFAULT_FILE)
  .addOption(varOption())
  .addOption(environmentOption())
  .option("--url <url>", "of an Assay on Cloudflare, in place of a config")
  .option("--token-env <name>", "with --url: the variable that holds a token of scope admin", "ASSAY_TOKEN")
  .action((copy: string, file: string, { url, tokenEnv, ...flags }: BackupFlags) =>
    orFail(async () => {
      if (url !== undefined) return await backUpFrom(url, copy, tokenEnv);
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
