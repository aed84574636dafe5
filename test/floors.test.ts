import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";

/**
 * From the bottom up. A file imports from its own floor and from those below. Floors of one row do not see each other: two
 * witnesses are worth comparing only if they have not conferred, and what a config costs is no business of what moves.
 */
const FLOORS: string[][] = [
  ["base/"],
  ["config/"],
  ["evidence/reasons.ts"],
  ["evidence/report/", "evidence/probe/"],
  ["judgement/"],
  ["storage/"],
  ["engine/", "capacity/"],
  ["web/"],
  ["mod.ts"],
];

/** What a pure source may import from outside. */
const LIBRARIES = new Set([
  "hono",
  "zod",
  "yaml",
  "@marcbachmann/cel-js",
  "@noble/hashes",
  "ipaddr.js",
  "croner",
  "re2js",
  "@std/encoding",
  "@std/http",
  "@std/text",
  "aws4fetch",
  "@dnsquery/dns-packet",
  "@bufbuild/protobuf",
  "@upstash/redis",
]);

const FORBIDDEN: [string, RegExp][] = [
  ["a runtime", /\b(Deno|process|Bun|WebSocketPair|navigator|globalThis)\b(?!\s*:)/],
  ["the clock", /\bDate\.now\b|\bnew Date\(\s*\)|(?<![.\w])Date\(\s*\)|\bperformance\b/],
  ["a timer", /(?<!\.)\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b|\bAbortSignal\.timeout\b/],
  ["chance", /\bMath\.random\b|\brandomUUID\b|\bgetRandomValues\b/],
  ["the environment", /\bimport\.meta\b/],
  // Without a parameter of that name, `fetch(` is the global.
  [
    "the network",
    /^(?![\s\S]*(\bfetch: Fetch\b|[{,] fetch\b))[\s\S]*(?<![.\w])fetch\(|\bnew (WebSocket|EventSource)\(/,
  ],
  ["the console", /\bconsole\./],
];

const files = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });

const code = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`])\/\/.*$/gm, "$1");
const withoutStrings = (text: string) =>
  text.replace(/"(?:[^"\\\n]|\\.)*"/g, '""').replace(/'(?:[^'\\\n]|\\.)*'/g, "''").replace(
    /`(?:[^`\\$]|\\.|\$(?!\{))*`/g,
    "``",
  );

/** Every specifier: `import … from`, `export … from`, bare `import "x"`, `import("x")`; a computed import() is `<computed>`. */
function specifiers(text: string): string[] {
  const source = code(text);
  const found = [
    ...source.matchAll(/(?:^|[\s;}])(?:import|export)\b[^;"'`(]*?\bfrom\s*["']([^"']+)["']/g),
    ...source.matchAll(/(?:^|[\s;}])import\s*["']([^"']+)["']/g),
    ...source.matchAll(/\bimport\s*\(\s*["']([^"']+)["']\s*[,)]/g),
  ].map(([, specifier]) => specifier!);
  const computed = source.match(/\bimport\s*\(\s*(?!["'][^"']+["']\s*[,)])/g) ?? [];
  return [...found, ...computed.map(() => "<computed>")];
}

const floorOf = (path: string) => FLOORS.findIndex((row) => row.some((floor) => path.startsWith(floor)));
const roomOf = (path: string) => FLOORS.flat().find((floor) => path.startsWith(floor));

/** What is wrong with one import of one file of src/, or null. */
function fault(file: string, specifier: string): string | null {
  if (specifier === "<computed>") return "a computed import() hides where it goes";
  if (!specifier.startsWith(".")) {
    const name = specifier.startsWith("@")
      ? specifier.split("/").slice(0, 2).join("/")
      : specifier.split("/")[0]!;
    return LIBRARIES.has(name) ? null : `${specifier} is not a library of src/`;
  }
  const target = normalize(join(dirname(file), specifier));
  if (target.startsWith("..")) return `${specifier} leaves src/`;
  if (floorOf(target) < 0) return `${target} stands on no floor`;
  if (floorOf(target) > floorOf(file)) return `${target} is on a higher floor`;
  if (floorOf(target) === floorOf(file) && roomOf(target) !== roomOf(file)) {
    return `${specifier}: they must not confer`;
  }
  return null;
}

/** The first circle of imports among these files, as a path that ends where it began; null: there is none. */
function circle(graph: ReadonlyMap<string, string[]>): string[] | null {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] | null => {
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    if (done.has(file)) return null;
    done.add(file);
    for (const next of graph.get(file) ?? []) {
      const found = visit(next, [...path, file]);
      if (found) return found;
    }
    return null;
  };
  for (const file of graph.keys()) {
    const found = visit(file, []);
    if (found) return found;
  }
  return null;
}

