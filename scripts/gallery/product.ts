/**
 * A product of the gallery: a shell script that starts, breaks and mends it, and a config that watches it.
 */
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../examples/products/", import.meta.url));

/** A way to break a product, and the verdict that Assay is expected to give. */
export interface State {
  /** Names the script's functions `break_…` and `mend_…`. */
  name: string;
  /** The check to watch. Default: the first. */
  check?: string;
  verdict: string;
  what: string;
}

/** A product, as its script describes it. */
export interface Product {
  id: string;
  config: string;
  /** A program that it needs, and the command that installs it. */
  needs: string;
  install: string;
  states: State[];
}

/** The ids of all products, sorted. */
export function productIds(): string[] {
  return [...Deno.readDirSync(FOLDER)].map(({ name }) => /^(.+)\.yaml$/.exec(name)?.[1]).filter((id) =>
    id !== undefined
  )
    .sort();
}

/** Reads a product's script. Throws if there is none, or if a line of its `states` is malformed. */
export async function readProduct(id: string): Promise<Product> {
  const text = await shell(id, 'printf "%s\\n" "$needs" "$install" "$states"');
  const [needs, install, ...lines] = text.trim().split("\n") as [string, string, ...string[]];
  return {
    id,
    config: `${FOLDER}${id}.yaml`,
    needs,
    install,
    states: lines.map((line) => readState(id, line)),
  };
}

function readState(id: string, line: string): State {
  const [, name, check, verdict, what] = /^(\w+)(?:@([\w-]+))?:(\w+):(.+)$/.exec(line) ?? [];
  if (!name || !verdict || !what) throw new Error(`${id}.sh: states: not NAME[@CHECK]:VERDICT:WHAT: ${line}`);
  return { name, check, verdict, what };
}

/**
 * Runs functions of a product's script and returns their output. Throws with the output if they fail or take
 * too long.
 */
export async function shell(
  id: string,
  command: string,
  env: Record<string, string> = {},
  withinMs = 90_000,
): Promise<string> {
  const script = `. ${FOLDER}lab.sh; . ${FOLDER}${id}.sh; ${command}`;
  const output = await Deno.makeTempFile();
  try {
    // Output goes to a file, because processes left running would keep a pipe open.
    const child = new Deno.Command("bash", {
      args: ["-c", `{ ${script}\n} >"$OUTPUT" 2>&1`],
      env: { DIR: "", P1: "", P2: "", P3: "", P4: "", ...env, OUTPUT: output },
      signal: AbortSignal.timeout(withinMs),
    }).spawn();
    const { success } = await child.status;
    const text = await Deno.readTextFile(output);
    if (!success) {
      throw new Error(`${id}.sh: ${command}: ${text.trim().slice(-500) || "failed without output"}`);
    }
    return text;
  } finally {
    await Deno.remove(output);
  }
}

/** Whether a program is on the PATH. */
export async function has(program: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", { args: ["-c", `command -v ${program}`], stdout: "null" })
    .output();
  return success;
}
