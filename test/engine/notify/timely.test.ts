/** Escalations and reminders, by the virtual clock: two processes over one store, each of which is restarted all the time. */
import { describe, expect, test } from "vitest";
import { openSqlite } from "../../../functions/deno/sqlite.ts";
import type { Route } from "../../../src/config/routes.ts";
import { deliver, notices, type WebhookEvent } from "../../../src/engine/notify/mod.ts";
import { acknowledge } from "../../../src/engine/notify/acknowledge.ts";
import { timely } from "../../../src/engine/notify/timely.ts";
import type { Sink } from "../../../src/engine/notify/sink.ts";
import type { Incident } from "../../../src/judgement/incident.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import { HOUR_MS, MINUTE_MS } from "../../../src/base/time.ts";
import { steppingClock } from "../../world/clock.ts";
import { settlerFixture, threeRegions } from "../../world/settler_fixture.ts";
import { config, prober, state, transition } from "./incident_fixture.ts";

const STEP_MS = 30_000;
const route = (more: Partial<Route>): Route => ({
  match: {},
  sinks: [],
  continue: false,
  escalate: [],
  routes: [],
  ...more,
});
const ESCALATE = [{ afterMs: 10 * MINUTE_MS, unless: "acknowledged" as const, sinks: ["boss"] }];
const ANYWAY = [{ afterMs: 10 * MINUTE_MS, sinks: ["boss"] }];

