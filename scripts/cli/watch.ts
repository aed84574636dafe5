/** Watches the files of a config. */
import { dirname, resolve } from "node:path";
import { pause } from "../../src/base/ports.ts";
import { clock } from "../../functions/clock.ts";
import { readConfigFiles } from "./config_files.ts";

/** Editors write a file in several steps; changes within this time are one. */
const SETTLED_MS = 300;

/** What a watch needs. */
export interface WatchOptions {
  /** The {@linkcode configTexts} in use. */
  known: string | undefined;
  /** Runs after each change. */
  changed(): Promise<unknown>;
  /** Ends the watch. */
  signal?: AbortSignal;
}

/**
 * Watches the files of a config until `signal` aborts. Watches their folders, because editors may replace a
 * file.
 */
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
    // Catches changes from before the watcher was set up. After a change the files may be in other folders,
    // so start over.
    if (await look()) continue;
    for await (const _ of watcher) {
      await pause(clock, SETTLED_MS);
      if (await look()) break;
    }
  }
}

/** All texts of a config as one string; undefined if a file cannot be read. */
export const configTexts = (file: string): Promise<string | undefined> =>
  readConfigFiles(file).then(JSON.stringify, () => undefined);

/** The folders of the config's files, and the folder that holds the config itself. */
async function foldersOf(file: string): Promise<string[]> {
  const files = await readConfigFiles(file).catch(() => []);
  return [...new Set([file, ...files.flatMap(({ file }) => file ?? [])].map((one) => dirname(resolve(one))))];
}
