import { describe, expect, test } from "vitest";
import { answerOf } from "../../../../src/base/http/answer.ts";
import { openSqlite } from "../../../../functions/deno/sqlite.ts";
import { deliver } from "../../../../src/engine/notify/mod.ts";
import { SINKS } from "../../../../src/engine/notify/sinks/mod.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import { describeNotice } from "../../../world/settler_fixture.ts";
import { type ApiFixture, apiFixture } from "../api_fixture.ts";

const MINUTE = 60_000;

/** Asks for a silence of the shop. */
const hush = (own: ApiFixture, more: object = {}) =>
  own.call("/v1/silences", {
    method: "POST",
    body: JSON.stringify({ match: { target: "shop" }, until: "30m", reason: "release", ...more }),
  });

/** Sends what is due to a network that takes everything, and answers what was told. */
async function sent(own: ApiFixture): Promise<string[]> {
  const taken: string[] = [];
  const fetch = (_url: string | URL, { body }: { body?: unknown }) => {
    taken.push(String(body));
    return Promise.resolve(answerOf(new Response(null, { status: 204 })));
  };
  await deliver({ ...own.ports, fetch: fetch as typeof own.ports.fetch }, own.store, own.config, {
    sinks: SINKS,
  });
  return taken.map((body) => describeNotice({ body } as Parameters<typeof describeNotice>[0]));
}

describe.each([["memory", memoryStore], ["sqlite", () => openSqlite(":memory:")]] as const)(
  "on %s",
  (_name, open) => {
    test("what is still true at the end is sent, once", async () => {
      const own = await apiFixture({ store: open() });
      expect((await hush(own)).status).toBe(201);
      own.script.set("drift");
      await own.runMinutes(5);
      expect(await sent(own)).toEqual([]);
      expect((await own.notices()).map(({ state, attempts }) => [state, attempts])).toEqual([["pending", 0]]);
      await own.runMinutes(25);
      expect(await sent(own)).toEqual(["opened drift global #1"]);
      expect(await sent(own)).toEqual([]);
    });

    test("what was over by then is not sent, and says why", async () => {
      const own = await apiFixture({ store: open() });
      await hush(own);
      own.script.set("drift");
      await own.runMinutes(5);
      await sent(own);
      own.script.set("ready");
      await own.runMinutes(26);
      expect(await sent(own)).toEqual([]);
      const kept = await own.notices();
      expect(kept.map(({ state, lastError }) => [state, lastError])).toEqual([
        ["dead", "silenced: it was over before the silence was"],
        ["dead", "silenced: it was over before the silence was"],
      ]);
    });

    test("the end of an incident that was told before is sent when the silence is over", async () => {
      const own = await apiFixture({ store: open() });
      own.script.set("drift");
      await own.runMinutes(3);
      expect(await sent(own)).toEqual(["opened drift global #1"]);
      await hush(own);
      own.script.set("ready");
      await own.runMinutes(5);
      expect(await sent(own)).toEqual([]);
      await own.runMinutes(26);
      expect(await sent(own)).toEqual(["resolved drift global #1"]);
    });

    test("a silence that is ended early holds nothing longer than a minute", async () => {
      const own = await apiFixture({ store: open() });
      const { body } = await hush(own);
      own.script.set("drift");
      await own.runMinutes(5);
      await sent(own);
      expect((await own.call(`/v1/silences/${body.id}`, { method: "DELETE" })).status).toBe(204);
      await own.runMinutes(1);
      expect(await sent(own)).toEqual(["opened drift global #1"]);
      expect((await own.call(`/v1/silences/${body.id}`, { method: "DELETE" })).status).toBe(409);
    });
  },
);

test("probing goes on, and another target is told of", async () => {
  const own = await apiFixture();
  await hush(own, { match: { target: "blog*" } });
  own.script.set("drift");
  await own.runMinutes(3);
  expect(await sent(own)).toEqual(["opened drift global #1"]);
  expect((await own.state()).outcome).toBe("drift");
});

test("silences are listed while they stand, with the checks that they concern; past ones if asked", async () => {
  const own = await apiFixture();
  const { body } = await hush(own);
  expect(body).toMatchObject({
    match: { target: "shop" },
    reason: "release",
    by: "api.token",
    state: "active",
    checks: ["shop/read"],
  });
  expect(Date.parse(body.until) - Date.parse(body.from)).toBe(30 * MINUTE);
  expect((await own.call("/v1/silences")).body.silences).toEqual([body]);
  await own.clock.advance(30 * MINUTE);
  expect((await own.call("/v1/silences")).body.silences).toEqual([]);
  expect((await own.call("/v1/silences?all=true")).body.silences).toMatchObject([{
    id: body.id,
    state: "over",
  }]);
});

