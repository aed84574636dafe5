import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { KINDS } from "../../../functions/deno/kinds.ts";
import { DIALECTS, type ReportState } from "../../../src/evidence/report/mod.ts";
import { edit, problemsOf } from "../../config/load_text.ts";
import { type Fixture, fixtures } from "./fixtures.ts";

const textOf = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const PAGE = textOf("docs/dialects.md");
const LETTERS: Record<string, ReportState> = {
  R: "ready",
  D: "degraded",
  S: "starting",
  X: "draining",
  N: "not_ready",
  U: "unknown",
};
const NO = { text: "no", to: undefined };

const links = new Map([...PAGE.matchAll(/^\[(\w+)\]: \.\.\/(\S+)$/gm)].map(([, id, to]) => [id!, to!]));
/** The rows of the table, each a map from the name of a column to what stands there and what it links to. */
const rows = tableUnder("## Table").map((cells) =>
  Object.fromEntries(
    Object.entries(cells).map(([column, cell]) => {
      const [, text = cell, id] = /^\[(\w+)\]\[(\w+)\]$/.exec(cell) ?? [];
      return [column, { text, to: id && (links.get(id) ?? "a link to nowhere") }];
    }),
  )
);
const nameOf = ({ dialect }: (typeof rows)[number]) => dialect!.text.replaceAll("`", "");

function tableUnder(heading: string): Record<string, string>[] {
  const lines = PAGE.split(heading)[1]!.split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  const own = lines.slice(first, lines.findIndex((line, i) => i > first && !line.startsWith("|")));
  const [head = [], , ...body] = own.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  return body.map((cells) => Object.fromEntries(cells.map((cell, i) => [head[i], cell])));
}

/** The answers that would back a yes, and the test that has a row for each. */
const BACKED: Record<string, { by: (fixture: Fixture) => unknown; file: string; title: string }> = {
  read: { by: () => true, file: "test/evidence/report/read.test.ts", title: "$name is $expect" },
  recognised: {
    by: ({ declared }) => !declared,
    file: "test/evidence/report/captures.test.ts",
    title: "$name is recognised",
  },
  parts: {
    by: ({ subsystems }) => subsystems,
    file: "test/evidence/report/read.test.ts",
    title: "$name is $expect",
  },
  draining: {
    by: ({ expect, phase }) => expect === "draining" || phase,
    file: "test/evidence/report/read.test.ts",
    title: "$name is $expect",
  },
};

test("every dialect is in the table, and no other", () => {
  expect(rows.map(nameOf)).toEqual(DIALECTS.map(({ name }) => name).toSorted());
});

describe.each(DIALECTS)("the row of $name", ({ name, expresses, write }) => {
  const row = rows.find((row) => nameOf(row) === name)!;
  const own = fixtures().filter(({ dialect }) => dialect === name);
  const fileOf = (fixture: Fixture) => `test/fixtures/report/${fixture.name}`;

  test.each(Object.keys(BACKED))("%s: a yes is an answer with a test, a no has none", (column) => {
    const { by, file, title } = BACKED[column]!;
    const backing = own.filter(by);
    if (backing.length === 0) return expect(row[column]).toEqual(NO);
    expect(backing.map(fileOf)).toContain(row[column]!.to);
    const drains = backing.some(({ expect }) => expect === "draining");
    expect(row[column]!.text).toBe(column === "draining" && !drains ? "history" : "yes");
    expect(textOf(file)).toContain(`"${title}"`);
  });

  test("a yes for draining links to a drain", () => {
    const linked = own.find((fixture) => fileOf(fixture) === row.draining!.to);
    expect(linked?.expect).toBe({ yes: "draining", history: "not_ready", no: undefined }[row.draining!.text]);
  });

  test("push and write", () => {
    expect(row.push).toEqual({ text: "yes", to: "test/evidence/report/pushed.test.ts" });
    expect(textOf(row.push!.to!)).toContain('"what $name says can be pushed"');
    if (!write) return expect(row.write).toEqual(NO);
    expect(row.write!.to).toBe("test/evidence/report/roundtrip.test.ts");
    expect(textOf(row.write!.to!)).toContain('"of %s it says %s"');
    expect([...row.write!.text].map((letter) => LETTERS[letter]).toSorted()).toEqual(
      expresses!.whole.toSorted(),
    );
  });

  test("real: the answers of products, and whether a server runs in the tests", () => {
    const isLive = textOf("test/evidence/report/servers.test.ts").includes(`dialect: "${name}"`);
    const count = own.filter(({ source }) => source.startsWith("capture: ")).length;
    expect(row.real!.text).toBe([isLive && "live", count].filter(Boolean).join(", ") || "no");
  });
});

test("each dialect that is not written stands among the reasons", () => {
  const named = tableUnder("## What is not written").flatMap(({ dialect = "" }) =>
    [...dialect.matchAll(/`([^`]+)`/g)].map(([, name]) => name)
  );
  expect(named.toSorted()).toEqual(DIALECTS.filter(({ write }) => !write).map(({ name }) => name).toSorted());
});

test.each(tableUnder("## Rules for all"))("$behaviour: the test that is named exists", ({ tested = "" }) => {
  const [, file = "", title = ""] = /^`([^`]+)`: "(.+)"$/.exec(tested) ?? [];
  expect(textOf(file)).toContain(`"${title}"`);
});

test.each([...PAGE.matchAll(/```yaml\n([^`]+)```/g)].map(([, yaml]) => yaml!))(
  "an example is valid: %s",
  async (yaml) => {
    const indented = yaml.trim().replaceAll("\n", "\n        ");
    expect(await problemsOf(edit("report: { path: /readyz }", indented), { kinds: KINDS })).toEqual([]);
  },
);

test("what is linked to exists", () => {
  const inline = [...PAGE.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, to]) => to!);
  for (const path of [...inline, ...links.values()]) {
    if (path !== "src/evidence/report") expect(() => textOf(path), path).not.toThrow();
  }
});
