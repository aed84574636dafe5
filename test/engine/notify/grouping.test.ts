/** Messages about several incidents, by the whole outbox on a virtual clock. */
import { describe, expect, test } from "vitest";
import type { Grouping } from "../../../src/config/grouping.ts";
import type { Route } from "../../../src/config/routes.ts";
import { MINUTE_MS as MINUTE, SECOND_MS as SECOND } from "../../../src/base/time.ts";
import { failingStore } from "../../world/failing_store.ts";
import { plainSettings, postFixture } from "./post_fixture.ts";

type Post = Awaited<ReturnType<typeof postFixture>>;

const route = (grouping?: Grouping): Route[] => [
  { match: {}, sinks: ["hook"], continue: false, escalate: [], routes: [], ...(grouping && { grouping }) },
];
const SLACK = { kind: "slack", settings: { url: "https://hooks.slack.example/services/T/B/x" } };
const PAGER = { kind: "pagerduty", settings: { routingKey: "${env:KEY}" } };
const WEBHOOK = { settings: plainSettings("https://hooks.example/hook") };

const opened = (...incidents: string[]) =>
  incidents.map((incident) => ({ incident, change: "opened" as const }));
const resolved = (...incidents: string[]) =>
  incidents.map((incident) => ({ incident, change: "resolved" as const }));
const acknowledged = (...incidents: string[]) =>
  incidents.map((incident) => ({ incident, change: "acknowledged" as const }));
const many = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `i${from + i}`);

/** What a chat reads: when, and the head of each message. */
const heads = (post: Post) =>
  post.arrivals.map(({ atMs, body }) => [atMs / SECOND, JSON.parse(body).text.split(" (")[0]]);
/** What a pager gets. */
const said = (post: Post) =>
  post.arrivals.map(({ body }) => JSON.parse(body)).map(({ event_action, dedup_key }) =>
    `${event_action} ${dedup_key}`
  );
const states = async (post: Post) =>
  new Set(Object.values(await post.deliveries()).map(({ state }) => state));

describe("a chat", () => {
  test("hears of 200 targets that fail at once in one message, with a list", async () => {
    const post = await postFixture({ ...SLACK, routes: route() });
    await post.put(opened(...many(200)));
    await post.run(2 * MINUTE);
    expect(post.arrivals).toHaveLength(1);
    const { text, attachments } = JSON.parse(post.arrivals[0]!.body);
    expect(text).toBe(
      "CRITICAL: 200 incidents: 200 opened (Shop i0 / orders, Shop i1 / orders, Shop i2 / orders and 197 more)",
    );
    const list = attachments[0].blocks[2].text.text.split("\n");
    expect(list[0]).toMatch(/^\*1\. Opened \(critical\):\* This is a test/);
    expect(list).toHaveLength(9);
    expect(list[8]).toMatch(/^\*192 more opened:\* Shop i8 \/ orders, Shop i9/);
    expect(await states(post)).toEqual(new Set(["delivered"]));
  });

  test("hears of what turns within a minute in three messages", async () => {
    const post = await postFixture({ ...SLACK, routes: route() });
    for (let n = 0; n < 10; n++) {
      await post.put(opened(...many(20, 20 * n)));
      await post.run(5 * SECOND);
    }
    await post.run(MINUTE);
    expect(heads(post)).toEqual([
      [0, "CRITICAL: 20 incidents: 20 opened"],
      [30, "CRITICAL: 120 incidents: 120 opened"],
      [60, "CRITICAL: 60 incidents: 60 opened"],
    ]);
    expect(await states(post)).toEqual(new Set(["delivered"]));
  });

  test("reads of one incident what it always read", async () => {
    const [grouped, plain] = await Promise.all([
      postFixture({ ...SLACK, routes: route() }),
      postFixture(SLACK),
    ]);
    for (const post of [grouped, plain]) {
      for (const changes of [opened("a"), acknowledged("a"), resolved("a")]) {
        await post.put(changes);
        await post.run(MINUTE);
      }
    }
    expect(grouped.arrivals).toHaveLength(3);
    expect(grouped.arrivals.map(({ body }) => body)).toEqual(plain.arrivals.map(({ body }) => body));
  });

  test("hears of ends and beginnings in one message, the beginnings first", async () => {
    const post = await postFixture({ ...SLACK, routes: route() });
    await post.put(opened("a", "b"));
    await post.run(5 * SECOND);
    await post.put([...resolved("a"), ...opened("c")]);
    await post.run(MINUTE);
    expect(heads(post)).toEqual([
      [0, "CRITICAL: 2 incidents: 2 opened"],
      [30, "CRITICAL: 2 incidents: 1 opened, 1 resolved"],
    ]);
  });

  test("waits for others where groupWait says so, once for each group", async () => {
    const post = await postFixture({ ...SLACK, routes: route({ waitMs: 10 * SECOND, intervalMs: MINUTE }) });
    await post.put(opened("a"));
    await post.run(5 * SECOND);
    await post.put(opened("b"));
    await post.run(15 * SECOND);
    await post.put(opened("c"));
    await post.run(2 * MINUTE);
    await post.put(opened("d"));
    await post.run(MINUTE);
    expect(heads(post)).toEqual([
      [10, "CRITICAL: 2 incidents: 2 opened"],
      [70, expect.stringContaining("Shop c")],
      [150, expect.stringContaining("Shop d")],
    ].map(([at, text]) => [at, text]));
  });

  test.each<[string, Grouping, number]>([
    ["by target", { by: ["target"] }, 4],
    ["by what all have in common", { by: ["severity", "labels.team"] }, 1],
    ["by a label that none has", { by: ["labels.zone"] }, 1],
    ["not at all", { by: ["..."] }, 4],
  ])("is told %s", async (_name, grouping, messages) => {
    const post = await postFixture({ ...SLACK, routes: route(grouping) });
    await post.put(opened("a", "b", "c", "d"));
    await post.run(MINUTE);
    expect(post.arrivals).toHaveLength(messages);
  });

  test("is told nothing twice after a message that it may have got, but for the same message", async () => {
    const post = await postFixture({
      ...SLACK,
      routes: route(),
      receiver: ({ atMs }) => atMs < 3 * SECOND ? "hang" : {},
    });
    await post.put(opened("a", "b"));
    await post.run(2 * MINUTE);
    expect(new Set(post.arrivals.map(({ body }) => body)).size).toBe(1);
    expect(await states(post)).toEqual(new Set(["delivered"]));
  });
});

