/** Reads the files of a config: one file or the YAML files of a folder, and their includes. */
import { dirname, join, resolve } from "node:path";
import { isRecord } from "../../src/base/json.ts";
import { matchesGlob } from "node:path";
import type { ConfigText } from "../../src/config/mod.ts";
import { readYaml } from "../../src/config/yaml.ts";

const MOST_FILES = 200;

/** The texts of a config, the named file first. Rejects if a file cannot be read, or above 200 files. */
export async function readConfigFiles(path: string): Promise<ConfigText[]> {
  const texts = new Map<string, ConfigText>();
  const queue = await filesIn(path);
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    if (texts.has(resolve(file))) continue;
    if (texts.size === MOST_FILES) throw new Error(`${path}: more than ${MOST_FILES} files`);
    const text = await Deno.readTextFile(file);
    texts.set(resolve(file), { file, text });
    queue.unshift(...(await Promise.all(includesOf(text).map((one) => included(one, file!)))).flat());
  }
  return [...texts.values()];
}

/** Reads a file that a config names, relative to the file that names it. */
export const readBeside = async (path: string, from = "."): Promise<Uint8Array<ArrayBuffer>> =>
  await Deno.readFile(resolve(dirname(from), path));

/** The `include` patterns of a config text. The schema reports values that are not text. */
function includesOf(text: string): string[] {
  // Parsing a long text takes seconds, and few texts have includes.
  if (!text.includes("include")) return [];
  const { value } = readYaml(text);
  const include = isRecord(value) ? value.include : undefined;
  return (Array.isArray(include) ? include : [include]).filter((one) => typeof one === "string");
}

async function included(pattern: string, from: string): Promise<string[]> {
  const path = join(dirname(from), pattern);
  if (!path.includes("*")) return await filesIn(path);
  const folder = dirname(path);
  if (folder.includes("*")) throw new Error(`${from}: include ${pattern}: * is allowed in file names only`);
  return (await yamlFilesOf(folder)).filter((file) => matchesGlob(file, path));
}

async function filesIn(path: string): Promise<string[]> {
  const { isDirectory } = await Deno.stat(path);
  if (!isDirectory) return [path];
  const files = await yamlFilesOf(path);
  if (files.length === 0) throw new Error(`${path}: the folder has no .yaml or .yml file`);
  return files;
}

async function yamlFilesOf(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.filter(({ name, isFile }) => isFile && /\.ya?ml$/.test(name)).map(({ name }) =>
    join(folder, name)
  )
    .toSorted();
}
