/** README and docs: links lead somewhere, configs load, and commands, flags and routes exist. */
import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import deno from "../../deno.json" with { type: "json" };
import openapi from "../../schema/v1/openapi.json" with { type: "json" };
import schema from "../../schema/assay.schema.json" with { type: "json" };
import { KINDS } from "../../functions/deno/kinds.ts";
import { program } from "../../scripts/cli/program.ts";
import { ConfigError, load } from "../../src/config/mod.ts";
import { jsonSchema } from "../../src/config/schema/mod.ts";
import { CONFIGS, configurationPage } from "../../scripts/dev/reference.ts";
import { DESCRIPTOR } from "../world/grpc_descriptor.ts";
import { anchorsOf, type Block, blocksOf, FILES, linksOf, read } from "./markdown.ts";

const BLOCKS = FILES.flatMap(blocksOf);
const named = (blocks: Block[]) =>
  blocks.map((block): [string, Block] => [`${block.file}:${block.line}`, block]);

/** What is wrong with a link of a file, or null. */
function linkFault(file: string, link: string): string | null {
  if (/^[a-z]+:/.test(link)) return null;
  const [path, anchor] = link.split("#");
  const target = path ? normalize(join(dirname(file), path)) : file;
  if (target.startsWith("..")) return `${link} leaves the repository`;
  if (!existsSync(target)) return `${link}: there is no ${target}`;
  if (!anchor || statSync(target).isDirectory()) return null;
  return anchorsOf(target).has(anchor) ? null : `${link}: ${target} has no heading of that name`;
}

test.each(FILES)("the links of %s lead somewhere", (file) => {
  expect(linksOf(file).map((link) => linkFault(file, link)).filter(Boolean)).toEqual([]);
});

test("docs/configuration.md is current (deno task schema writes it)", () => {
  const rows = (text: string) => text.match(/^\| `[^|]*/gm)!.map((row) => row.trim());
  const page = configurationPage(jsonSchema(KINDS), CONFIGS.map((path) => read(path)));
  expect(rows(read("docs/configuration.md"))).toEqual(rows(page));
});

describe("every YAML block is a config, or a part of one", () => {
  const JOURNEY = [{ expect: ["status == 200", "body.ok == true"] }];
  const keysOf = (definition: unknown) => Object.keys((definition as { properties: object }).properties);
  const TOP = new Set(keysOf(schema));

  /** The smallest config that has this part. */
  function wrap(part: unknown): Record<string, unknown> {
    const inCheck = (check: object) => ({ id: "a", journey: JOURNEY, ...check });
    const inTarget = (target: object) => ({
      targets: [{
        id: "shop",
        url: "https://shop.example",
        labels: { tier: "batch" },
        checks: [inCheck({})],
        ...target,
      }],
    });
    if (Array.isArray(part) && part.every(({ kind }) => kind)) return { ...inTarget({}), webhooks: part };
    if (Array.isArray(part)) return inTarget({ checks: [inCheck({ journey: part })] });
    const keys = Object.keys(part as object);
    if (keys.every((key) => TOP.has(key))) {
      return withChecks({ ...inTarget({}), ...part as object });
    }
    if (keys.includes("checks")) return inTarget(part as object);
    return inTarget({ checks: [inCheck(part as object)] });
  }

  function withChecks(config: Record<string, unknown>) {
    const targets = (config.targets as Record<string, unknown>[]).map((target) => ({
      checks: [{ id: "a", journey: JOURNEY }],
      ...target,
    }));
    return { ...config, targets };
  }

  test.each(named(BLOCKS.filter(({ language, note }) => language === "yaml" && !note)))(
    "%s",
    async (_, { text }) => {
      let hashes = 0;
      const part = parse(text.replaceAll("sha256:…", () => `sha256:${String(++hashes).padStart(64, "0")}`));
      const config = stringify({ version: 1, ...wrap(part) });
      const runtime = /regions: \[[a-z, ]*(weur|enam)/.test(text) ? "cloudflare" : undefined;
      const problems = await load({ kind: "yaml", text: config }, {
        kinds: KINDS,
        runtime,
        env: undefined,
        readFile: () => Promise.resolve(Uint8Array.from(DESCRIPTOR)),
      }).then(() => [], (error) => {
        if (error instanceof ConfigError) {
          return error.problems.filter(({ severity }) => severity === "error");
        }
        throw error;
      });
      expect(problems).toEqual([]);
    },
  );
});

describe("every command exists", () => {
  const shell = BLOCKS.filter(({ language }) => language === "sh");
  const lines = shell.flatMap(({ file, line, text }) =>
    text.replace(/\\\n\s*/g, " ").split("\n")
      .map((command, i) => ({ at: `${file}:${line + i}`, command: command.replace(/(^|\s)#.*$/, "") }))
  );
  const verbs = (command: Command): string[] => command.commands.map((verb) => verb.name());

  /** The verb that these words call, and what is left of them. */
  function verbOf(words: string[], from: Command = program): [Command, string[]] {
    const [first, ...rest] = words;
    const verb = from.commands.find((verb) => verb.name() === first);
    return verb ? verbOf(rest, verb) : [from, words];
  }

  test.each(
    lines.flatMap(({ at, command }) =>
      [...command.matchAll(/\bdeno(?:@[\d.]+)? task ([a-z:-]+)([^|;&\n]*)/g)].map(([all, task, rest]) =>
        [at, all!.trim(), task!, rest!] as const
      )
    ),
  )("%s: %s", (_, _all, task, rest) => {
    expect(Object.keys(deno.tasks)).toContain(task);
    const words = rest.trim().split(/\s+/).filter(Boolean);
    const start = task === "start" ? ["start"] : task === "assay" ? [] : undefined;
    if (!start) return;
    const [verb, args] = verbOf([...start, ...words]);
    if (verb === program) expect(verbs(program)).toContain(words[0]);
    const own = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
    const flags = own.filter((word) => word.startsWith("--")).map((word) => word.split("=")[0]!);
    const known = [...verb.options.map(({ long }) => long), "--help"];
    expect(flags.filter((flag) => !known.includes(flag))).toEqual([]);
  });

  const paths = Object.entries(openapi.paths as Record<string, object>).map(([path, methods]) => ({
    pattern: new RegExp(`^${path.replace(/[.]/g, "\\.").replace(/\{[^}]+\}/g, "[^/]+")}$`),
    methods: Object.keys(methods).map((method) => method.toUpperCase()),
  }));

  test.each(lines.flatMap(({ at, command }) => {
    const expanded = command.replaceAll("$ASSAY/", "$A/").replaceAll(
      "$C",
      "$A/v1/targets/shop/checks/orders",
    );
    if (!/\bcurl\b/.test(expanded)) return [];
    const method = / -X ([A-Z]+)/.exec(expanded)?.[1] ?? (/ -d /.test(expanded) ? "POST" : "GET");
    return [...expanded.matchAll(/\$A(\/[^\s"'|?)]*)/g)].map(([, path]) => [at, method, path!] as const);
  }))("%s: %s %s", (_, method, path) => {
    const found = paths.filter(({ pattern }) => pattern.test(path));
    expect(found.flatMap(({ methods }) => methods)).toContain(method);
  });
});
