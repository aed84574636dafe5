import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";

/** From the bottom up. A file may import from its own floor (a folder, or itself) and from those below. */
const FLOORS = [
  "std.ts",
  "message.ts",
  "time.ts",
  "ports.ts",
  "prices.ts",
  "vault.ts",
  "limiter.ts",
  "recent.ts",
  "guard.ts",
  "cloudflare.ts",
  "allowance.ts",
  "exchange.ts",
  "expression/",
  "config/",
  "schedule.ts",
  "cost.ts",
  "report/",
  "probe/",
  "verdict.ts",
  "quorum.ts",
  "incident.ts",
  "state.ts",
  "store/store.ts",
  "silence.ts",
  "place.ts",
  "look.ts",
  "round.ts",
  "remote.ts",
  "witness.ts",
  "assess.ts",
  "packing.ts",
  "history.ts",
  "day.ts",
  "commands.ts",
  "budget.ts",
  "notify/",
  "store/",
  "shelf.ts",
  "upkeep.ts",
  "gate.ts",
  "archive.ts",
  "rollout.ts",
  "github.ts",
  "pushed.ts",
  "settle.ts",
  "api/",
  "page/",
  // It wires all routes together.
  "api/app.ts",
];

/** Two witnesses are worth comparing only if they have not conferred. */
const APART: [string, string][] = [["report/", "probe/"], ["probe/", "report/"]];

/** What a pure source may import from outside. */
const LIBRARIES = new Set([
  "hono",
  "zod",
  "yaml",
  "@marcbachmann/cel-js",
  "ipaddr.js",
  "croner",
  "deno-std",
  "aws4fetch",
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

const floorOf = (path: string) => {
  const exact = FLOORS.indexOf(path);
  return exact >= 0 ? exact : FLOORS.findIndex((floor) => floor.endsWith("/") && path.startsWith(floor));
};

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
  if (APART.some(([a, b]) => file.startsWith(a) && target.startsWith(b))) {
    return `${specifier}: they must not confer`;
  }
  if (dirname(target) === dirname(file) && dirname(file) !== ".") return null;
  if (floorOf(target) > floorOf(file)) return `${target} is on a higher floor`;
  return null;
}

const SOURCES = files("src").map((path) => path.slice("src/".length));
const read = (file: string) => readFileSync(join("src", file), "utf8");

describe("floors", () => {
  test.each(SOURCES)("src/%s stands on a floor and imports only from below", (file) => {
    expect(floorOf(file), "add it to FLOORS").toBeGreaterThanOrEqual(0);
    // Types may be named across floors only downwards too: a type lives in the file of the stage that makes it.
    expect(specifiers(read(file)).map((specifier) => fault(file, specifier)).filter(Boolean)).toEqual([]);
  });

  test.each(SOURCES)("src/%s names no runtime, clock, chance or environment", (file) => {
    const source = withoutStrings(code(read(file)));
    const named = FORBIDDEN.filter(([, pattern]) => pattern.test(source)).map(([what]) => what);
    expect(named).toEqual([]);
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
    ["a static import from above", "verdict.ts", 'import { x } from "./settle.ts";'],
    ["a type import from above", "verdict.ts", 'import type { X } from "./api/app.ts";'],
    ["a re-export from above", "verdict.ts", 'export * from "./settle.ts";'],
    ["a bare import", "verdict.ts", 'import "./settle.ts";'],
    ["import()", "verdict.ts", 'const m = await import("./settle.ts");'],
    ["a computed import()", "verdict.ts", "await import(`./${name}.ts`);"],
    ["the other witness", "probe/journey.ts", 'import { ask } from "../report/ask.ts";'],
    ["a foreign library", "verdict.ts", 'import express from "express";'],
    ["a node built-in", "verdict.ts", 'import { readFileSync } from "node:fs";'],
    ["a runtime binding", "settle.ts", 'import { clock } from "../functions/deno/start.ts";'],
  ])("%s", (_, file, text) => {
    expect(specifiers(text).map((specifier) => fault(file, specifier)).filter(Boolean)).toHaveLength(1);
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
