import { describe, expect, test } from "vitest";
import { deploymentStore } from "../../../src/storage/records/deployments.ts";
import { silenceSource } from "../../../src/storage/records/maintenance.ts";
import { encodeSilence } from "../../../src/storage/records/silences.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import { steppingClock } from "../../world/clock.ts";
import { threeRegions } from "../../world/settler_fixture.ts";
import { testEnv } from "../../world/test_env.ts";

const at = (text: string) => Date.parse(`${text}:00Z`);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The silences of a config with this window. */
async function sourceOf(window: string) {
  const text = threeRegions([[
    "webhooks:",
    `maintenance: [{ id: night, match: { target: shop }, reason: backup, ${window} }]\nwebhooks:`,
  ]]);
  const { config } = await testEnv(text);
  const store = memoryStore();
  const source = silenceSource(config, store);
  /** From and until of those that are not over at an instant. */
  const present = async (now: number) =>
    (await source(now)).filter(({ until }) => until > now)
      .map(({ from, until }) => [from, until].map((at) => new Date(at).toISOString().slice(0, 16)));
  return { source, present, store, config };
}

describe("a night in which the clock is set", () => {
  const window = 'cron: "30 2 * * *", zone: Europe/Berlin, duration: 2h';

  test.each<[string, string, string[][]]>([
    ["before the night that has no 02:30", "2026-03-28T23:00", [["2026-03-29T01:00", "2026-03-29T03:00"]]],
    ["a minute before its 03:00", "2026-03-29T00:59", [["2026-03-29T01:00", "2026-03-29T03:00"]]],
    ["in it", "2026-03-29T01:00", [["2026-03-29T01:00", "2026-03-29T03:00"], [
      "2026-03-30T00:30",
      "2026-03-30T02:30",
    ]]],
    ["after it", "2026-03-29T03:00", [["2026-03-30T00:30", "2026-03-30T02:30"]]],
    ["before the night that has two", "2026-10-24T23:00", [["2026-10-25T00:30", "2026-10-25T02:30"]]],
    ["at the second of both", "2026-10-25T01:30", [["2026-10-25T00:30", "2026-10-25T02:30"], [
      "2026-10-26T01:30",
      "2026-10-26T03:30",
    ]]],
    ["after both", "2026-10-25T02:30", [["2026-10-26T01:30", "2026-10-26T03:30"]]],
  ])("%s", async (_name, now, expected) => {
    const { present } = await sourceOf(window);
    expect(await present(at(now))).toEqual(expected);
  });

  test("whatever was asked before, and if the clock steps back", async () => {
    const { source } = await sourceOf(window);
    for (const now of ["2026-10-25T02:00", "2026-10-26T02:00", "2026-10-24T12:00", "2026-03-29T02:00"]) {
      const { source: anew } = await sourceOf(window);
      expect(await source(at(now)), now).toEqual(
        await anew(at(now)).then((all) => all.map((one) => ({ ...one, window: expect.anything() }))),
      );
    }
  });
});

test("what is over is remembered for a week", async () => {
  const { source } = await sourceOf('cron: "0 2 * * *", duration: 1h');
  const now = at("2026-06-10T12:00");
  const days = (await source(now)).map(({ from }) => new Date(from).getUTCDate());
  expect(days).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
});

test("one that somebody ended early is over, and the next one comes", async () => {
  const { source, present, store } = await sourceOf('cron: "0 2 * * *", duration: 1h');
  const now = at("2026-06-10T02:10");
  const [silence] = (await source(now)).filter(({ until }) => until > now);
  await store.putRecord(encodeSilence({ ...silence!, until: now }, true));
  expect(await present(now)).toEqual([["2026-06-11T02:00", "2026-06-11T03:00"]]);
  expect((await source(now)).filter(({ id }) => id === silence!.id)).toMatchObject([{
    until: now,
    by: "config",
  }]);
});

test("each deployment of what it is about begins one, for that target alone", async () => {
  const { config, present, source, store } = await sourceOf("afterDeployment: 10m");
  const now = at("2026-06-10T12:00");
  const rollouts = deploymentStore(steppingClock(now), store, 24 * HOUR);
  const record = (target: string, ago: number) =>
    rollouts.record({ target, at: now - ago * MINUTE, source: "api" });
  expect(config.targets.map(({ id }) => id)).toEqual(["shop"]);
  await record("shop", 30);
  await record("shop", 4);
  await record("stranger", 1);
  expect(await present(now)).toEqual([["2026-06-10T11:56", "2026-06-10T12:06"]]);
  expect((await source(now)).map(({ match }) => match.target)).toEqual(["shop", "shop"]);
});
