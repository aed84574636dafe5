import { describe, expect, test } from "vitest";
import { loadValue } from "../../src/config/mod.ts";
import { assumedRoundMs, phasesOf, walkMs } from "../../src/config/phases.ts";
import { due, previousSlots, slots } from "../../src/config/schedule.ts";
import { targetHost } from "../../src/config/target_host.ts";
import { KINDS } from "../../functions/deno/kinds.ts";

/** So many checks of two requests each, dealt over so many hosts. */
async function config(checks: number, hosts: number, more: { every?: string; top?: object } = {}) {
  const journey = [{ request: { path: "/work" }, expect: "body.ok == true" }];
  const targets = Array.from({ length: checks }, (_, i) => ({
    id: `t${i}`,
    url: `https://h${i % hosts}.example`,
    checks: [{ report: { path: "/readyz" }, journey, ...(more.every && { every: more.every }) }],
  }));
  const value = { version: 1, targets, ...more.top };
  return (await loadValue(value, { kinds: KINDS, env: () => "x" })).config;
}

describe("one phase as long as it fits", () => {
  test.each([
    ["a small one", 10, 10, undefined, 1],
    ["8,000 checks on 100 hosts", 8_000, 100, undefined, 1],
    ["10,000 checks on 100 hosts", 10_000, 100, undefined, 2],
    ["one host that is full", 300, 1, undefined, 2],
    ["never more than six", 6_000, 1, "10m", 6],
    ["periods under a minute are spread already", 400, 1, "30s", 1],
  ])("%s", async (_, checks, hosts, every, phases) => {
    const loaded = await config(checks, hosts, { every });
    expect(phasesOf(loaded.checks, loaded)).toBe(phases);
    const instants = new Set(loaded.checks.map(({ schedule }) => "everyMs" in schedule && schedule.phaseMs));
    expect(instants.size).toBe(phases);
  });

  test("not on Cloudflare, where a place has objects as many as it needs", async () => {
    const { checks } = await config(400, 1, { top: { regions: ["weur"] } });
    expect(new Set(checks.map(({ schedule }) => JSON.stringify(schedule)))).toEqual(
      new Set(['{"everyMs":60000}']),
    );
  });
});

test("the time of a walk is that of the fullest host, of all places, or of the longest round", async () => {
  const { checks } = await config(1_000, 10);
  const roundMs = assumedRoundMs(300);
  expect(walkMs(checks, { concurrency: 1_000, connectionsPerHost: 6 }, roundMs)).toBe(10_000);
  expect(walkMs(checks, { concurrency: 20, connectionsPerHost: 6 }, roundMs)).toBe(30_000);
  expect(walkMs(checks.slice(0, 1), { concurrency: 20, connectionsPerHost: 6 }, roundMs)).toBe(600);
});

test("slots, due and those before count from the phase", () => {
  const schedule = { everyMs: 300_000, phaseMs: 50_000 };
  expect(slots([{ schedule }], 0)).toEqual([50_000]);
  expect(slots([{ schedule }], 60_000)).toEqual([]);
  expect(slots([{ schedule: { everyMs: 60_000, phaseMs: 20_000 } }, { schedule }], 300_000))
    .toEqual([320_000, 350_000]);
  expect(due([{ schedule }], 350_000)).toHaveLength(1);
  expect(due([{ schedule }], 300_000)).toHaveLength(0);
  expect(previousSlots({ schedule }, 349_999, 2)).toEqual([50_000, -250_000]);
});

test.each([
  ["https://Shop.example/a?b#c", "shop.example"],
  ["https://shop.example:443", "shop.example"],
  ["http://shop.example:443", "shop.example:443"],
  ["http://[::1]:80/", "[::1]"],
  ["${env:SHOP_URL}", "${env:shop_url}"],
  ["https://${env:HOST}/x", "${env:host}"],
])("the host of %s is %s", (url, host) => expect(targetHost(url)).toBe(host));
