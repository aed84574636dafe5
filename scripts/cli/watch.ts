/** Watches the files of a config. */
import { dirname, resolve } from "node:path";
import { pause } from "../../src/base/ports.ts";
import { clock } from "../../functions/clock.ts";
import { readConfigFiles } from "./config_files.ts";

/** An editor writes a file in several steps; what follows within this (ms) is one change. */
const SETTLED_MS = 300;

/** What a watch needs. */
export interface WatchOptions {
  /** The {@linkcode configTexts} that are in use. */
  known: string | undefined;
  /** Called after each change. */
  changed(): Promise<unknown>;
  /** Ends it. */
  signal?: AbortSignal;
}

/** Watches the text of a config, until `signal` aborts. Looks at folders, for a file may be replaced by another. */
export async function watchConfig(file: string, options: WatchOptions): Promise<void> {
  const { changed, signal = new AbortController().signal } = options;
  let { known } = options;
  const look = async (): Promise<boolean> => {
    const text = await configTexts(file);
    if (text === known) return false;
    known = text;
    await changed();
    return true;
  };
  while (!signal.aborted) {
    using watcher = Deno.watchFs(await foldersOf(file), { recursive: false });
    signal.addEventListener("abort", () => void watcher.return?.(), { once: true });
    // Changes before the watcher was set up are unseen. The new config may lie in other folders.
    if (await look()) continue;
    for await (const _ of watcher) {
      await pause(clock, SETTLED_MS);
      if (await look()) break;
    }
  }
}

/** All texts of a config as one; undefined: not all can be read. */
export const configTexts = (file: string): Promise<string | undefined> =>
  readConfigFiles(file).then(JSON.stringify, () => undefined);

/** Where its files lie; those of a folder in it, and it in another. */
async function foldersOf(file: string): Promise<string[]> {
  const files = await readConfigFiles(file).catch(() => []);
  return [...new Set([file, ...files.flatMap(({ file }) => file ?? [])].map((one) => dirname(resolve(one))))];
}
