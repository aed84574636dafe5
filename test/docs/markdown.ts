/** What a Markdown file holds: code blocks, headings and links. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A fenced block. */
export interface Block {
  file: string;
  /** Of its first line of code, from 1. */
  line: number;
  language: string;
  /** What stands behind the language: `yaml kubernetes` is no config of ours. */
  note: string;
  text: string;
}

/** README and all of docs/ and .github/, by path. */
export const FILES: readonly string[] = [
  "README.md",
  ...["docs", ".github"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md")).map((name) => join(folder, name))
  ),
];

export const read = (file: string) => readFileSync(file, "utf8");

/** The fenced blocks of a file, in order. */
export function blocksOf(file: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  read(file).split("\n").forEach((line, index) => {
    const fence = /^\s*```(\S*)\s*(.*)$/.exec(line);
    if (!fence) {
      if (open) open.text += `${line}\n`;
    } else if (open) {
      blocks.push(open);
      open = undefined;
    } else {
      open = { file, line: index + 2, language: fence[1]!, note: fence[2]!, text: "" };
    }
  });
  if (open) throw new Error(`${file}:${open.line - 1}: a block that is not closed`);
  return blocks;
}

/** A file's text without its blocks, and with a word in place of each code span. */
export const proseOf = (file: string): string =>
  read(file).replace(/^\s*```[\s\S]*?^\s*```/gm, "").replace(/`[^`\n]*`/g, "Code");

/** The anchors of a file's headings, as GitHub makes them. */
export function anchorsOf(file: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of read(file).replace(/^\s*```[\s\S]*?^\s*```/gm, "").matchAll(/^#{1,6} (.*)$/gm)) {
    const slug = heading!.toLowerCase().replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, "").trim().replace(/\s/g, "-");
    let unique = slug;
    for (let i = 1; anchors.has(unique); i++) unique = `${slug}-${i}`;
    anchors.add(unique);
  }
  return anchors;
}

/** The targets of a file's links and images. */
export const linksOf = (file: string): string[] =>
  [...proseOf(file).matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map(([, target]) => target!);
