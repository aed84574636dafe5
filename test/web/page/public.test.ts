import { describe, expect, test } from "vitest";
import { settlerFixture, threeRegions } from "../../world/settler_fixture.ts";
import { api } from "../../../src/web/app.ts";
import { en } from "../../../src/web/page/texts/en.ts";
import { TRANSLATIONS } from "../../../src/web/page/texts/mod.ts";

const LOGO = "data:image/png;base64,iVBORw0KGgo=";

async function publicHouse(page: string) {
  const own = await settlerFixture(
    threeRegions([["targets:", `page: ${page}\npublicUrl: https://status.example/x/\ntargets:`], [
      "url: https://shop.example",
      "url: https://shop.example\n    name: Shop & <Sons>\n    labels: { area: Buying }",
    ]]),
    { env: { PROBER_TOKEN: "tok-of-the-prober", HOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" } },
  );
  const app = api(own);
  const get = async (path: string) => {
    const answer = await app.request(path);
    return { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text() };
  };
  return { ...own, get };
}

test("the public page has the name, logo, links, words and colour of the config", async () => {
  const { get, runMinutes } = await publicHouse(
    `{ name: Shop status, intro: We sell things., logo: "${LOGO}", links: [{ text: Help, url: https://help.example }], colour: "#123abc", groupBy: area }`,
  );
  await runMinutes(3);
  const { text } = await get("/status");
  expect(text).toContain("<title>All services are ready · Shop status</title>");
  expect(text).toContain(`<img src="${LOGO}"`);
  expect(text).toMatch(/<a href="https:\/\/help.example" rel="noopener">Help<\/a>/);
  expect(text).toContain("We sell things.");
  expect(text).toContain('href="/x/status.css"');
  expect(text).not.toMatch(/\b(eu|us|ap|overclaims|drift)\b/);
  expect(await get("/status.css")).toMatchObject({ text: "header{border-bottom:3px solid #123abc}" });
});

describe("in German", () => {
  test("the page's own words are German", async () => {
    const { get, runMinutes, script } = await publicHouse("{ language: de }");
    script.set("down");
    await runMinutes(4);
    const { text } = await get("/status");
    expect(text).toContain('<html lang="de">');
    expect(text).toContain("Einige Dienste sind nicht bereit");
    expect(text).toContain("Vergangene Störungen");
    expect(text).toContain('<link rel="icon" href="data:image/svg+xml,');
    expect((await get("/cards/shop.svg")).text).toMatch(/>nicht bereit<.*>Stand: \d/s);
    expect(text).toContain("Shop &amp; &lt;Sons&gt; ist nicht bereit");
  });
});

test("the public's history does not say who overclaimed", async () => {
  const { get, runMinutes, script } = await publicHouse("{}");
  await runMinutes(3);
  script.set("drift");
  await runMinutes(6);
  const { text } = await get("/status");
  expect(text).toMatch(/<path class="b"/);
  expect(text).not.toMatch(/<path class="d"|data-cells="[^"]*d\d/);
});

test.each(
  [
    ["en", { impact: "major", now: "major" }, "Shop is not ready"],
    ["en", { impact: "major", now: "minor" }, "Shop is degraded, was not ready"],
    ["en", { impact: "major" }, "Shop was not ready"],
    ["de", { impact: "major", now: "minor" }, "Shop ist eingeschränkt, war nicht bereit"],
    ["de", { impact: "minor", now: "minor" }, "Shop ist eingeschränkt"],
    ["de", { impact: "major" }, "Shop war nicht bereit"],
  ] as const,
)("in %s an outage of %o reads: %s", (language, outage, text) => {
  const texts = [en, ...TRANSLATIONS].find(({ kind }) => kind === language)!;
  expect(texts.outage("Shop", outage)).toBe(text);
});

test("the feed has an entry for each incident, well formed whatever the name", async () => {
  const { get, runMinutes, script } = await publicHouse("{ name: Shop status }");
  expect((await get("/status.atom")).text).not.toContain("<entry>");
  script.set("down");
  await runMinutes(4);
  const { status, type, text } = await get("/status.atom");
  expect([status, type]).toEqual([200, "application/atom+xml; charset=utf-8"]);
  expect(text).toContain("<title>Shop &amp; &lt;Sons&gt; is not ready</title>");
  expect(text).toContain('<link rel="self" href="https://status.example/x/status.atom"/>');
  expect(text.match(/<entry>/g)).toHaveLength(1);
  expect(text).not.toMatch(/\b(eu|us|ap|fra|iad|journey)\b/);
});
