/**
 * Prints sentence lengths of README and docs, sentences that are too long, and comments that personify
 * programs: `deno run -A scripts/dev/sentences.ts`
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { FILES, proseOf, read } from "../../test/docs/markdown.ts";

/** The most words a sentence may have. */
const MOST = 45;

/** Words that personify a program, or hide who is meant. */
const PERSONIFICATION = /\b(nobody|whoever|tells|told|hears|accuses?)\b/i;

/** The first such word of a text outside code spans and quotes; undefined if there is none. */
export const personificationIn = (text: string): string | undefined =>
  PERSONIFICATION.exec(text.replace(/`[^`]*`|"[^"]*"/g, ""))?.[0];

/** The comments of a source file, with the line of each, from 1. */
export const commentsOf = (source: string): { line: number; text: string }[] =>
  [...source.matchAll(/\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(,])\/\/.*$/gm)].map(({ 0: text, index }) => ({
    line: source.slice(0, index).split("\n").length,
    text,
  }));

/** The sentences in paragraphs and list items of a Markdown text, without tables, headings and quotes. */
export function sentencesOf(text: string): string[] {
  const lines = text.split("\n").filter((line) => !/^\s*(\||#|>|!\[|<|\[[^\]]+\]: )/.test(line));
  const paragraphs = lines.join("\n").split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )/);
  return paragraphs.flatMap((paragraph) => {
    const flat = paragraph.replace(/^\s*(?:[-*]|\d+\.) /, "").replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replace(/[*_]/g, "").replace(/\s+/g, " ").trim();
    return flat.split(/(?<=[.!?])\s+(?=[A-Z"(])/).filter((sentence) => wordsOf(sentence) > 1);
  });
}

/** Counts the words of a sentence. */
export const wordsOf = (sentence: string): number =>
  sentence.split(/\s+/).filter((word) => /\w/.test(word)).length;

if (import.meta.main) {
  let [sentences, words] = [0, 0];
  for (const file of FILES) {
    const found = sentencesOf(proseOf(file));
    const counts = found.map(wordsOf);
    const sum = counts.reduce((a, b) => a + b, 0);
    sentences += found.length;
    words += sum;
    const long = found.filter((sentence) => wordsOf(sentence) > MOST);
    if (found.length > 0) {
      console.log(
        `${file}: ${found.length} sentences, mean ${(sum / found.length).toFixed(1)}, longest ${
          Math.max(...counts)
        }`,
      );
    }
    for (const sentence of long) console.log(`  ${wordsOf(sentence)} words: ${sentence}`);
  }
  console.log(`all: ${sentences} sentences, mean ${(words / sentences).toFixed(1)}`);
  for (const { at, text } of ["src", "functions", "scripts"].flatMap(badComments)) {
    console.log(`${at}: "${personificationIn(text)}" in ${text}`);
  }
}

/** The comments in a folder that contain such a word. */
function badComments(folder: string): { at: string; text: string }[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(tsx?|js|lua|css)$/.test(name)).map((name) => join(folder, name));
  return files.flatMap((file) =>
    commentsOf(read(file)).filter(({ text }) => personificationIn(text))
      .map(({ line, text }) => ({ at: `${file}:${line}`, text }))
  );
}
