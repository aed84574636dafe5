import { describe, expect, test } from "vitest";
import * as z from "../../../../src/base/zod.ts";
import { openSqlite } from "../../../../functions/deno/sqlite.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import type { ScriptedAnswer } from "../../../world/scripted_probers.ts";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { type ApiFixture, apiFixture, withToken } from "../api_fixture.ts";

const badge = (shop: ApiFixture, file = "shop.json") => shop.call(`/v1/badges/${file}`, { token: null });
const named = (name: string) =>
  withToken(threeRegions([["- id: shop", `- id: shop\n    name: ${JSON.stringify(name)}`]]));

/** shields.io/badges/endpoint-badge; values of cacheSeconds below 300 are ignored there. */
const ENDPOINT = z.strictObject({
  schemaVersion: z.literal(1),
  label: z.string(),
  message: z.string().check(z.minLength(1)),
  color: z.enum(["brightgreen", "yellow", "red", "lightgrey"]),
  isError: z.boolean(),
  cacheSeconds: z.int().check(z.gte(300)),
});

const STORES = [["memory", memoryStore], ["sqlite", () => openSqlite(":memory:")]] as const;

describe.each(STORES)("a badge over the %s store", (_, open) => {
  const WORDS: [said: ScriptedAnswer, message: string, color: string, isError: boolean][] = [
    ["ready", "ready", "brightgreen", false],
    ["underclaim", "degraded", "yellow", false],
    ["drift", "not ready", "red", true],
    ["inconclusive", "unknown", "lightgrey", true],
  ];

  test.each(WORDS)(
    "where the check is %s says %s, in both forms, to anybody",
    async (said, message, color, isError) => {
      const shop = await apiFixture({ store: open() });
      shop.script.set(said);
      await shop.runMinutes(2);
      const { status, body, headers } = await badge(shop);
      expect([status, headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
      expect(ENDPOINT.parse(body)).toMatchObject({ label: "shop", message, color, isError });
      const image = await badge(shop, "shop.svg");
      expect([image.status, image.type]).toEqual([200, "image/svg+xml; charset=utf-8"]);
      expect(image.text).toContain(`<title>shop: ${message}</title>`);
    },
  );
});

describe("a badge", () => {
  test("is unknown, and not green, before anything was settled and once the evidence is stale", async () => {
    const shop = await apiFixture();
    expect((await badge(shop)).body.message).toBe("unknown");
    await shop.runMinutes();
    expect((await badge(shop)).body.message).toBe("ready");
    await shop.clock.advance(600_000);
    expect((await badge(shop)).body).toMatchObject({ message: "unknown", color: "lightgrey", isError: true });
  });

  test.each(["none.json", "none.svg", "constructor.json", "shop.png", "shop", "shop.json.svg"])(
    "%s is not found",
    async (file) => {
      const { status, type } = await badge(await apiFixture(), file);
      expect([status, type]).toEqual([404, "application/problem+json"]);
    },
  );

  test("as an image may be shown by other sites, for a minute, and runs nothing", async () => {
    const { headers } = await badge(await apiFixture(), "shop.svg");
    expect(headers.get("cross-origin-resource-policy")).toBe("cross-origin");
    expect(headers.get("cache-control")).toBe("public, max-age=60");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });
});

describe("the image of a hostile name", () => {
  const title = async (name: string) => {
    const { text } = await badge(await apiFixture({ text: named(name) }), "shop.svg");
    return { text, title: /<title>([^]*?): unknown<\/title>/.exec(text)?.[1] };
  };

  test.each([
    [
      "markup",
      '</title><script>alert("1")</script>',
      "&lt;/title&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;",
    ],
    ["an attribute", '" onload="alert(1)', "&quot; onload=&quot;alert(1)"],
    ["an entity", "&xxe; &#60;", "&amp;xxe; &amp;#60;"],
    ["what XML cannot hold", "a\u0007\ufffeb", "a  b"],
    ["a sign outside the first plane", "shop \u{1f600}", "shop \u{1f600}"],
  ])("%s is text", async (_, name, written) => {
    const seen = await title(name);
    expect(seen.title).toBe(written);
    // These elements and no others, each as often as in any badge.
    const elements = [...seen.text.matchAll(/<([a-z]+)/g)].map(([, element]) => element);
    expect(elements).toEqual(["svg", "title", "rect", "rect", "g", "text", "text"]);
    const tags = seen.text.replace(/"[^"<>]*"/g, "").match(/<[^>]*>/g)!;
    expect(tags.filter((tag) => /\son\w+=/.test(tag))).toEqual([]);
    expect(seen.text).toMatch(/^<svg [^]*<\/svg>$/);
  });

  test("of 500 characters is shortened, and its title is whole", async () => {
    const name = "x".repeat(500);
    const seen = await title(name);
    expect(seen.title).toBe(name);
    expect(seen.text).toContain(`>${"x".repeat(39)}…</text>`);
    expect(Number(/width="(\d+)"/.exec(seen.text)![1])).toBeLessThan(400);
  });
});
