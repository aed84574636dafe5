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

/** The path of the config's SQLite file. Exits 1 if the store is not a file. */
async function storeFile(file: string, flags: VarFlags): Promise<string> {
  const { config: { store } } = await loadFile(file, { envMissing: "warning", ...varsOf(flags) });
  if (store.kind === "sqlite") return String(store.options);
  fail(INVALID, `The store of ${file} is ${store.kind}, not a file: \`assay export\` writes its history`);
}

/** Runs `work`. On failure prints the message and exits 1. */
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

/** Downloads the store of an Assay on Cloudflare, which has no file. */
async function backUpFrom(url: string, copy: string, tokenEnv: string): Promise<void> {
  if (!URL.canParse(url)) fail(USAGE, `Not a URL: ${url}`);
  const headers = { authorization: `Bearer ${Deno.env.get(tokenEnv) ?? ""}` };
  const from = `${url.replace(/\/$/, "")}/v1/backup`;
  const answer = await fetch(from, { headers, redirect: "manual" });
  if (!answer.ok || !answer.body) {
    const { detail } = await answer.json().catch(() => ({}));
    throw new Error(
      `${answer.status} ${detail ?? "no Assay answers at this URL"} (the token is read from $${tokenEnv})`,
    );
  }
  const lines = createInterface({ input: Readable.from(answer.body.pipeThrough(new TextDecoderStream())) });
  const rows = await writeDump(lines, copy);
  console.log(`copied ${rows} rows from ${url} to ${copy}`);
}

/** `assay backup <copy> [file]`: works whether or not Assay runs. */
export const backupCommand = new Command("backup")
  .description(
    "Copy a config's sqlite store, or a Worker's ledger, also while Assay runs. Exit 0 copied, 1 failed, 3 usage.",
  )
  .argument("<copy>", "the file to write; it must not exist")
  .argument("[file]", "the config", DEFAULT_FILE)
  .addOption(varOption())
  .addOption(environmentOption())
  .option("--url <url>", "back up the Assay at this URL on Cloudflare, instead of a config's store")
  .option(
    "--token-env <name>",
    "with --url: the environment variable that holds a token of scope admin",
    "ASSAY_TOKEN",
  )
  .action((copy: string, file: string, { url, tokenEnv, ...flags }: BackupFlags) =>
    orFail(async () => {
      if (url !== undefined) return await backUpFrom(url, copy, tokenEnv);
      const path = await storeFile(file, flags);
      backUp(path, copy);
      console.log(`copied ${path} to ${copy}`);
    })
  );

/** `assay restore <copy> [file]`: stop Assay first. */
export const restoreCommand = new Command("restore")
  .description(
    "Replace a config's sqlite store with a copy; stop Assay first. Exit 0 restored, 1 failed, 3 usage.",
  )
  .argument("<copy>", "a file written by `assay backup`")
  .argument("[file]", "the config", DEFAULT_FILE)
  .addOption(varOption())
  .addOption(environmentOption())
  .option("--force", "replace an existing store")
  .action((copy: string, file: string, { force, ...flags }: VarFlags & { force?: boolean }) =>
    orFail(async () => {
      const path = await storeFile(file, flags);
      await restore(copy, path, { force, nowMs: Date.now() });
      console.log(`restored ${path} from ${copy}`);
    })
  );