describe.each([["memory", memoryStore], ["sqlite", () => openSqlite(":memory:")]])("on %s", (_, open) => {
  async function stage(routes: Route[]) {
    const clock = steppingClock();
    const store = open();
    const start = clock.now();
    const lease = (await store.takeLease({ tick: start, owner: "a", nowMs: start, ttlMs: 50_000 }))!;
    const webhooks = ["pager", "boss"].map((id) => ({ id, kind: "told", settings: {}, events: ["*"] }));
    const { config: whole, check } = config({ eu: ["home"] }, {
      publicUrl: undefined,
      webhooks,
      // A rule that names it, or it would be told of everything.
      routes: [...routes, route({ match: { target: ["none"] }, sinks: ["boss"] })],
    });
    const known = state({ home: prober("drift") }, { eu: "drift" });
    /** What arrived: `<minute> <webhook> <event>`. */
    const told: string[] = [];
    const events: WebhookEvent[] = [];
    let answer: "delivered" | "deferred" = "delivered";
    const sinkOf = (): Sink => ({
      ...{ kind: "told", secrets: [], addresses: [] },
      schema: ({ map }) => map({}),
      check: () => undefined,
      render: (event) => JSON.stringify(event),
      deliver({ id, event }) {
        if (answer === "delivered") {
          const webhook = id.match(/_(pager|boss)/)![1];
          told.push(
            `${Math.floor((clock.now() - start) / MINUTE_MS)} ${webhook} ${
              event.type.slice("incident.".length)
            }`,
          );
          events.push(event);
        }
        return Promise.resolve({ kind: answer });
      },
    });
    const keep = () => {};
    const ports = {
      clock,
      fetch: () => Promise.reject(new Error("no network")),
      random: () => 0.5,
      log: { info: keep, warn: keep, error: keep },
      secrets: { reveal: (text: string) => text, redact: (text: string) => text },
    };
    let incident: Incident | undefined;
    return {
      ...{ told, events, store },
      answerWith: (kind: typeof answer) => void (answer = kind),
      async tell(change: "opened" | "updated" | "resolved", episode = 1) {
        const at = clock.now();
        const openedAt = change === "opened" ? at : incident!.openedAt;
        const timeline = [...incident?.timeline ?? [], {
          at,
          change,
          kind: "drift" as const,
          outcome: "drift" as const,
        }];
        const one = transition(change, { openedAt, episode, timeline, updatedAt: at });
        incident = one.incident;
        const written = notices(one, { check, state: known, config: whole, slot: at });
        await store.commit(lease, { shards: [], samples: [], incidents: [incident], notices: written });
      },
      acknowledge: () =>
        acknowledge({ ports, config: whole, store, states: () => Promise.resolve({}) }, incident!, {
          by: "ada",
        }),
      /** Two processes look each half a minute, with nothing that they remember. */
      async run(minutes: number) {
        for (const until = clock.now() + minutes * MINUTE_MS; clock.now() < until;) {
          await Promise.all([1, 2].map(() => deliver(ports, store, whole, { sinks: [sinkOf()], timely })));
          await clock.advance(STEP_MS);
        }
      },
      async pending() {
        return (await store.listDeliveries({ state: "pending", limit: 99 })).items.map(({ type }) => type);
      },
    };
  }

  test("who is escalated to is told once, when it is time, and then of all that follows", async () => {
    const { tell, run, told, pending } = await stage([route({ sinks: ["pager"], escalate: ESCALATE })]);
    await tell("opened");
    await run(5);
    await tell("updated");
    await run(10);
    await tell("resolved");
    await run(20);
    expect(told).toEqual([
      "0 pager opened",
      "5 pager updated",
      "10 boss opened",
      "10 boss updated",
      "15 pager resolved",
      "15 boss resolved",
    ]);
    expect(await pending()).toEqual([]);
  });

  test.each<[string, Route["escalate"], number, string[]]>([
    ["resolved before", ESCALATE, 3, []],
    ["resolved shortly before", ESCALATE, 9, []],
    ["resolved after", ESCALATE, 12, ["10 boss opened", "12 boss resolved"]],
  ])("an incident %s its time: who is escalated to", async (_, escalate, minute, expected) => {
    const { tell, run, told, pending } = await stage([route({ sinks: ["pager"], escalate })]);
    await tell("opened");
    await run(minute);
    await tell("resolved");
    await run(30);
    expect(told.filter((line) => line.includes("boss"))).toEqual(expected);
    expect(await pending()).toEqual([]);
  });

  test.each<[string, Route["escalate"], string[]]>([
    ["unless", ESCALATE, []],
    ["all the same", ANYWAY, ["10 boss opened", "20 boss resolved"]],
  ])("acknowledged in time: escalated %s", async (_, escalate, expected) => {
    const { tell, run, told, acknowledge } = await stage([route({ sinks: ["pager"], escalate })]);
    await tell("opened");
    await run(3);
    await acknowledge();
    await run(17);
    await tell("resolved");
    await run(20);
    expect(told.filter((line) => line.includes("boss"))).toEqual(expected);
    expect(told.filter((line) => line.includes("pager"))).toEqual([
      "0 pager opened",
      "3 pager acknowledged",
      "20 pager resolved",
    ]);
  });

  test("in the next episode the time begins anew", async () => {
    const { tell, run, told } = await stage([route({ sinks: ["pager"], escalate: ESCALATE })]);
    await tell("opened");
    await run(4);
    await tell("resolved");
    await run(4);
    await tell("opened", 2);
    await run(20);
    expect(told.filter((line) => line.includes("boss"))).toEqual(["18 boss opened"]);
  });

  test("one that fails at first is escalated to when it answers, and hears of the end", async () => {
    const { tell, run, told, answerWith } = await stage([route({ sinks: ["pager"], escalate: ESCALATE })]);
    await tell("opened");
    await run(5);
    answerWith("deferred");
    await run(10);
    await tell("resolved");
    answerWith("delivered");
    await run(20);
    expect(told.filter((line) => line.includes("boss")).map((line) => line.split(" ")[2])).toEqual([
      "opened",
      "resolved",
    ]);
  });

  test("reminders come while it is open, and stop with its end", async () => {
    const { tell, run, told, events, pending } = await stage([
      route({ sinks: ["pager"], repeatMs: 30 * MINUTE_MS }),
    ]);
    await tell("opened");
    await run(95);
    await tell("resolved");
    await run(60);
    expect(told).toEqual([
      "0 pager opened",
      "30 pager updated",
      "60 pager updated",
      "90 pager updated",
      "95 pager resolved",
    ]);
    const { data } = events[2]!;
    expect(data.summary).toMatch(
      /^Still open after 60 min: Checkout \/ write says ready but its journey fails/,
    );
    expect(data.reminder).toEqual({ openForMs: HOUR_MS });
    expect(await pending()).toEqual([]);
  });

  test("reminders of an escalation count from its notice", async () => {
    const { tell, run, told, acknowledge, pending } = await stage([
      route({ sinks: ["pager"], repeatMs: 30 * MINUTE_MS, escalate: ESCALATE }),
    ]);
    await tell("opened");
    await run(75);
    await acknowledge();
    await run(60);
    await tell("resolved");
    await run(5);
    expect(told).toEqual([
      "0 pager opened",
      "10 boss opened",
      "30 pager updated",
      "40 boss updated",
      "60 pager updated",
      "70 boss updated",
      "75 pager acknowledged",
      "75 boss acknowledged",
      "135 pager resolved",
      "135 boss resolved",
    ]);
    expect(await pending()).toEqual([]);
  });

  test("an escalation that was acknowledged before its time reminds of nothing", async () => {
    const { tell, run, told, acknowledge, pending } = await stage([
      route({ sinks: ["pager"], repeatMs: 30 * MINUTE_MS, escalate: ESCALATE }),
    ]);
    await tell("opened");
    await run(5);
    await acknowledge();
    await run(90);
    expect(told).toEqual(["0 pager opened", "5 pager acknowledged"]);
    expect(await pending()).toEqual([]);
  });

  test("reminders stop once somebody has acknowledged, and begin anew in the next episode", async () => {
    const { tell, run, told, acknowledge } = await stage([
      route({ sinks: ["pager"], repeatMs: 30 * MINUTE_MS }),
    ]);
    await tell("opened");
    await run(40);
    await acknowledge();
    await run(60);
    await tell("resolved");
    await run(5);
    await tell("opened", 2);
    await run(40);
    expect(told).toEqual([
      "0 pager opened",
      "30 pager updated",
      "40 pager acknowledged",
      "100 pager resolved",
      "105 pager opened",
      "135 pager updated",
    ]);
  });

  test("of a receiver that was away for hours one opening is left, and no heap of reminders", async () => {
    const { tell, run, told, answerWith } = await stage([
      route({ sinks: ["pager"], repeatMs: 30 * MINUTE_MS }),
    ]);
    answerWith("deferred");
    await tell("opened");
    await run(100);
    answerWith("delivered");
    await run(25);
    expect(told.map((line) => line.split(" ")[2])).toEqual(["opened", "updated"]);
    expect(told.at(-1)).toBe("120 pager updated");
  });

  test("a change before its reminder is told at once", async () => {
    const { tell, run, told } = await stage([route({ sinks: ["pager"], repeatMs: 4 * HOUR_MS })]);
    await tell("opened");
    await run(10);
    await tell("updated");
    await run(1);
    expect(told).toEqual(["0 pager opened", "10 pager updated"]);
  });
});

test("the settler writes escalations and reminders ahead of their times", async () => {
  const text = threeRegions([[
    "webhooks: [",
    `routes: [{ sinks: [ops], repeatInterval: 5m, escalate: [{ after: 3m, sinks: [boss] }] }]
webhooks: [{ id: boss, url: https://hooks.example/boss, secret: "\${env:HOOK_SECRET}" }, `,
  ]]);
  const { clock, script, runMinutes, notices } = await settlerFixture(text);
  script.set("drift");
  await runMinutes();
  const openedAt = clock.now();
  await runMinutes();
  const due = (await notices()).map(({ webhook, nextAt }) => [webhook, Math.max(0, nextAt - openedAt)]);
  expect(due).toEqual([
    ["boss", 3 * MINUTE_MS],
    ["boss", 8 * MINUTE_MS],
    ["ops", 0],
    ["ops", 5 * MINUTE_MS],
  ]);
});
