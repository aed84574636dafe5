import { describe, expect, test } from "vitest";
import { answerOf } from "../../../src/base/http/answer.ts";
import { deliver } from "../../../src/engine/notify/mod.ts";
import { SINKS } from "../../../src/engine/notify/sinks/mod.ts";
import { describeNotice, type SettlerFixture, threeRegions } from "../../world/settler_fixture.ts";
import { type ApiFixture, apiFixture, withToken } from "../../web/api/api_fixture.ts";

const at = (text: string) => Date.parse(`${text}:00Z`);

const withWindow = (window: string) =>
  withToken(threeRegions([[
    "webhooks:",
    `maintenance: [{ id: night, match: { target: shop }, reason: The till moves., ${window} }]\nwebhooks:`,
  ]]));
const NIGHTLY = withWindow('cron: "30 2 * * *", zone: Europe/Berlin, duration: 30m');

/** Sends what is due, and tells what was sent. */
async function sent({ ports, store, config }: SettlerFixture): Promise<string[]> {
  const taken: string[] = [];
  const fetch = (_url: string | URL, { body }: { body?: unknown }) => {
    taken.push(describeNotice({ body } as Parameters<typeof describeNotice>[0]));
    return Promise.resolve(answerOf(new Response(null, { status: 204 })));
  };
  await deliver({ ...ports, fetch: fetch as typeof ports.fetch }, store, config, { sinks: SINKS });
  return taken;
}

/** Runs until an instant, and sends what is due each minute: what was sent, and when. */
async function runUntil(own: ApiFixture, end: string): Promise<string[]> {
  const log: string[] = [];
  while (own.clock.now() < at(end)) {
    await own.runMinutes();
    const time = new Date(own.clock.now()).toISOString().slice(11, 16);
    for (const notice of await sent(own)) log.push(`${time} ${notice}`);
  }
  return log;
}

describe("two nights of Berlin", () => {
  test("02:30 does not exist: held from 03:00 (01:00 UTC) on, what is still true at the end is sent then", async () => {
    const own = await apiFixture({ text: NIGHTLY, startMs: at("2026-03-29T00:55") });
    await own.runMinutes(5);
    own.script.set("drift");
    expect(await runUntil(own, "2026-03-29T01:34")).toEqual(["01:30 opened drift global #1"]);
    own.script.set("ready");
    expect(await runUntil(own, "2026-03-29T01:38")).toEqual(["01:36 resolved drift global #1"]);
  });

  test("nothing is held before its 03:00", async () => {
    const own = await apiFixture({ text: NIGHTLY, startMs: at("2026-03-29T00:50") });
    own.script.set("drift");
    expect(await runUntil(own, "2026-03-29T00:56")).toEqual(["00:52 opened drift global #1"]);
  });

  test("02:30 exists twice: held at the first (00:30 UTC)", async () => {
    const own = await apiFixture({ text: NIGHTLY, startMs: at("2026-10-25T00:30") });
    own.script.set("drift");
    expect(await runUntil(own, "2026-10-25T01:02")).toEqual(["01:00 opened drift global #1"]);
  });

  test("and not at the second (01:30 UTC)", async () => {
    const own = await apiFixture({ text: NIGHTLY, startMs: at("2026-10-25T01:30") });
    own.script.set("drift");
    expect(await runUntil(own, "2026-10-25T01:35")).toEqual(["01:32 opened drift global #1"]);
  });
});

test("what was over by its end is dropped, and the delivery says by what", async () => {
  const own = await apiFixture({ text: NIGHTLY, startMs: at("2026-10-25T00:31") });
  own.script.set("drift");
  expect(await runUntil(own, "2026-10-25T00:35")).toEqual([]);
  expect((await own.notices())[0]!.lastError).toMatch(/^silenced by mnt_night_/);
  own.script.set("ready");
  expect(await runUntil(own, "2026-10-25T01:02")).toEqual([]);
  expect((await own.notices()).map(({ state }) => state)).toEqual(["dead", "dead"]);
});