const relativeImports = (file: string, text: string) =>
  specifiers(text).filter((it) => it.startsWith(".")).map((it) => normalize(join(dirname(file), it)));

const graphOf = (...folders: string[]) =>
  new Map(
    folders.flatMap(files).map((path) => [path, relativeImports(path, readFileSync(path, "utf8"))]),
  );

const SOURCES = files("src").map((path) => path.slice("src/".length));
const read = (file: string) => readFileSync(join("src", file), "utf8");

describe("floors", () => {
  test.each(SOURCES)("src/%s stands on a floor and imports only from below", (file) => {
    expect(floorOf(file), "it belongs on a floor").toBeGreaterThanOrEqual(0);
    // Types may be named across floors only downwards too: a type lives in the file of the stage that makes it.
    expect(specifiers(read(file)).map((specifier) => fault(file, specifier)).filter(Boolean)).toEqual([]);
  });

  test.each(SOURCES)("src/%s names no runtime, clock, chance or environment", (file) => {
    const source = withoutStrings(code(read(file)));
    const named = FORBIDDEN.filter(([, pattern]) => pattern.test(source)).map(([what]) => what);
    expect(named).toEqual([]);
  });

  test("no file imports itself, by whatever way round", () => {
    expect(circle(graphOf("src", "functions", "scripts"))).toBeNull();
  });

  test("nothing lies loose at the root of src/", () => {
    expect(readdirSync("src").toSorted()).toEqual(
      [...new Set(FLOORS.flat().map((floor) => floor.split("/")[0]!))].toSorted(),
    );
  });

  test("functions/ and scripts/ are imported by nothing in src/", () => {
    expect(
      SOURCES.flatMap((file) => specifiers(read(file))).filter((it) => /functions|scripts|test\//.test(it)),
    )
      .toEqual([]);
  });
});

describe("the floor test itself sees", () => {
  test.each([
    [
      "a static import from above",
      "judgement/verdict.ts",
      'import { x } from "../engine/settler/settler.ts";',
    ],
    ["a type import from above", "judgement/verdict.ts", 'import type { X } from "../web/app.ts";'],
    ["a re-export from above", "judgement/verdict.ts", 'export * from "../storage/store.ts";'],
    ["a bare import", "judgement/verdict.ts", 'import "../storage/store.ts";'],
    ["import()", "judgement/verdict.ts", 'const m = await import("../storage/store.ts");'],
    ["a computed import()", "judgement/verdict.ts", "await import(`./${name}.ts`);"],
    ["the other witness", "evidence/probe/journey.ts", 'import { ask } from "../report/ask.ts";'],
    [
      "a neighbour on the same floor",
      "capacity/budget.ts",
      'import { x } from "../engine/settler/settler.ts";',
    ],
    ["what stands on no floor", "judgement/verdict.ts", 'import { x } from "../loose.ts";'],
    ["a foreign library", "judgement/verdict.ts", 'import express from "express";'],
    ["a node built-in", "judgement/verdict.ts", 'import { readFileSync } from "node:fs";'],
    [
      "a runtime binding",
      "engine/settler/settler.ts",
      'import { clock } from "../../../functions/clock.ts";',
    ],
  ])("%s", (_, file, text) => {
    expect(specifiers(text).map((specifier) => fault(file, specifier)).filter(Boolean)).toHaveLength(1);
  });

  test("a circle inside a folder", () => {
    const graph = new Map([["a.ts", ["b.ts"]], ["b.ts", ["c.ts"]], ["c.ts", ["b.ts"]], ["d.ts", ["c.ts"]]]);
    expect(circle(graph)).toEqual(["b.ts", "c.ts", "b.ts"]);
  });

  test.each([
    ["a runtime", "Deno.env.get(name)"],
    ["the clock", "const now = Date.now();"],
    ["the clock", "const now = new Date();"],
    ["a timer", "setTimeout(done, 5)"],
    ["chance", "Math.random()"],
    ["the network", "await fetch(url)"],
    ["the environment", "process.env.X"],
  ])("%s in %s", (_, text) => {
    expect(FORBIDDEN.some(([, pattern]) => pattern.test(withoutStrings(code(text))))).toBe(true);
  });

  test("not what stands in a comment or a string", () => {
    const text = '// Date.now() is not for us\n/* Math.random */ const a = "Deno.env";';
    expect(FORBIDDEN.some(([, pattern]) => pattern.test(withoutStrings(code(text))))).toBe(false);
  });
});
