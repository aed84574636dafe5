import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { embedSources } from "../../../scripts/dev/embed.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
const files = embedSources(read);

test.each(Object.keys(files))("%s is current (deno task schema writes it)", (path) => {
  expect(read(path)).toBe(files[path]);
});

test("schema/assets has no files of earlier sources", () => {
  const assets = Object.keys(files).filter((path) => path.startsWith("schema/assets/"));
  expect(readdirSync(new URL("schema/assets", root)).map((name) => `schema/assets/${name}`).sort()).toEqual(
    assets.sort(),
  );
});

test("every Lua script is embedded", () => {
  const names = readdirSync(new URL("src/storage/upstash", root)).filter((name) => name.endsWith(".lua"));
  const constants = names.filter((name) => name !== "common.lua").map((name) =>
    `${name.replace(".lua", "").toUpperCase()}_SCRIPT`
  );
  const exported = files["src/storage/upstash/lua.ts"]!.matchAll(/^export const (\w+)/gm);
  expect([...exported].map(([, name]) => name).sort()).toEqual(constants.sort());
});

/** The sources, of which one is another text. */
const withText = (name: string, text: string) =>
  embedSources((path) => path.endsWith(`/${name}`) ? text : read(path));

describe("what is embedded", () => {
  const scriptOf = (all: Record<string, string>, name: string) =>
    all["src/storage/upstash/lua.ts"]!.split("\n").find((line) => line.startsWith(`export const ${name} =`));

  test("of a Lua script is its code, behind that of what it includes", () => {
    const own =
      "-- Its contract.\n\n-- include: common.lua\nlocal a = '--'\nif a then\n  -- why\n  return 1\nend\n";
    expect(scriptOf(withText("put.lua", own), "PUT_SCRIPT")).toBe(
      String.raw`export const PUT_SCRIPT = COMMON + "local a = '--'\nif a then\nreturn 1\nend\n";`,
    );
  });

  test("of a Lua script with code before its include is refused", () => {
    expect(() => withText("put.lua", "local a\n-- include: common.lua\nreturn a\n")).toThrow(
      "Cannot embed put.lua as it has code before its include",
    );
  });

  test("of the style sheet is each rule, without what readers alone need", () => {
    const own = `/* Why\n: so. */\na,\nb:hover i {\n  content: "\\2260" / "";\n  top: calc(1px + 2px);\n}\n`;
    expect(withText("page.css", own)["src/web/page/asset_texts.ts"]).toContain(
      `export const STYLE = ${JSON.stringify('a,b:hover i{content:"\\2260" / "";top:calc(1px + 2px)}\n')};`,
    );
  });

  test("of the script is each statement", () => {
    const own =
      "/**\n * Why.\n */\nlet a = 1; // kept: it may stand in a string\n\n  // Why\n  /** @type {X} */\n  f(a);\n";
    expect(withText("page.js", own)["src/web/page/asset_texts.ts"]).toContain(
      `export const SCRIPT = ${JSON.stringify("let a = 1; // kept: it may stand in a string\nf(a);\n")};`,
    );
  });
});
