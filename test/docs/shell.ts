/** Runs the commands of one document, as they are written, in one bash and one folder. */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** A command as it stands in a document. */
export interface DocumentedCommand {
  /** File and line. */
  at: string;
  text: string;
}

/** How a command ended: its exit code, what it printed, and the status of each HTTP answer that it got. */
export interface CommandResult extends DocumentedCommand {
  code: number;
  output: string;
  answers: { status: number; url: string }[];
}

/** `deno task assay` is run without its task; `curl` also writes down what it was answered. */
const PRELUDE = `
deno() { shift 2; "$DENO_PATH" run -A --quiet "$REPOSITORY/scripts/cli/assay.ts" "$@"; }
curl() { command curl -sS --max-time 20 -w '%{stderr}%{http_code} %{url}\\n' "$@" 2>> "$FOLDER/answers"; }
run() { : > "$FOLDER/answers"; eval "$(cat "$1.sh")" > "$1.out" 2>&1; echo $? > "$1.code"; cp "$FOLDER/answers" "$1.answers"; }
cd "$FOLDER"
`;

/** Runs them in order in `folder`, so that what one exports the next has. Rejects if bash itself fails. */
export async function runCommands(
  commands: readonly DocumentedCommand[],
  { folder, env }: { folder: string; env: Record<string, string> },
): Promise<CommandResult[]> {
  const names = commands.map((_, i) => join(folder, `command-${i}`));
  commands.forEach(({ text }, i) => writeFileSync(`${names[i]}.sh`, text));
  const script = PRELUDE + names.map((name) => `run ${name}\n`).join("");
  const child = spawn("bash", ["-c", script], {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      NO_COLOR: "1",
      ...{ FOLDER: folder, REPOSITORY: resolve("."), DENO_PATH: Deno.execPath() },
      ...env,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (text) => errors += text);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`bash ended with ${code}: ${errors}`);
  const read = (name: string) => readFileSync(name, "utf8");
  return commands.map((command, i) => ({
    ...command,
    code: Number(read(`${names[i]}.code`)),
    output: read(`${names[i]}.out`),
    answers: [...read(`${names[i]}.answers`).matchAll(/^(\d{3}) (\S+)$/gm)]
      .map(([, status, url]) => ({ status: Number(status), url: url! })),
  }));
}
