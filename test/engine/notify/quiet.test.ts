import { expect, test } from "vitest";
import { answerOf } from "../../../src/base/http/answer.ts";
import { deliver } from "../../../src/engine/notify/mod.ts";
import { applyQuietHours } from "../../../src/engine/notify/quiet.ts";
import { SINKS } from "../../../src/engine/notify/sinks/mod.ts";
import { describeNotice, threeRegions } from "../../world/settler_fixture.ts";
import { type ApiFixture, apiFixture, withToken } from "../../web/api/api_fixture.ts";

const at = (text: string) => Date.parse(`${text}:00Z`);
const TEXT = withToken(threeRegions([[
  "webhooks:",
  'routes: [{ sinks: [ops], quietHours: { from: "22:00", until: "07:00", zone: Europe/Berlin } }]\nwebhooks:',
]]));

/** Runs until an instant, and tells what was sent, and when. */
async function runUntil(
  { ports, store, config, clock, runMinutes }: ApiFixture,
  end: string,
): Promise<string[]> {
  const log: string[] = [];
  const fetch = (_url: string | URL, { body }: { body?: unknown }) => {
    const time = new Date(clock.now()).toISOString().slice(11, 16);
    log.push(`${time} ${describeNotice({ body } as Parameters<typeof describeNotice>[0])}`);
    return Promise.resolve(answerOf(new Response(null, { status: 204 })));
  };
  while (clock.now() < at(end)) {
    await runMinutes();
    await deliver({ ...ports, fetch: fetch as typeof ports.fetch }, store, config, {
      sinks: SINKS,
      applyQuietHours,
    });
  }
  return log;
}

test("what is not critical waits for their end, and is sent then if it is still true", async () => {
  const own = await apiFixture({ text: TEXT, startMs: at("2026-06-02T04:50") });
  own.script.set("underclaim");
  expect(await runUntil(own, "2026-06-02T05:03")).toEqual(["05:00 opened underclaim global #1"]);
  own.script.set("ready");
  expect(await runUntil(own, "2026-06-02T05:06")).toEqual(["05:05 resolved underclaim global #1"]);
});

test("what is over by then is dropped", async () => {
  const own = await apiFixture({ text: TEXT, startMs: at("2026-06-02T04:45") });
  own.script.set("underclaim");
  expect(await runUntil(own, "2026-06-02T04:50")).toEqual([]);
  expect((await own.notices()).map(({ lastError }) => lastError)).toEqual(["held by quiet hours"]);
  own.script.set("ready");
  expect(await runUntil(own, "2026-06-02T05:03")).toEqual([]);
  expect((await own.notices()).map(({ state, lastError }) => [state, lastError])).toEqual([
    ["dead", "quiet hours: it was over before they were"],
    ["dead", "quiet hours: it was over before they were"],
  ]);
});

test("what is critical is told at once, and so is its end", async () => {
  const own = await apiFixture({ text: TEXT, startMs: at("2026-06-02T04:30") });
  own.script.set("drift");
  expect(await runUntil(own, "2026-06-02T04:34")).toEqual(["04:32 opened drift global #1"]);
  own.script.set("ready");
  expect(await runUntil(own, "2026-06-02T04:38")).toEqual(["04:36 resolved drift global #1"]);
});

test("what was told before they began ends after them", async () => {
  const own = await apiFixture({ text: TEXT, startMs: at("2026-06-01T19:50") });
  own.script.set("underclaim");
  expect(await runUntil(own, "2026-06-01T19:59")).toEqual(["19:52 opened underclaim global #1"]);
  own.script.set("ready");
  expect(await runUntil(own, "2026-06-01T20:05")).toEqual([]);
  expect((await own.notices()).map(({ state }) => state)).toEqual(["delivered", "pending"]);
});