describe("after a deployment", () => {
  const deploy = (own: ApiFixture) =>
    own.call("/v1/deployments", { method: "POST", body: JSON.stringify({ target: "shop", version: "2" }) });

  test("notices are held for the time that is said, and the deployment's own gate decides", async () => {
    const own = await apiFixture({
      text: withWindow("afterDeployment: 5m"),
      startMs: at("2026-06-01T12:00"),
    });
    await own.runMinutes(2);
    expect((await deploy(own)).status).toBe(201);
    own.script.set("drift");
    expect(await runUntil(own, "2026-06-01T12:06")).toEqual([]);
    expect((await own.call("/v1/gates/shop")).body.decision).toBe("fail");
    expect(await runUntil(own, "2026-06-01T12:09")).toEqual(["12:07 opened drift global #1"]);
  });

  test("a window of another time makes a gate inconclusive, as every silence does", async () => {
    const own = await apiFixture({ text: NIGHTLY, startMs: at("2026-10-25T00:30") });
    own.script.set("drift");
    await own.runMinutes(4);
    expect((await own.call("/v1/gates/shop")).body.decision).toBe("inconclusive");
  });
});

describe("in the API", () => {
  test("a window is a silence that the config made, and may be ended early", async () => {
    const own = await apiFixture({ text: NIGHTLY, startMs: at("2026-10-25T00:40") });
    const list = async () => (await own.call("/v1/silences")).body.silences;
    const [now, next] = await list();
    expect(now).toMatchObject({
      ...{ window: "night", by: "config", state: "active", reason: "The till moves.", checks: ["shop/read"] },
      ...{ from: "2026-10-25T00:30:00.000Z", until: "2026-10-25T01:00:00.000Z", match: { target: ["shop"] } },
    });
    expect(next).toMatchObject({ window: "night", state: "pending", from: "2026-10-26T01:30:00.000Z" });
    expect((await own.call(`/v1/silences/${now.id}`, { method: "DELETE" })).status).toBe(204);
    expect(await list()).toEqual([next]);
    own.script.set("drift");
    expect(await runUntil(own, "2026-10-25T00:45")).toEqual(["00:42 opened drift global #1"]);
  });
});

describe("on the pages", () => {
  const page = async (own: ApiFixture, path: string, token?: null) => {
    const { text } = await own.call(path, { token });
    return text.replace(/<head>.*<\/head>/s, "").replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
  };

  test("it is announced to everybody, and stands on overview and target", async () => {
    const own = await apiFixture({ text: NIGHTLY, startMs: at("2026-10-25T00:10") });
    await own.runMinutes(2);
    expect(await page(own, "/", null)).toContain(
      "Maintenance 2026-10-25 00:30 to 2026-10-25 01:00 : The till moves. ( shop )",
    );
    expect(await page(own, "/targets/shop")).toContain(
      "Maintenance from 2026-10-25 00:30 to 2026-10-25 01:00 UTC: The till moves.",
    );
    await own.runMinutes(20);
    expect(await page(own, "/", null)).toContain("01:00 (in progress): The till moves.");
    expect(await page(own, "/")).toMatch(/since 00:\d\d maintenance/);
    expect(await page(own, "/targets/shop")).toContain(
      "Maintenance until 2026-10-25 01:00 UTC, notices are held: The till moves.",
    );
  });

  test.each([
    ["one that says so", 'cron: "30 2 * * *", duration: 30m, public: false'],
    ["one after deployments", "afterDeployment: 30m"],
    ["one in two months", "from: 2026-12-25T00:00:00Z, duration: 1h"],
  ])("%s is not announced", async (_name, window) => {
    const own = await apiFixture({ text: withWindow(window), startMs: at("2026-10-25T02:29") });
    const body = JSON.stringify({ target: "shop", version: "2" });
    expect((await own.call("/v1/deployments", { method: "POST", body })).status).toBe(201);
    await own.runMinutes(2);
    expect(await page(own, "/", null)).not.toContain("The till moves.");
  });
});
