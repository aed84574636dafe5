/** A product of the gallery: the shell script that starts, breaks and mends it, and the configuration that watches it. */
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../examples/products/", import.meta.url));

/** Something that is broken, and what Assay is expected to call it. */
export interface State {
  /** `break_…` and `mend_…` of the script. */
  name: string;
  /** The check that is looked at. Default: the first. */
  check?: string;
  verdict: string;
  what: string;
}

/** A product, as its script describes it. */
export interface Product {
  id: string;
  config: string;
  /** A program of it, and the command that installs it. */
  needs: string;
  install: string;
  states: State[];
}

/** Names of all products, in order. */
export function productIds(): string[] {
  return [...Deno.readDirSync(FOLDER)].map(({ name }) => /^(.+)\.yaml$/.exec(name)?.[1]).filter((id) =>
    id !== undefined
  )
    .sort();
}

/** Reads a product's script. Throws if there is none, or a line of its `states` is not understood. */
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

/** Runs functions of a product's script and answers what they printed. Throws what they said if they fail or take too long. */
export async function shell(
  id: string,
  command: string,
  env: Record<string, string> = {},
  withinMs = 90_000,
): Promise<string> {
  const script = `. ${FOLDER}lab.sh; . ${FOLDER}${id}.sh; ${command}`;
  const output = await Deno.makeTempFile();
  try {
    // Into a file: what a function leaves running keeps a pipe open.
    const child = new Deno.Command("bash", {
      args: ["-c", `{ ${script}\n} >"$OUTPUT" 2>&1`],
      env: { DIR: "", P1: "", P2: "", P3: "", P4: "", ...env, OUTPUT: output },
      signal: AbortSignal.timeout(withinMs),
    }).spawn();
    const { success } = await child.status;
    const text = await Deno.readTextFile(output);
    if (!success) {
      throw new Error(`${id}.sh: ${command}: ${text.trim().slice(-500) || "failed, and said nothing"}`);
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
