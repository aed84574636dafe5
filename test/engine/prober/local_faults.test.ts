import { describe, expect, test } from "vitest";
import { localProber } from "../../../src/engine/prober/local.ts";
import { DIALECTS } from "../../../src/evidence/report/mod.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import type { Route } from "../../world/network.ts";
import { START, type TestEnv, testEnv } from "../../world/test_env.ts";
import type { Prober } from "../../../src/judgement/round.ts";

/** `count` checks that walk `/cN/work`, two at a time. */
const checks = (
  count: number,
  more = "",
  controls = "[https://control.example/a, https://control.example/b]",
) => `
version: 1
concurrency: 2
controls: ${controls}
targets:
  - id: shop
    url: https://shop.example
    checks:${
  Array.from({ length: count }, (_, i) => `
      - { id: c${i}, journey: [{ request: { path: /c${i}/work }, expect: body.ok == true }]${more} }`).join(
    "",
  )
}`;

const GOOD: Route = { json: { ok: true } };

interface Home extends TestEnv {
  prober: Prober;
  /** Asks for all checks; time goes on until the prober has answered. */
  ask(deadlineMs?: number): Promise<Awaited<ReturnType<Prober["ask"]>>>;
  asked(path: string): number;
}

async function home(text: string, routes: Record<string, Route>): Promise<Home> {
  const own = await testEnv(text, { routes });
  const { concurrency, controls } = own.config;
  const prober = localProber(own.ports, {
    id: "home",
    region: "eu",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    concurrency,
    controls,
  });
  return {
    ...own,
    prober,
    async ask(deadlineMs = 50_000) {
      const reply = prober.ask({ slot: START, checks: own.config.checks, deadlineMs });
      await own.clock.advance(60_000);
      return await reply;
    },
    asked: (path) => own.network.requests.filter(({ url }) => new URL(url).pathname === path).length,
  };
}

describe("a deadline", () => {
  test("makes only what is not finished missing, and answers on time", async () => {
    const { prober, config, clock } = await home(checks(3), {
      "GET /c0/work": GOOD,
      "GET /c1/work": "hang",
      "GET /c2/work": GOOD,
    });
    let at: number | undefined;
    const reply = prober.ask({ slot: START, checks: config.checks, deadlineMs: 3_000 });
    void reply.then(() => at = clock.elapsed());
    await clock.advance(3_000);
    expect(at).toBe(3_000);
    expect((await reply).answers).toMatchObject([
      { check: "shop/c0", round: { observation: { outcome: "pass" } } },
      { check: "shop/c1", missed: "deadline" },
      { check: "shop/c2", round: { observation: { outcome: "pass" } } },
    ]);
  });

  test("is forgotten: asked again, only what was missing is walked again", async () => {
    const shop = await home(checks(2), {
      "GET /c0/work": GOOD,
      "GET /c1/work": ["hang", { json: { ok: true } }],
    });
    await shop.ask(3_000);
    expect((await shop.ask()).answers).toMatchObject([
      { round: { observation: { outcome: "pass" } } },
      { round: { observation: { outcome: "pass" } } },
    ]);
    expect([shop.asked("/c0/work"), shop.asked("/c1/work")]).toEqual([1, 2]);
  });

  test("sends nothing for a check that had not begun, not even its cleanup", async () => {
    const cleanup = ", cleanup: [{ request: { method: DELETE, path: /gone } }]";
    const shop = await home(checks(20, cleanup), {
      ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`GET /c${i}/work`, "hang" as const])),
      "DELETE /gone": "hang",
    });
    await shop.ask(1_000);
    // Two had begun, and clean up after themselves.
    expect(shop.asked("/gone")).toBe(2);
    expect(shop.asked("/c2/work")).toBe(0);
  });
});

describe("controls", () => {
  const controls = (a: Route, b: Route) => ({
    "GET https://control.example/a": a,
    "GET https://control.example/b": b,
  });

  test.each<[string, Route, string, Record<string, Route>, boolean, number]>([
    ["not asked when all is well", GOOD, "", controls({ status: 204 }, {}), false, 0],
    ["not asked when an answer came and was wrong", { status: 500 }, "", controls({}, {}), false, 0],
    ["all fail: suspect", new Error("reset"), "", controls(new Error("reset"), "hang"), true, 1],
    ["all answer 5xx: suspect", new Error("reset"), "", controls({ status: 500 }, { status: 503 }), true, 1],
    [
      "one answers: not suspect",
      new Error("reset"),
      "",
      controls(new Error("reset"), { status: 204 }),
      false,
      1,
    ],
    ["asked after a time-out too", "hang", "", controls(new Error("reset"), new Error("reset")), true, 1],
    ...[
      ["at both looks", new Error("reset")],
      ["at first", [new Error("reset"), {}]],
      ["after the journey", [{ status: 503 }, new Error("reset")]],
    ].map(([when, ready]): [string, Route, string, Record<string, Route>, boolean, number] => [
      `asked when only the report was unreachable, ${when}`,
      GOOD,
      ", report: { path: /ready }",
      { ...controls(new Error("reset"), new Error("reset")), "GET /ready": ready as Route },
      true,
      1,
    ]),
  ])("%s", async (_, work, more, routes, suspect, asked) => {
    const shop = await home(checks(1, more), { ...routes, "GET /c0/work": work });
    expect((await shop.ask()).suspect).toBe(suspect);
    expect([shop.asked("/a"), shop.asked("/b")]).toEqual([asked, asked]);
  });

  test("are asked once for a slot, however many checks failed and however often it is asked", async () => {
    const shop = await home(
      checks(4),
      Object.fromEntries([0, 1, 2, 3].map((i) => [`GET /c${i}/work`, new Error("reset")])),
    );
    expect([(await shop.ask()).suspect, (await shop.ask()).suspect]).toEqual([true, true]);
    expect([shop.asked("/a"), shop.asked("/b")]).toEqual([1, 1]);
  });

  test("without any, nobody is suspect", async () => {
    const shop = await home(checks(1, "", "[]"), { "GET /c0/work": new Error("reset") });
    expect((await shop.ask()).suspect).toBe(false);
  });
});
