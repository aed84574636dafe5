/** One name for one thing: no name is exported by two files of what one program is made of. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** Every route of the API exports both, and app.ts lists them. */
const OF_EVERY_ROUTE = new Set(["routes", "operations"]);

const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name)).map((name) => join(folder, name));

const namesIn = (file: string): string[] =>
  [
    ...readFileSync(file, "utf8").matchAll(
      /^export (?:declare |async |abstract )*(?:function\*?|const|let|class|interface|type|enum) (\w+)/gm,
    ),
  ].map(([, name]) => name!);

/** Names with the files that export them, where these are several. */
function sharedNames(files: string[]): Record<string, string[]> {
  const byName = new Map<string, string[]>();
  for (const file of files) {
    for (const name of new Set(namesIn(file))) byName.set(name, [...byName.get(name) ?? [], file]);
  }
  return Object.fromEntries(
    [...byName].filter(([name, { length }]) => length > 1 && !OF_EVERY_ROUTE.has(name)),
  );
}

test.each([
  ["Deno", "functions/cloudflare"],
  ["Cloudflare", "functions/deno"],
])("no name is exported twice in what runs on %s", (_, others) => {
  const files = ["src", "functions"].flatMap(filesBelow)
    // What a library lacks in types is declared under its own names; a function is declared once for each of its forms.
    .filter((file) => !file.startsWith(others) && !file.endsWith(".d.ts"));
  expect(files.length).toBeGreaterThan(400);
  expect(sharedNames(files)).toEqual({});
});
