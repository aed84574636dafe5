/** Regions, quorums, and targets on private addresses. */
import { describe, expect, test } from "vitest";
import { BASE, edit, loadText, problemsOf, takeMark } from "./load_text.ts";

const regions = (text: string) => edit("version: 1", `version: 1\nregions: ${text}`);

describe("regions and quorums", () => {
  test.each([
    ["one", "[weur]", 1],
    ["two", "[weur, enam]", 2],
    ["three", "[weur, enam, oc]", 2],
    ["four", "[weur, enam, oc, wnam]", 3],
    ["five", "[weur, enam, oc, wnam, eeur]", 3],
  ])("of %s, more than half must report", async (_name, list, minReporting) => {
    expect((await loadText(regions(list))).checks[0]!.quorum.minReporting).toBe(minReporting);
  });

  test("the short form of a place is one prober there", async () => {
    expect((await loadText(regions("[weur]"), { runtime: "cloudflare" })).regions).toEqual([{
      id: "weur",
      quorum: { open: "majority", resolve: "majority", minReporting: 1 },
      probers: [{ id: "weur", region: "weur", kind: "place", place: "weur", generation: 1 }],
    }]);
  });

  test("a rule may be short, or one for each direction", async () => {
    const text = regions(
      "[{ id: a, quorum: { fraction: 0.5 }, probers: [{ id: x, place: oc }] }," +
        " { id: b, quorum: { open: { atLeast: 1 }, resolve: all, minReporting: 1 }, probers: [{ id: y, place: apac-ne }] }]",
    );
    expect((await loadText(text)).regions.map(({ quorum }) => quorum)).toEqual([
      { open: { fraction: 0.5 }, resolve: { fraction: 0.5 }, minReporting: 1 },
      { open: { atLeast: 1 }, resolve: "all", minReporting: 1 },
    ]);
  });

  const REMOTE = "url: https://p.example, token: '${env:T}'";
  test.each(
    [
      ["local on Deno", "[local]", "deno", null],
      ["local on Cloudflare", "[▸local]", "cloudflare", "on Cloudflare no prober is this process"],
      ["a place on Deno", "[▸weur]", "deno", "a place needs Cloudflare"],
      ["a place on Cloudflare", "[weur]", "cloudflare", null],
      ["a place on either", "[weur]", undefined, null],
      [
        "a place and this process",
        "[▸local, weur]",
        undefined,
        "no runtime can run this: a place needs Cloudflare, and there no prober is this process",
      ],
      ["a hyphen in short", "[▸apac-ne]", undefined, "a place with a hyphen needs the long form"],
      ["a word that is no place", "[▸wuer]", undefined, "not a region that one word can name"],
      ["urls on Cloudflare", `[{ id: a, probers: [{ id: x, ${REMOTE} }] }]`, "cloudflare", null],
      ["no probers", "[▸{ id: a }]", undefined, "probers is missing"],
      [
        "two local ones",
        "[{ id: a, probers: [{ id: x }, ▸{ id: y }] }]",
        "deno",
        "a second prober that is this process",
      ],
      [
        "place and url",
        "[{ id: a, probers: [{ id: x, place: oc, url: ▸'https://p.example', token: '${env:T}' }] }]",
        undefined,
        "a prober has a place or a url, not both",
      ],
      [
        "a url without a token",
        "[{ id: a, probers: [▸{ id: x, url: 'https://p.example' }] }]",
        undefined,
        "token is missing",
      ],
      [
        "a token without a url",
        "[{ id: a, probers: [{ id: x, ▸token: '${env:T}' }] }]",
        undefined,
        "a token without a url is never used",
      ],
      [
        "a generation without a place",
        "[{ id: a, probers: [{ id: x, ▸generation: 2 }] }]",
        undefined,
        "a generation without a place is never used",
      ],
      [
        "a region twice",
        "[weur, { id: ▸weur, probers: [{ id: x, place: oc }] }]",
        undefined,
        "this region id is taken by regions[0]",
      ],
    ] as const,
  )("%s", async (_name, list, runtime, message) => {
    const { text, line, column } = takeMark(regions(list));
    const expected = message === null
      ? []
      : [expect.objectContaining({ severity: "error", message, line, column })];
    expect(await problemsOf(message === null ? regions(list) : text, { runtime })).toEqual(expected);
  });

  test.each([["sam", "in enam"], ["afr", "elsewhere"], ["me", "elsewhere"]])(
    "objects for %s start %s: a warning",
    async (place, where) => {
      const [problem, ...others] = await problemsOf(regions(`[${place}]`));
      expect(problem).toMatchObject({ severity: "warning", found: place });
      expect(problem!.message).toContain(where);
      expect(others).toEqual([]);
    },
  );

  test("the default region cannot start on Cloudflare", async () => {
    expect(await problemsOf(BASE, { runtime: "cloudflare" })).toEqual([
      expect.objectContaining({ path: "regions", message: "on Cloudflare no prober is this process" }),
    ]);
  });
});

describe("private addresses", () => {
  const PRIVATE = edit("https://shop.example", "▸http://127.0.0.1:3000");

  test("are refused, and the way out is named", async () => {
    const { text, line, column } = takeMark(PRIVATE);
    expect(await problemsOf(text)).toEqual([
      expect.objectContaining({
        line,
        column,
        path: "targets[0].url",
        expected: "a public address, or allowPrivate: true",
        found: "http://127.0.0.1:3000",
      }),
    ]);
  });

  test.each([
    ["the config", "allowPrivate: true", {}],
    ["the command line", "listen: 8080", { allowPrivate: true }],
  ])("are allowed by %s", async (_name, line, options) => {
    const { text } = takeMark(PRIVATE);
    expect(await loadText(edit("version: 1", `version: 1\n${line}`, text), options)).toMatchObject({
      allowPrivate: true,
    });
  });

  test("metadata services stay refused", async () => {
    const text = edit("https://shop.example", "http://169.254.169.254");
    expect(await problemsOf(edit("version: 1", "version: 1\nallowPrivate: true", text))).toEqual([
      expect.objectContaining({ path: "targets[0].url", expected: "a public address" }),
    ]);
  });

  test("what a reference stands for is not known before the start", async () => {
    expect(await problemsOf(edit("https://shop.example", '"${env:SHOP_URL}"'))).toEqual([]);
  });
});