describe("a receiver that holds alerts", () => {
  test("has one for what turned together, and its end with the last of them", async () => {
    const post = await postFixture({ ...PAGER, routes: route() });
    await post.put(opened("a"));
    await post.run(10 * SECOND);
    await post.put(opened("b", "c"));
    await post.run(MINUTE);
    await post.put(resolved("a"));
    await post.run(MINUTE);
    await post.put(resolved("c"));
    await post.run(MINUTE);
    await post.put(resolved("b"));
    await post.run(MINUTE);
    expect(said(post)).toEqual(["trigger a", "trigger a", "trigger a", "trigger a", "resolve a"]);
    const summaries = post.arrivals.slice(0, 4).map(({ body }) => JSON.parse(body).payload.summary);
    expect(summaries).toEqual([
      expect.not.stringContaining("alert"),
      "2 incidents: 2 opened (Shop b / orders and Shop c / orders); 3 of this alert still open",
      expect.stringMatching(/recovered.*\(2 other incidents of this alert open\)$/),
      expect.stringMatching(/recovered.*\(1 other incident of this alert open\)$/),
    ]);
  });

  test("has another for what comes later, so that it is heard", async () => {
    const post = await postFixture({ ...PAGER, routes: route() });
    await post.put(opened("a"));
    await post.run(MINUTE);
    await post.put(opened("b"));
    await post.run(MINUTE);
    await post.put([...resolved("a", "b")]);
    await post.run(MINUTE);
    expect(said(post)).toEqual(["trigger a", "trigger b", "resolve a", "resolve b"]);
  });

  test("has another once all of the first is acknowledged, which is told when the last of it is", async () => {
    const post = await postFixture({ ...PAGER, routes: route() });
    await post.put(opened("a", "b"));
    await post.run(40 * SECOND);
    await post.put(acknowledged("a"));
    await post.run(40 * SECOND);
    await post.put(acknowledged("b"));
    await post.run(40 * SECOND);
    await post.put(opened("c"));
    await post.run(40 * SECOND);
    expect(said(post)).toEqual(["trigger a", "trigger a", "acknowledge a", "trigger c"]);
  });

  test("hears of an end after an opening that it refused for a while", async () => {
    const post = await postFixture({
      ...PAGER,
      routes: route(),
      receiver: ({ atMs }) => atMs > 5 * SECOND && atMs < 3 * MINUTE ? { status: 429 } : { status: 202 },
    });
    await post.put(opened("a"));
    await post.run(10 * SECOND);
    await post.put(opened("b"));
    await post.run(MINUTE);
    await post.put(resolved("a"));
    await post.run(30 * SECOND);
    await post.put(resolved("b"));
    await post.run(10 * MINUTE);
    expect(said(post).at(-1)).toBe("resolve a");
    expect(await states(post)).not.toContain("pending");
  });

  test("goes on under the key of before there were groups", async () => {
    const post = await postFixture({ ...PAGER });
    await post.put(opened("a", "b"));
    await post.run(MINUTE);
    const later = await postFixture({ ...PAGER, routes: route() });
    await later.put(resolved("a", "b"));
    await later.run(MINUTE);
    expect(said(later)).toEqual(["resolve a", "resolve b"]);
  });
});

test.each<[string, { kind?: string; settings: Record<string, unknown> }, Grouping | undefined, number]>([
  ["a program, unless it asks", WEBHOOK, undefined, 3],
  ["a program that asks", WEBHOOK, { by: [] }, 1],
  [
    "an Alertmanager, whatever is asked",
    {
      kind: "alertmanager",
      settings: { url: "https://alertmanager.example" },
    },
    { by: [] },
    3,
  ],
])("%s: three incidents", async (_name, sink, grouping, messages) => {
  const post = await postFixture({ ...sink, routes: route(grouping) });
  await post.put(opened("a", "b", "c"));
  await post.run(30 * SECOND);
  expect(post.arrivals).toHaveLength(messages);
});

test("a process that dies between sending and its receipt sends the same message again", async () => {
  let broken = new Set<string>();
  const post = await postFixture({
    settings: plainSettings("https://hooks.example/hook"),
    routes: route({ by: [] }),
    storeOf: (store) => {
      const failing = failingStore(store);
      broken = failing.broken;
      return failing.store;
    },
  });
  await post.put(opened("a", "b"));
  broken.add("recordAttempt");
  await post.run(5 * SECOND);
  post.restart();
  await post.put(opened("c"));
  await post.run(3 * MINUTE);
  const ids = post.arrivals.map(({ headers }) => headers["webhook-id"]);
  expect(ids[0]).toMatch(/^a_1_opened_and_[0-9a-f]{16}$/);
  expect(ids).toEqual(expect.arrayContaining([ids[0]]));
  expect(await states(post)).toEqual(new Set(["delivered"]));
});
