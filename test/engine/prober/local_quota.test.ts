import { describe, expect, test } from "vitest";
import { DIALECTS } from "../../../src/evidence/report/mod.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { localProber } from "../../../src/engine/prober/local.ts";
import { compare } from "../../../src/judgement/verdict.ts";
import type { Route, RouteReply } from "../../world/network.ts";
import { START, testEnv } from "../../world/test_env.ts";
import type { Round } from "../../../src/judgement/round.ts";

const check = (id: string, more = "") => `
      - { id: ${id}, journey: [{ request: { path: /${id} }, expect: body.ok == true }]${more} }`;
const shop = (...checks: string[]) => `
version: 1
controls: [https://control.example/a]
targets:
  - id: shop
    url: https://shop.example
    checks:${checks.join("")}`;

const GOOD: RouteReply = { json: { ok: true } };
const moved = (to: string): RouteReply => ({ status: 307, headers: { location: to } });
const THROWN = new Error("Too many subrequests by single Worker invocation.");

async function home(text: string, routes: Record<string, Route>, budget?: number) {
  const { ports, config, network } = await testEnv(text, { routes });
  const prober = localProber(ports, {
    id: "home",
    region: "eu",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    concurrency: 1,
    controls: config.controls,
    budget,
  });
  const { checks } = config;
  const slot = async (n: number) => {
    const request = { slot: START + n * 60_000, checks, deadlineMs: 50_000 };
    const { answers, suspect } = await prober.ask(request);
    return { rounds: answers, suspect };
  };
  return {
    slot,
    /** What became of each check in one slot. */
    async said(n: number) {
      const { rounds } = await slot(n);
      return rounds.map((answer) =>
        "missed" in answer ? `missing: ${answer.missed}` : answer.round.observation.failure?.reason ?? "pass"
      );
    },
    asked: () => network.requests.map(({ url }) => new URL(url).pathname),
  };
}

describe("the budget counts what redirects cost", () => {
  const routes = { "GET /a": moved("/b"), "GET /b": GOOD, "GET /c": GOOD, "GET /d": GOOD };

  test("a check that no longer fits is not begun", async () => {
    const { said, asked } = await home(shop(check("a"), check("c"), check("d")), routes, 3);
    expect(await said(0)).toEqual(["pass", "pass", "missing: budget"]);
    expect(asked()).toEqual(["/a", "/b", "/c"]);
  });

  test("a round that no longer fits ends in the middle, as an error of the platform's", async () => {
    const { slot, asked } = await home(shop(check("a")), routes, 1);
    const { rounds, suspect } = await slot(0);
    expect(rounds).toMatchObject([{
      round: {
        observation: {
          outcome: "error",
          transport: false,
          failure: { reason: "platform", detail: "this ask has sent all that it may: 1" },
        },
      },
    }]);
    expect(suspect).toBe(false);
    expect(asked()).toEqual(["/a"]);
  });

  test("what one round sets aside and does not use is there for the next", async () => {
    // The report may be asked twice; this one needs no second look.
    const text = shop(check("c", ", report: { path: /ready }"), check("a"));
    const { said } = await home(text, { ...routes, "GET /ready": { json: { status: "UP" } } }, 4);
    expect(await said(0)).toEqual(["pass", "pass"]);
  });

  test("a target's redirects count from the next slot on, and each ask has its own requests", async () => {
    const { said } = await home(shop(check("c"), check("a")), routes, 2);
    // Two requests are left for two checks, and the second wants two.
    expect(await said(0)).toEqual(["pass", "platform"]);
    expect(await said(1)).toEqual(["pass", "missing: budget"]);
  });
});

describe("what Cloudflare throws of this Worker accuses nobody", () => {
  const text = shop(check("a", ", report: { path: /ready }"));
  const UP: RouteReply = { json: { status: "UP" } };
  const DOWN: RouteReply = { status: 503, json: { status: "DOWN" } };

  test.each<[name: string, ready: Route, work: Route, outcome: string, word: string]>([
    ["at the report and the journey", THROWN, THROWN, "error", "inconclusive"],
    ["at the journey alone", UP, THROWN, "error", "inconclusive"],
    ["at both looks around a journey that passes", THROWN, GOOD, "error", "inconclusive"],
    ["at the second look at an underclaim", [DOWN, THROWN], GOOD, "error", "inconclusive"],
    ["at a report, where the journey fails by itself", THROWN, { json: { ok: false } }, "fail", "failing"],
  ])("%s", async (_name, ready, work, outcome, word) => {
    const { slot, asked } = await home(text, { "GET /ready": ready, "GET /a": work });
    const { rounds: [answer], suspect } = await slot(0);
    if (!answer || "missed" in answer) throw new Error("not walked");
    const { before, after, observation } = answer.round;
    expect(observation.outcome).toBe(outcome);
    expect(observation.failure!.reason).toBe(outcome === "error" ? "platform" : "expectation");
    expect(compare(before, observation.outcome, after).word).toBe(word);
    expect(suspect).toBe(false);
    expect(asked().filter((path) => path !== "/ready")).toEqual(["/a"]);
  });

  test.each(["Network connection lost.", "internal error; reference = abc123"])(
    "%s is a transport failure, and the controls are asked",
    async (message) => {
      const lost = new Error(message);
      const { slot } = await home(text, { "GET /ready": lost, "GET /a": lost });
      const { rounds, suspect } = await slot(0);
      expect(rounds).toMatchObject([{ round: { observation: { failure: { reason: "network" } } } }]);
      expect(suspect).toBe(true);
    },
  );
});

test.each([
  // Two looks and one step are set aside; the redirect is one more.
  [3, "inconclusive"],
  [4, "drift"],
])(
  "with %d requests a lie behind a redirect is told as %s: the second look is not the journey's to spend",
  async (budget, word) => {
    const text = `
version: 1
targets:
  - id: shop
    url: https://shop.example
    checks: [{ id: a, report: { path: /ready }, journey: [{ request: { path: /a }, expect: body.ok == true }] }]
`;
    const routes = {
      "GET /ready": { json: { status: "UP" } },
      "GET /a": moved("/b"),
      "GET /b": { json: { ok: false } },
    };
    const { rounds: [answer] } = await (await home(text, routes, budget)).slot(0);
    const { before, observation, after } = (answer as { round: Round }).round;
    expect(compare(before, observation.outcome, after).word).toBe(word);
  },
);
