/** Writes measurements into docs/benchmarks.md, each bench into its own part. */
import { fileURLToPath } from "node:url";
import { machine } from "./table.ts";

const FILE = fileURLToPath(new URL("../../docs/benchmarks.md", import.meta.url));

/** A part of the document, between two comments with its name. */
export type BenchPart = "deno" | "ladder" | "capacity" | "soak" | "peers";

/**
 * Replaces a part by lines, after one with the day and the machine. Throws if the document has no such part.
 */
export const writePart = (part: BenchPart, lines: readonly string[]): Promise<void> =>
  replacePart(FILE, part, [`Measured ${today()} on ${machine()}.`, "", ...lines]);

/** The day in UTC, such as 2026-11-30. */
export const today = (): string => new Date().toISOString().slice(0, 10);

/**
 * Replaces the text between a part's comments in a Markdown file, and formats the file. Throws if there is no
 * such part.
 */
export async function replacePart(file: string, part: string, lines: readonly string[]): Promise<void> {
  const text = await Deno.readTextFile(file);
  const [begin, end] = [`<!-- ${part} -->`, `<!-- /${part} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no part ${part}`);
  const body = [begin, "", ...lines, ""].join("\n");
  await Deno.writeTextFile(file, text.slice(0, from) + body + "\n" + text.slice(to));
  const { success } = await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", file] }).output();
  if (!success) throw new Error(`${file} could not be formatted`);
}
