import { describe, expect, test } from "vitest";
import { isMisplaced, locator } from "../../../src/engine/prober/location.ts";
import type { Route } from "../../world/network.ts";
import { threeRegions } from "../../world/settler_fixture.ts";
import { testEnv } from "../../world/test_env.ts";

const TRACE = "GET https://cloudflare.com/cdn-cgi/trace";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The page as Cloudflare gives it, shortened. */
const trace = (colo: string) => ({
  body: `fl=0f0\nh=cloudflare.com\nip=192.0.2.1\nts=1.5\ncolo=${colo}\nhttp=http/2\nloc=DE\n`,
});

async function measuring(hint: string, route: Route) {
  const { ports, clock, network } = await testEnv(threeRegions(), { routes: { [TRACE]: route } });
  const kept = new Map<string, unknown>();
  const memory = {
    get: <T>(key: string) => Promise.resolve(kept.get(key) as T | undefined),
    put: (key: string, value: unknown) => Promise.resolve(void kept.set(key, structuredClone(value))),
  };
  /** As after a sleep: only what was kept is known. */
  const woken = () => locator(ports, hint, memory);
  return { where: woken(), woken, clock, asked: () => network.requests.length };
}

describe("misplaced", () => {
  test.each<[hint: string, colo: string | undefined, misplaced: boolean, why: string]>([
    ["weur", "FRA", false, "Frankfurt serves western Europe"],
    ["weur", "LHR", false, "London serves western Europe"],
    ["enam", "IAD", false, "Washington serves eastern North America"],
    ["wnam", "SJC", false, "San Jose serves western North America"],
    ["apac-ne", "NRT", false, "Tokyo serves north-east Asia"],
    ["apac-se", "SIN", false, "Singapore serves south-east Asia"],
    ["apac", "NRT", false, "apac is all of Asia and the Pacific"],
    ["apac", "SIN", false, "apac is all of Asia and the Pacific"],
    ["oc", "SYD", false, "Sydney serves Oceania"],
    ["enam", "DFW", false, "a data centre near a border serves both sides"],
    ["wnam", "DFW", false, "a data centre near a border serves both sides"],
    ["enam", "FRA", true, "an ocean lies between"],
    ["weur", "IAD", true, "an ocean lies between"],
    ["oc", "SIN", true, "Singapore is not in Oceania"],
    ["apac-ne", "SIN", true, "Singapore is not in the north-east"],
    // Objects asked for in these three places are created elsewhere (Durable Objects, data location).
    ["sam", "MIA", true, "Miami is in North America"],
    ["afr", "LHR", true, "London is in Europe"],
    ["weur", "XXX", false, "a data centre that is not known is not judged"],
    ["weur", undefined, false, "nothing was measured"],
  ])("%s from %s: %s, %s", (hint, colo, misplaced) => {
    expect(isMisplaced(hint, colo)).toBe(misplaced);
  });
});

describe("whereabouts", () => {
  test("reads the colo of the trace", async () => {
    const { where } = await measuring("weur", trace("FRA"));
    expect(await where()).toEqual({ colo: "FRA", misplaced: false });
  });

  test("names the colo of a misplaced prober", async () => {
    const { where } = await measuring("oc", trace("FRA"));
    expect(await where()).toEqual({ colo: "FRA", misplaced: true });
  });

  test("remembers over a sleep what it measured within the hour", async () => {
    const { where, woken, clock, asked } = await measuring("oc", trace("FRA"));
    await where();
    await clock.advance(HOUR - 1);
    expect(await woken()()).toEqual({ colo: "FRA", misplaced: true });
    expect(asked()).toBe(1);
    await clock.advance(1);
    await woken()();
    expect(asked()).toBe(2);
  });

  test("asks once an hour", async () => {
    const { where, clock, asked } = await measuring("weur", [trace("FRA"), trace("IAD")]);
    expect((await where()).colo).toBe("FRA");
    await clock.advance(HOUR - 1);
    expect((await where()).colo).toBe("FRA");
    expect(asked()).toBe(1);
    await clock.advance(1);
    expect(await where()).toEqual({ colo: "IAD", misplaced: true });
  });

  test.each<[string, Route]>([
    ["an error", new Error("no route")],
    ["an error page with a colo in it", { status: 503, ...trace("FRA") }],
    ["a page without a colo", { body: "fl=0f0\nloc=DE\n" }],
    ["a colo that is no airport", trace("FRA01")],
    ["a colo inside another line", { body: "x=1 colo=FRA\n" }],
  ])("%s says nothing, and is not asked again within a minute", async (_name, route) => {
    const { where, clock, asked } = await measuring("oc", route);
    expect(await where()).toEqual({ misplaced: false });
    await clock.advance(MINUTE - 1);
    await where();
    expect(asked()).toBe(1);
    await clock.advance(1);
    await where();
    expect(asked()).toBe(2);
  });

  test("silence is given up after two seconds", async () => {
    const { where, clock } = await measuring("oc", "hang");
    const asked = where();
    await clock.advance(2_000);
    expect(await asked).toEqual({ misplaced: false });
  });

  test("a failed measurement keeps what was known, and is tried again after an hour at the latest", async () => {
    const { where, clock } = await measuring("weur", [trace("FRA"), new Error("no route"), trace("IAD")]);
    await where();
    await clock.advance(HOUR);
    expect(await where()).toEqual({ colo: "FRA", misplaced: false });
    await clock.advance(HOUR);
    expect(await where()).toEqual({ colo: "IAD", misplaced: true });
  });

  test("a clock that steps back by an hour measures again", async () => {
    const { where, clock, asked } = await measuring("weur", trace("FRA"));
    await where();
    clock.step(-HOUR);
    await where();
    expect(asked()).toBe(2);
  });
});
