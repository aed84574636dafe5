/** How late notices are, whatever their receiver does: on a virtual clock. */
import { describe, expect, test } from "vitest";
import { MINUTE_MS as MINUTE, SECOND_MS as SECOND } from "../../../src/base/time.ts";
import { plainSettings, postFixture } from "./post_fixture.ts";

const HOUR = 60 * MINUTE;

/** Mulberry32: the same numbers in [0, 1) for the same seed. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}

const openings = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ incident: `i${from + i}`, change: "opened" as const }));

const states = async (post: Awaited<ReturnType<typeof postFixture>>) =>
  Object.values(await post.deliveries()).map(({ state }) => state);

describe("a receiver that was down for an hour", () => {
  test("has everything within two minutes of its return", async () => {
    const post = await postFixture({ receiver: ({ atMs }) => ({ status: atMs < HOUR ? 503 : 200 }) });
    for (let n = 0; n < 12; n++) {
      await post.put(openings(10, 10 * n));
      await post.run(5 * MINUTE);
    }
    expect(await states(post)).not.toContain("delivered");
    await post.run(2 * MINUTE);
    expect(new Set(await states(post))).toEqual(new Set(["delivered"]));
    expect(post.failures).toEqual([]);
  });

  test("is asked for its oldest notice once a minute, and hardly for anything else", async () => {
    const post = await postFixture({ receiver: ({ atMs }) => ({ status: atMs < 5 * HOUR ? 503 : 200 }) });
    await post.put(openings(3));
    await post.run(5 * HOUR);
    const late = post.arrivals.filter(({ atMs }) => atMs >= 4 * HOUR);
    const oldest = late.filter(({ headers }) => headers["webhook-id"] === "i0_1_opened");
    expect(oldest.length).toBeGreaterThanOrEqual(59);
    expect(oldest.length).toBeLessThanOrEqual(61);
    expect(late.length - oldest.length).toBeLessThanOrEqual(4);
    await post.run(MINUTE + 10 * SECOND);
    expect(new Set(await states(post))).toEqual(new Set(["delivered"]));
  });

  test("is told of in the log, twice", async () => {
    const post = await postFixture({ receiver: ({ atMs }) => ({ status: atMs < HOUR ? 503 : 200 }) });
    await post.put(openings(1));
    await post.run(HOUR + 2 * MINUTE);
    const about = post.logged.filter(({ message }) => String(message).startsWith("sink "));
    expect(about).toEqual([
      {
        message: "sink failing: retrying its oldest notice once a minute",
        webhook: "hook",
        error: "answered 503",
      },
      { message: "sink recovered", webhook: "hook", failedForMs: expect.any(Number) },
    ]);
  });
});

describe("a receiver that fails for five minutes, as an incident of our own sees it,", () => {
  const failing = (post: Awaited<ReturnType<typeof postFixture>>) =>
    expect(post.sighting()).resolves.toEqual({
      cause: expect.stringMatching(/^webhook hook has accepted nothing since \d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });

  test("is a cause until it accepts a notice", async () => {
    const post = await postFixture({ receiver: ({ atMs }) => ({ status: atMs < HOUR ? 503 : 200 }) });
    expect(await post.sighting()).toEqual({});
    await post.put(openings(1));
    await post.run(5 * MINUTE);
    expect(await post.sighting()).toEqual({});
    await post.run(MINUTE);
    await failing(post);
    await post.run(HOUR);
    expect(await post.sighting()).toEqual({});
  });

  test("is none once its notices are given up, and not said to work again", async () => {
    const post = await postFixture({ receiver: ({ atMs }) => ({ status: atMs < 10 * MINUTE ? 503 : 410 }) });
    await post.put(openings(1));
    await post.run(6 * MINUTE);
    await failing(post);
    await post.run(10 * MINUTE);
    expect(await states(post)).toEqual(["dead"]);
    expect(await post.sighting()).toEqual({ isIdle: true });
  });

  test("is none while only the notice about that waits, and again a cause with the next one", async () => {
    const post = await postFixture({ receiver: () => ({ status: 503 }) });
    await post.put([{ incident: "own", kind: "delivery", change: "opened" }]);
    await post.run(6 * MINUTE);
    expect(await post.sighting()).toEqual({ isIdle: true });
    await post.put(openings(1));
    await failing(post);
  });
});

describe("a URL that is mended", () => {
  const WRONG = plainSettings("https://wrong.example/hook");
  const RIGHT = plainSettings("https://right.example/hook");

  test("has what waited within ten seconds of the restart", async () => {
    const post = await postFixture({
      settings: WRONG,
      receiver: ({ url }) => url.includes("wrong") ? new Error("no such host") : {},
    });
    await post.put(openings(5));
    await post.run(3 * HOUR);
    expect(new Set(await states(post))).toEqual(new Set(["pending"]));
    post.restart(RIGHT);
    await post.run(10 * SECOND);
    expect(new Set(await states(post))).toEqual(new Set(["delivered"]));
    expect(post.logged).toContainEqual({
      message: "sink settings changed: retrying its pending notices now",
      webhook: "hook",
      notices: 5,
    });
  });

  test("enables a webhook that had answered 410", async () => {
    const post = await postFixture({
      settings: WRONG,
      receiver: ({ url }) => ({ status: url.includes("wrong") ? 410 : 200 }),
    });
    await post.put(openings(1));
    await post.run(10 * SECOND);
    post.restart(RIGHT);
    await post.put(openings(1, 1));
    await post.run(10 * SECOND);
    expect(await states(post)).toEqual(["delivered", "dead"]);
  });

  test("a restart with the same settings wakes nobody", async () => {
    const post = await postFixture({ receiver: () => ({ status: 503 }) });
    await post.put(openings(1));
    await post.run(2 * SECOND);
    post.restart();
    post.answerWith(() => ({}));
    const { i0_1_opened: before } = await post.deliveries();
    await post.run(1);
    expect((await post.deliveries()).i0_1_opened).toEqual(before);
  });
});

test.each([1, 2, 3])(
  "half of the tries fail (seed %d): 95 of 100 notices are there within two minutes",
  async (seed) => {
    const random = seededRandom(seed);
    const taken = new Map<string, number>();
    const written = new Map<string, number>();
    const post = await postFixture({
      receiver: ({ headers, atMs }) => {
        if (random() < 0.5) return random() < 0.5 ? { status: 500 } : new Error("connection reset");
        taken.set(headers["webhook-id"]!, atMs);
        return {};
      },
    });
    for (let n = 0; n < 40; n++) {
      await post.put(openings(25, 25 * n));
      for (let i = 0; i < 25; i++) written.set(`i${25 * n + i}_1_opened`, post.elapsed());
      await post.run(10 * SECOND);
    }
    await post.run(10 * MINUTE);
    const late = [...written].map(([id, at]) => (taken.get(id) ?? Infinity) - at).toSorted((a, b) => a - b);
    expect(late).toHaveLength(1_000);
    expect(late[Math.floor(0.95 * late.length)]).toBeLessThan(2 * MINUTE);
  },
);

describe("a stuck notice", () => {
  test("of an old episode holds no new one back", async () => {
    const post = await postFixture({
      receiver: ({ headers }) => ({ status: headers["webhook-id"]!.startsWith("a_1") ? 500 : 200 }),
    });
    await post.put([{ incident: "a", change: "opened" }, { incident: "a", change: "resolved" }]);
    await post.run(MINUTE);
    await post.put([{ incident: "a", change: "opened", episode: 2 }]);
    await post.run(5 * SECOND);
    const { a_1_opened, a_1_resolved, a_2_opened } = await post.deliveries();
    expect([a_1_opened, a_1_resolved, a_2_opened].map((row) => row!.state)).toEqual([
      "pending",
      "pending",
      "delivered",
    ]);
  });

  test("and a hundred others that hang hold no new one back: it goes before them", async () => {
    const post = await postFixture({ receiver: ({ body }) => body.includes("/new ") ? {} : "hang" });
    await post.put(openings(100));
    await post.run(20 * MINUTE);
    await post.put([{ incident: "new", change: "opened" }]);
    await post.run(20 * SECOND);
    expect((await post.deliveries()).new_1_opened).toMatchObject({ state: "delivered" });
  });
});

describe("a receiver that keeps one state for each incident", () => {
  const PAGER = { kind: "pagerduty", settings: { routingKey: "${env:KEY}" } };
  const said = (post: Awaited<ReturnType<typeof postFixture>>) =>
    post.arrivals.map(({ body }) => JSON.parse(body)).map(({ event_action, dedup_key }) =>
      `${event_action} ${dedup_key}`
    );

  test("gets the newest notice, whatever else was not sent", async () => {
    const post = await postFixture({
      ...PAGER,
      receiver: ({ atMs }) => ({ status: atMs < 10 * MINUTE ? 503 : 202 }),
    });
    await post.put([{ incident: "a", change: "opened" }]);
    await post.run(5 * MINUTE);
    await post.put([{ incident: "a", change: "updated" }]);
    await post.run(MINUTE);
    await post.put([{ incident: "a", change: "resolved" }]);
    await post.put([{ incident: "a", change: "opened", episode: 2 }]);
    const before = post.arrivals.length;
    await post.run(10 * MINUTE);
    const { a_1_opened, a_1_updated, a_1_resolved, a_2_opened } = await post.deliveries();
    expect([a_1_opened, a_1_updated, a_1_resolved].map((row) => [row!.state, row!.lastError])).toEqual(
      Array(3).fill([
        "dead",
        "replaced: webhook hook has a newer notice of this incident",
      ]),
    );
    expect(a_2_opened).toMatchObject({ state: "delivered" });
    expect(new Set(said(post).slice(before))).toEqual(new Set(["trigger a"]));
  });

  test("does not hear of the end of what it never heard of, and that is said", async () => {
    const post = await postFixture({
      ...PAGER,
      receiver: () => ({ status: 429, headers: { "retry-after": "600" } }),
    });
    await post.put([{ incident: "b", change: "opened" }]);
    await post.run(MINUTE);
    await post.put([{ incident: "a", change: "opened" }]);
    await post.run(MINUTE);
    await post.put([{ incident: "a", change: "resolved" }]);
    await post.run(30 * SECOND);
    const { a_1_opened, a_1_resolved } = await post.deliveries();
    expect([a_1_opened!.state, a_1_resolved!.state]).toEqual(["dead", "dead"]);
    expect(a_1_resolved!.lastError).toBe(
      "moot: webhook hook was never notified of the incident, which is over",
    );
  });

  test("hears of the end of what it may have heard of", async () => {
    const post = await postFixture({
      ...PAGER,
      receiver: ({ atMs }) => atMs < 10 * MINUTE ? "hang" : { status: 202 },
    });
    await post.put([{ incident: "a", change: "opened" }]);
    await post.run(5 * MINUTE);
    await post.put([{ incident: "a", change: "resolved" }]);
    await post.run(10 * MINUTE);
    expect(said(post).at(-1)).toBe("resolve a");
    expect((await post.deliveries()).a_1_resolved).toMatchObject({ state: "delivered" });
  });
});

describe("the pace of a receiver", () => {
  const SLACK = { kind: "slack", settings: { url: "https://hooks.slack.example/services/T/B/x" } };

  test("is kept in a storm of a thousand incidents, and all of it arrives", async () => {
    const post = await postFixture(SLACK);
    await post.put(openings(1_000));
    await post.run(1_010 * SECOND);
    expect(new Set(await states(post))).toEqual(new Set(["delivered"]));
    const times = post.arrivals.map(({ atMs }) => atMs).toSorted((a, b) => a - b);
    expect(times).toHaveLength(1_000);
    // Three at once, and then one a second.
    for (let i = 3; i < times.length; i++) expect(times[i]! - times[i - 3]!).toBeGreaterThanOrEqual(1_000);
    expect(new Set(post.arrivals.map(({ body }) => body)).size).toBe(1_000);
  }, 120_000);

  test("says so itself: after a 429 nothing goes before its time", async () => {
    let count = 0;
    const post = await postFixture({
      ...SLACK,
      receiver: () => ++count === 1 ? { status: 429, headers: { "retry-after": "120" } } : {},
    });
    await post.put(openings(20));
    await post.run(5 * MINUTE);
    expect(new Set(await states(post))).toEqual(new Set(["delivered"]));
    const times = post.arrivals.map(({ atMs }) => atMs);
    // The second lane had begun.
    expect(times.filter((atMs) => atMs > 0 && atMs < 120 * SECOND)).toEqual([]);
  });
});

describe("an Alertmanager", () => {
  const SETTINGS = { url: "https://alertmanager.example" };
  const alerts = (post: Awaited<ReturnType<typeof postFixture>>) =>
    post.arrivals.map(({ atMs, body }) => ({ atMs, ...JSON.parse(body)[0] }));

  test("is told of an open incident again and again, each time for four minutes, and at once of its end", async () => {
    const post = await postFixture({ kind: "alertmanager", settings: SETTINGS });
    await post.put([{ incident: "a", change: "opened" }]);
    await post.run(10 * MINUTE + 30 * SECOND);
    const firing = alerts(post);
    expect(firing.length).toBeGreaterThanOrEqual(10);
    const gaps = firing.slice(1).map(({ atMs }, i) => atMs - firing[i]!.atMs);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(65 * SECOND);
    const start = post.clock.now() - post.elapsed();
    for (const { atMs, endsAt } of firing) expect(Date.parse(endsAt) - start - atMs).toBe(4 * MINUTE);
    await post.put([{ incident: "a", change: "resolved" }]);
    await post.run(5 * SECOND);
    const last = alerts(post).at(-1)!;
    expect(last).toMatchObject({ labels: firing[0]!.labels, endsAt: "2026-01-05T03:12:00.000Z" });
    const { a_1_opened, a_1_resolved } = await post.deliveries();
    expect([a_1_opened!.state, a_1_resolved!.state]).toEqual(["delivered", "delivered"]);
    const told = post.arrivals.length;
    await post.run(10 * MINUTE);
    expect(post.arrivals).toHaveLength(told);
  });

  test("hears of the end although it was away in between", async () => {
    const isAway = (atMs: number) => atMs > MINUTE && atMs < 20 * MINUTE;
    const post = await postFixture({
      kind: "alertmanager",
      settings: SETTINGS,
      receiver: ({ atMs }) => ({ status: isAway(atMs) ? 503 : 200 }),
    });
    await post.put([{ incident: "a", change: "opened" }]);
    await post.run(10 * MINUTE);
    await post.put([{ incident: "a", change: "resolved" }]);
    await post.run(12 * MINUTE);
    expect(alerts(post).at(-1)).toMatchObject({ endsAt: "2026-01-05T03:12:00.000Z" });
    expect((await post.deliveries()).a_1_resolved).toMatchObject({ state: "delivered" });
  });
});

describe("an acknowledgement", () => {
  const acknowledged = { incident: "a", change: "acknowledged" as const };
  const bodies = (post: Awaited<ReturnType<typeof postFixture>>) =>
    post.arrivals.map(({ body }) => JSON.parse(body));

  test("does not stand for an opening that was never taken", async () => {
    const post = await postFixture({
      kind: "pagerduty",
      settings: { routingKey: "${env:KEY}" },
      receiver: ({ atMs }) => ({ status: atMs < 2 * MINUTE ? 503 : 202 }),
    });
    await post.put([{ incident: "a", change: "opened" }]);
    await post.run(MINUTE);
    await post.put([acknowledged]);
    await post.run(3 * MINUTE);
    const taken = bodies(post).slice(-2).map(({ event_action, dedup_key }) => [event_action, dedup_key]);
    expect(taken).toEqual([["trigger", "a"], ["acknowledge", "a"]]);
  });

  test("stands in an alert that is told again and again, until the end", async () => {
    const post = await postFixture({
      kind: "alertmanager",
      settings: { url: "https://alertmanager.example" },
    });
    await post.put([{ incident: "a", change: "opened" }]);
    await post.run(3 * MINUTE);
    await post.put([acknowledged]);
    await post.run(5 * MINUTE);
    const alerts = bodies(post).map(([alert]) => alert.annotations.acknowledged);
    expect(alerts.at(0)).toBeUndefined();
    expect(alerts.slice(-4)).toEqual(Array(4).fill("by ada at 2026-01-05T03:06:00.000Z"));
    await post.put([{ incident: "a", change: "resolved" }]);
    await post.run(5 * MINUTE);
    expect(bodies(post).at(-1)[0].endsAt).toBe("2026-01-05T03:12:00.000Z");
    expect(new Set(await states(post))).toEqual(new Set(["delivered"]));
  });

  test("that comes after the end is dropped, and said", async () => {
    const post = await postFixture();
    await post.put([{ incident: "a", change: "opened" }]);
    await post.put([acknowledged]);
    await post.put([{ incident: "a", change: "resolved" }]);
    await post.run(10 * SECOND);
    const { a_1_acknowledged } = await post.deliveries();
    expect(a_1_acknowledged).toMatchObject({
      state: "dead",
      lastError: "late: webhook hook needs no notice of an incident that is over or acknowledged",
    });
    expect(post.arrivals.map(({ headers }) => headers["webhook-id"])).toEqual(["a_1_opened", "a_1_resolved"]);
  });
});