test.each<[string, object]>([
  ["no match", { match: {} }],
  ["no label, which would be all targets", { match: { labels: {} } }],
  ["an unknown field in the match", { match: { host: "a" } }],
  ["no reason", { reason: " " }],
  ["an end that is none", { until: "soon" }],
  ["an end in the past", { until: "2020-01-01T00:00:00Z" }],
  ["an end before its beginning", { from: "2126-11-21T12:00:00Z", until: "2126-11-21T11:00:00Z" }],
  ["more than 400 days", { until: "401d" }],
  ["a beginning of the next century", { from: "2126-11-21T12:00:00Z", until: "2h" }],
])("%s is refused", async (_name, more) => {
  const answer = await hush(await apiFixture(), more);
  expect([answer.status, answer.type]).toEqual([400, "application/problem+json"]);
});

test("a target that is none is refused, with the one that was probably meant", async () => {
  const answer = await hush(await apiFixture(), { match: { target: "shopp" } });
  expect([answer.status, answer.body.detail]).toEqual([
    400,
    "This token covers no target shopp; did you mean shop?",
  ]);
});

/** NUL, an escape sequence of a terminal, and text that turns round: Unicode UAX #9, and U+061C of its section 2.6. */
const UNSEEN = "\0\x1b\r\x85\x9b\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";
const SEEN = "the database\nmoves,\tשלום 👩‍💻";

test("a reason keeps what can be seen", async () => {
  const own = await apiFixture();
  expect((await hush(own, { reason: `${UNSEEN}${SEEN}${UNSEEN}` })).body.reason).toBe(SEEN);
  expect((await hush(own, { reason: UNSEEN })).status).toBe(400);
});

test("hostile bodies and unknown ids are problems", async () => {
  const own = await apiFixture();
  for (const body of ["", "[]", "{", "null", `{"reason":"${"x".repeat(70_000)}"}`]) {
    const { status, type } = await own.call("/v1/silences", { method: "POST", body });
    expect([status, type]).toEqual([body.length > 65_536 ? 413 : 400, "application/problem+json"]);
  }
  expect((await own.call("/v1/silences/none", { method: "DELETE" })).status).toBe(404);
  expect((await own.call("/v1/silences", { token: null })).status).toBe(401);
});

describe("remarks on an incident", () => {
  /** A house with an open drift, and its id. */
  async function drifting() {
    const own = await apiFixture();
    own.script.set("drift");
    await own.runMinutes(2);
    const { body } = await own.call("/v1/incidents");
    return { ...own, id: body.incidents[0].id as string };
  }
  const say = (own: ApiFixture, path: string, body: object) =>
    own.call(path, { method: "POST", body: JSON.stringify(body) });

  test("an acknowledgement and comments stand on the incident and outlive its next slot", async () => {
    const own = await drifting();
    const ack = await say(own, `/v1/incidents/${own.id}/acknowledge`, { text: "looking" });
    expect([ack.status, ack.body]).toMatchObject([201, {
      kind: "acknowledged",
      by: "api.token",
      text: "looking",
    }]);
    await own.runMinutes(1);
    await say(own, `/v1/incidents/${own.id}/comments`, { text: "<script>alert(1)</script>" });
    own.script.set("ready");
    await own.runMinutes(3);
    const { body } = await own.call(`/v1/incidents/${own.id}`);
    expect(body.state).toBe("resolved");
    expect(body.acknowledgedAt).toBe(ack.body.at);
    expect(body.comments.map(({ kind, text }: { kind: string; text: string }) => [kind, text])).toEqual([
      ["acknowledged", "looking"],
      ["comment", "<script>alert(1)</script>"],
    ]);
    expect((await own.call("/v1/incidents")).body.incidents[0].acknowledgedAt).toBe(ack.body.at);
  });

  test("a new episode wants a new acknowledgement, and a resolved incident none", async () => {
    const own = await drifting();
    await say(own, `/v1/incidents/${own.id}/acknowledge`, {});
    own.script.set("ready");
    await own.runMinutes(3);
    expect((await say(own, `/v1/incidents/${own.id}/acknowledge`, {})).status).toBe(409);
    own.script.set("drift");
    await own.runMinutes(3);
    const { body } = await own.call(`/v1/incidents/${own.id}`);
    expect([body.episode, body.acknowledgedAt]).toEqual([2, undefined]);
  });

  test.each<[string, object, number]>([
    ["comments", {}, 400],
    ["comments", { text: "" }, 400],
    ["comments", { text: "x".repeat(4_001) }, 400],
    ["acknowledge", { by: "me" }, 400],
  ])("%s with %j is refused", async (verb, body, status) => {
    const own = await drifting();
    expect((await say(own, `/v1/incidents/${own.id}/${verb}`, body)).status).toBe(status);
  });

  test.each(["comments", "acknowledge"])("%s keep what can be seen", async (verb) => {
    const own = await drifting();
    const path = `/v1/incidents/${own.id}`;
    const said = await say(own, `${path}/${verb}`, { text: SEEN.replace("data", `da${UNSEEN}ta`) });
    expect([said.status, said.body.text]).toEqual([201, SEEN]);
    expect((await own.call(path)).body.comments[0].text).toBe(SEEN);
    expect((await say(own, `${path}/${verb}`, { text: UNSEEN })).status).toBe(400);
  });

  test("of an unknown incident there are none", async () => {
    expect((await say(await apiFixture(), "/v1/incidents/none/comments", { text: "a" })).status).toBe(404);
  });
});
