import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commentsOf, personificationIn, sentencesOf, wordsOf } from "../../scripts/dev/sentences.ts";
import { FILES, proseOf, read } from "./markdown.ts";

const all = FILES.flatMap((file) => sentencesOf(proseOf(file)).map((sentence) => ({ file, sentence })));

test("no sentence of README and docs has more than 45 words, and they have fewer than 25 on average", () => {
  expect(all.length).toBeGreaterThan(500);
  expect(all.filter(({ sentence }) => wordsOf(sentence) > 45)).toEqual([]);
  const words = all.reduce((sum, { sentence }) => sum + wordsOf(sentence), 0);
  expect(words / all.length).toBeLessThan(25);
});

test.each([
  ["a list and a table", "- One item. And more.\n- Two items\n\n| a | b |\n| - | - |\n", [2, 2, 2]],
  ["a link, a code span at the beginning", "See [the page](x.md). Code begins here.\n", [3, 3]],
  ["no sentence at an abbreviation", "It is i.e. this one.\n", [5]],
])("sentences of %s", (_, text, counts) => expect(sentencesOf(text).map(wordsOf)).toEqual(counts));

test("README is at most 10 KB", async () => {
  expect((await Deno.stat("README.md")).size).toBeLessThanOrEqual(10_240);
});

test("README and docs call things by their names: no nobody, whoever, told, tells, hears", () => {
  expect(FILES.map((file) => [file, personificationIn(proseOf(file))]).filter(([, word]) => word)).toEqual(
    [],
  );
});

test.each(["src", "functions", "scripts"])("so do the comments of %s", (folder) => {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(tsx?|js|lua|css)$/.test(name)).map((name) => join(folder, name));
  const found = files.flatMap((file) =>
    commentsOf(read(file)).filter(({ text }) => personificationIn(text))
      .map(({ line, text }) => `${file}:${line}: ${text}`)
  );
  expect(found).toEqual([]);
});

test.each([
  ["/** It tells all. */", [1]],
  ["const told = 1;", []],
  ["code(); // nobody", [1]],
  ['const url = "https://nobody.example"; // fine', []],
  ["/** Gets `told`. */", []],
  ["a();\n/**\n * For whoever asks.\n */", [2]],
])("comments of %j", (source, lines) => {
  expect(commentsOf(source).filter(({ text }) => personificationIn(text)).map(({ line }) => line)).toEqual(
    lines,
  );
});
