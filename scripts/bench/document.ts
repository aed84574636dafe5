/** Writes what was measured into docs/benchmarks.md, each bench into a part of its own. */
import { fileURLToPath } from "node:url";
import { machine } from "./table.ts";

const FILE = fileURLToPath(new URL("../../docs/benchmarks.md", import.meta.url));

/** A part of the document, between two comments of its name. */
export type BenchPart = "deno" | "ladder" | "capacity" | "soak" | "peers";

/** Replaces a part by these lines, below the day and the machine. Throws if the document has no such part. */
export async function writePart(part: BenchPart, lines: readonly string[]): Promise<void> {
  const text = await Deno.readTextFile(FILE);
  const [begin, end] = [`<!-- ${part} -->`, `<!-- /${part} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md has no part ${part}`);
  const today = new Date().toISOString().slice(0, 10);
  const body = [begin, "", `Measured ${today} on ${machine()}.`, "", ...lines, ""].join("\n");
  await Deno.writeTextFile(FILE, text.slice(0, from) + body + "\n" + text.slice(to));
  const { success } = await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", FILE] }).output();
  if (!success) throw new Error("docs/benchmarks.md could not be formatted");
}
