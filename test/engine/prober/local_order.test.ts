import { describe, expect, test } from "vitest";
import { DIALECTS } from "../../../src/evidence/report/mod.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { localProber } from "../../../src/engine/prober/local.ts";
import type { Route, RouteReply } from "../../world/network.ts";
import { START, testEnv } from "../../world/test_env.ts";
import type { Check } from "../../../src/config/config.ts";
import type { RoundResult } from "../../../src/judgement/round.ts";

const MINUTE = 60_000;
const target = (id: string, checks = 1) => `
  - id: ${id}
    url: https://${id}.example
    checks:${
  Array.from({ length: checks }, (_, i) => `
      - { id: c${i}, timeout: 10s, journey: [{ request: { path: /${id}${i} }, expect: body.ok == true }] }`)
    .join("")
}`;
const config = (...targets: string[]) => `version: 1\ntargets:${targets.join("")}`;
const GOOD: RouteReply = { json: { ok: true } };

const saidBy = (answer: RoundResult) =>
  "missed" in answer ? answer.missed : answer.round.observation.failure?.reason ?? "pass";

async function home(
  text: string,
  routes: Record<string, Route>,
  changes: { concurrency?: number; budget?: number },
) {
  const { ports, config, clock, network } = await testEnv(text, { routes });
  const prober = localProber(ports, {
    id: "home",
    region: "eu",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    concurrency: 5,
    controls: [],
    ...changes,
  });
  return {
    clock,
    prober,
    checks: config.checks,
    /** Asks for one slot with a deadline of 25 s, and says what became of each check. */
    async slot(n: number): Promise<Record<string, string>> {
      const asked = prober.ask({ slot: START + n * MINUTE, checks: config.checks, deadlineMs: 25_000 });
      await clock.advance(MINUTE);
      return Object.fromEntries((await asked).answers.map((answer) => [answer.check, saidBy(answer)]));
    },
    order: () => network.requests.map(({ url }) => new URL(url).pathname),
  };
}

describe("whose turn it is", () => {
  test("the first check of each target comes before the second of any", async () => {
    const { slot, order } = await home(config(target("a", 3), target("b"), target("c")), {}, {
      concurrency: 1,
    });
    await slot(0);
    expect(order()).toEqual(["/a0", "/b0", "/c0", "/a1", "/a2"]);
  });

  test("a second walk waits for all that were not walked once, whoever asks for them meanwhile", async () => {
    const others = ["a", "b", "c", "d", "e"];
    const inAWhile = () => new Promise<RouteReply>((resolve) => world.clock.after(400, () => resolve(GOOD)));
    const world = await home(config(...["l", ...others].map((id) => target(id))), {
      "GET /l0": [new Error("connection reset"), GOOD],
      ...Object.fromEntries(others.map((id) => [`GET /${id}0`, inAWhile])),
    }, { concurrency: 1 });
    const [e, ...rest] = world.checks.toReversed();
    const ask = (checks: Check[], slot: number) => world.prober.ask({ slot, checks, deadlineMs: 25_000 });
    const first = ask(rest.toReversed(), START);
    // The second walk of `l` waits for its place by now.
    await world.clock.advance(1_100);
    const second = ask([e!], START + 1_100);
    await world.clock.advance(MINUTE);
    const answers = [await first, await second].flatMap(({ answers }) => answers);
    expect(answers.map(saidBy)).toEqual(["pass", "pass", "pass", "pass", "pass", "pass"]);
    expect(world.order()).toEqual(["/l0", "/a0", "/b0", "/c0", "/d0", "/e0", "/l0"]);
  });

  test("targets that hang starve nobody else, and are judged in every slot themselves", async () => {
    const hung = ["h0", "h1", "h2", "h3"];
    const routes = {
      ...Object.fromEntries(hung.map((id) => [`GET /${id}0`, "hang" as const])),
      "GET /ok0": GOOD,
    };
    const text = config(...hung.map((id) => target(id)), target("ok"));
    const { slot } = await home(text, routes, { concurrency: 1 });
    // With one at a time and 10 s each, two of the four fit into 25 s.
    await slot(0);
    await slot(1);
    const [third, fourth] = [await slot(2), await slot(3)];
    expect(third["ok/c0"]).toBe("pass");
    expect(fourth).toEqual(third);
    expect(Object.values(third).filter((said) => said === "timeout")).toHaveLength(2);
    expect(Object.values(third).filter((said) => said === "deadline")).toHaveLength(2);
  });

  test("what does not fit into the budget is missing, and says so", async () => {
    const { slot, order } = await home(config(target("a", 3)), { "GET /a0": GOOD, "GET /a1": GOOD }, {
      budget: 2,
    });
    expect(await slot(0)).toEqual({ "a/c0": "pass", "a/c1": "pass", "a/c2": "budget" });
    expect(order()).toEqual(["/a0", "/a1"]);
  });
});
