import { describe, expect, test } from "vitest";
import { openSqlite } from "../../../../functions/deno/sqlite.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import { api } from "../../../../src/web/app.ts";
import { settlerFixture, threeRegions } from "../../../world/settler_fixture.ts";
import { type ApiFixture, apiFixture, TOKEN, withToken } from "../api_fixture.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PATH = "/v1/targets/shop/checks/read";

/** A house at a full hour. */
async function atFullHour(store = memoryStore()): Promise<ApiFixture & { hour: number }> {
  const own = await apiFixture({ store });
  const hour = Math.ceil(own.clock.now() / HOUR) * HOUR;
  await own.clock.advance(hour - own.clock.now());
  return { ...own, hour };
}

/** Two hours: an hour ready, then 30 minutes of drift that the service admits after 10, then ready again. */
async function story(store = memoryStore()) {
  const own = await atFullHour(store);
  await own.runMinutes(60);
  own.script.set("drift");
  await own.runMinutes(20);
  own.script.set("not_ready");
  await own.runMinutes(10);
  own.script.set("ready");
  await own.runMinutes(35);
  return own;
}

describe.each([["memory", memoryStore], ["sqlite", () => openSqlite(":memory:")]] as const)(
  "on %s",
  (_name, open) => {
    test("the service level counts good, bad and drift time, and how the incident went", async () => {
      const own = await story(open());
      const { status, body } = await own.call(`${PATH}/sli?window=24h`);
      expect(status).toBe(200);
      // The vote turns bad with the second failed slot and good with the second that passed; 125 slots in all.
      const { goodSeconds, badSeconds, driftSeconds, unjudgedSeconds } = body;
      expect({ goodSeconds, badSeconds, unjudgedSeconds }).toEqual({
        goodSeconds: 95 * 60,
        badSeconds: 30 * 60,
        unjudgedSeconds: 0,
      });
      expect(driftSeconds).toBeGreaterThanOrEqual(20 * 60);
      expect(body.availability).toBeCloseTo(95 / 125, 9);
      expect(body.incidents).toMatchObject({
        service: 1,
        open: 0,
        mttrSeconds: 30 * 60,
        neverAdmitted: 0,
        complete: true,
      });
      expect(body.incidents.detectionDelaySeconds).toBeGreaterThanOrEqual(19 * 60);
      expect(body.probers.map(({ id }: { id: string }) => id)).toEqual(["fra", "iad", "sin"]);
      expect(body.probers[0].rounds).toEqual({ ready: 95, drift: 20, not_ready: 10 });
    });

    test("the history by the hour agrees with the slots, summed up or not", async () => {
      const own = await story(open());
      const { body } = await own.call(`${PATH}/history`);
      expect(
        body.stretches.map(({ unit, start }: { unit: string; start: string }) => [unit, Date.parse(start)]),
      )
        .toEqual([0, 1, 2].map((hours) => ["hour", own.hour + hours * HOUR]));
      const [first, second, third] = body.stretches;
      expect(first).toMatchObject({ availability: 1, goodSeconds: 3_600 });
      expect(second.goodSeconds + second.badSeconds).toBe(3_600);
      expect(third.goodSeconds).toBe(5 * 60);
      const all = await own.call(`${PATH}/slots?limit=200`);
      const drift = all.body.slots.filter(({ outcome }: { outcome: string }) => outcome === "drift");
      expect(drift.length * 60).toBe(second.driftSeconds);
    });

    test("long windows are told by the day, with the same sums", async () => {
      const own = await story(open());
      const [day, hour] = await Promise.all(
        ["90d", "24h"].map((window) => own.call(`${PATH}/sli?window=${window}`)),
      );
      const { goodSeconds, badSeconds, driftSeconds } = hour!.body;
      expect(day!.body).toMatchObject({ goodSeconds, badSeconds, driftSeconds });
      const { body } = await own.call(`${PATH}/history?window=90d`);
      expect(new Set(body.stretches.map(({ unit }: { unit: string }) => unit))).toEqual(new Set(["day"]));
    });
  },
);

test.each(["24h", "90d"])(
  "a check that moved to another shard within the hour has all of its past in %s",
  async (window) => {
    const own = await atFullHour();
    own.script.set("down");
    await own.runMinutes(30);
    // A shorter period is a lane of its own, and comes first.
    const fast =
      "{ id: fast, every: 30s, timeout: 5s, journey: [{ name: a, request: { path: / }, expect: status == 200 }] }";
    const text = withToken(threeRegions([["    checks:\n", `    checks:\n      - ${fast}\n`]]));
    const later = await settlerFixture(text, { from: own, env: { ASSAY_TOKEN: TOKEN } });
    await later.runMinutes(35);
    const headers = { authorization: `Bearer ${TOKEN}` };
    const answer = await api(later).request(`${PATH}/sli?window=${window}`, { headers });
    const { goodSeconds, badSeconds, unjudgedSeconds } = await answer.json();
    expect(goodSeconds + badSeconds + unjudgedSeconds).toBe(65 * 60);
    expect(badSeconds).toBeGreaterThanOrEqual(29 * 60);
  },
);

test("slots come newest first, page by page, none twice and none left out", async () => {
  const own = await atFullHour();
  await own.runMinutes(90);
  const seen: string[] = [];
  let before: string | null = "";
  while (before !== null) {
    const page = await own.call(`${PATH}/slots?limit=40${before && `&before=${before}`}`);
    seen.push(...page.body.slots.map(({ slot }: { slot: string }) => slot));
    before = page.body.next;
  }
  expect(seen.map(Date.parse)).toEqual(Array.from({ length: 90 }, (_, i) => own.hour + (89 - i) * MINUTE));
});

test.each<[string, string, number]>([
  ["an unknown target", "/v1/targets/none/checks/read/sli", 404],
  ["an unknown check", "/v1/targets/shop/checks/none/history", 404],
  ["a window that is no duration", `${PATH}/sli?window=yesterday`, 400],
  ["a window too short", `${PATH}/sli?window=5m`, 400],
  ["an unknown parameter", `${PATH}/history?windows=24h`, 400],
  ["a time that is none", `${PATH}/slots?before=now`, 400],
  ["too large a page", `${PATH}/slots?limit=201`, 400],
])("%s is a problem document", async (_name, path, status) => {
  const own = await atFullHour();
  const answer = await own.call(path);
  expect([answer.status, answer.type]).toEqual([status, "application/problem+json"]);
});

test.each(["sli", "history", "slots"])("%s asks for a token", async (what) => {
  const own = await atFullHour();
  expect((await own.call(`${PATH}/${what}`, { token: null })).status).toBe(401);
  expect((await own.call(`${PATH}/${what}`, { token: "wrong" })).status).toBe(401);
});
