import { describe, expect, test } from "vitest";
import { deployment, good, request, scriptedAsker, spoilt, TEXT } from "./remote_fixture.ts";
import type { Route } from "../../world/network.ts";
import { START } from "../../world/test_env.ts";

/** What no honest prober says, and the place that the reason names. */
const BEYOND: [string, (answer: ReturnType<typeof JSON.parse>) => void, string][] = [
  ["a time that is none", ({ round }) => round.before.at = 9e15, "round.before.at"],
  ["a time before 1970", ({ round }) => round.before.at = -1, "round.before.at"],
  ["a time far from the slot", ({ round }) => round.before.at = START + 3_600_001, "round.before.at"],
  ["the same of the second look", ({ round }) => round.after.at = START - 3_600_001, "round.after.at"],
  ["a payload's time that is none", ({ round }) => round.before.reportedAt = 9e15, "round.before.reportedAt"],
  ["an endless wait", ({ round }) => round.before.retryAfterMs = 1e12, "round.before.retryAfterMs"],
  ["a negative wait", ({ round }) => round.before.retryAfterMs = -1, "round.before.retryAfterMs"],
  ["an endless look", ({ round }) => round.before.durationMs = 1e12, "round.before.durationMs"],
  ["a code that is none", ({ round }) => round.before.httpStatus = 1e9, "round.before.httpStatus"],
  ["an endless journey", ({ round }) => round.observation.totalMs = 1e12, "round.observation.totalMs"],
  [
    "a status that is none",
    ({ round }) => round.observation.steps[0].status = -1,
    "round.observation.steps.0.status",
  ],
  [
    "countless requests",
    ({ round }) => round.observation.steps[0].requests = 1e12,
    "round.observation.steps.0.requests",
  ],
  [
    "a hundred thousand values",
    ({ round }) =>
      round.observation.failure.values = Object.fromEntries(
        Array.from({ length: 100_000 }, (_, i) => [`v${i}`, "x"]),
      ),
    "round.observation.failure.values",
  ],
  [
    "a value that is a book",
    ({ round }) => round.observation.failure.values = { a: "x".repeat(2_000) },
    "round.observation.failure.values.a",
  ],
  [
    "more steps than a journey has",
    ({ round }) => round.observation.steps = Array(51).fill(round.observation.steps[0]),
    "round.observation.steps",
  ],
  ["a reason that is a book", (answer) => answer.missed = "x".repeat(2_000), "missed"],
];

describe("an answer that is out of bounds", () => {
  const two = (change: (answer: ReturnType<typeof JSON.parse>) => void): Route =>
    spoilt((reply) => {
      reply.answers.push({ ...structuredClone(reply.answers[0]), check: "shop/write" });
      change(reply.answers[1]);
    });

  test.each(BEYOND)("is missed by itself, with the place: %s", async (_, change, place) => {
    const { asker, config } = await scriptedAsker(two(change));
    const { answers } = await asker.ask(request(config));
    expect(answers).toEqual([
      good.answers[0],
      {
        check: "shop/write",
        digest: "d",
        missed: expect.stringMatching(`^invalid: answers\\.1\\.${place.replaceAll(".", "\\.")}: .{1,100}$`),
      },
    ]);
  });

  test.each(BEYOND)("and no other makes the reply invalid: %s", async (_, change, place) => {
    const { asker, config } = await scriptedAsker(spoilt((reply) => change(reply.answers[0])));
    await expect(asker.ask(request(config))).rejects.toThrow(`invalid: answers.0.${place}: `);
  });

  test("that does not say what it is about makes the reply invalid", async () => {
    const { asker, config } = await scriptedAsker(two((answer) => delete answer.check));
    await expect(asker.ask(request(config))).rejects.toThrow("invalid: answers.1.check: ");
  });

  test("more answers than were asked make the reply invalid", async () => {
    const many = spoilt((reply) => reply.answers = Array(3).fill(reply.answers[0]));
    const { asker, config } = await scriptedAsker(many);
    await expect(asker.ask(request(config))).rejects.toThrow("invalid: answers: more than the 2 asked");
  });
});

describe("an honest prober stays within the bounds", () => {
  const name = "n".repeat(500);
  const parts = Object.fromEntries(
    Array.from(
      { length: 100 },
      (_, i) => [`${i}${"p".repeat(250)}`, { status: "DOWN", details: "d".repeat(200) }],
    ),
  );
  const health: Route = {
    status: 503,
    json: { status: "UP", components: parts },
    headers: { age: "9999999999", "retry-after": "99999999999999999999" },
  };
  const sources = Array.from({ length: 10 }, (_, i) => ({ name: `${i}${"s".repeat(62)}`, path: "/readyz" }));
  const wanted = Array.from({ length: 60 }, (_, i) => `body.items[${i}] == '${"w".repeat(40)}'`).join(" || ");
  const steps = Array.from({ length: 50 }, (_, i) => ({
    name: i < 49 ? name : name.slice(1),
    request: { path: "/read" },
    expect: i < 49 ? "status == 200" : wanted,
  }));
  const far = (targets: unknown) => TEXT.replace(/targets:[\s\S]*$/, `targets: ${JSON.stringify(targets)}\n`);
  const largest = far([{
    id: "shop",
    url: "https://shop.example",
    checks: [{ id: "read", report: sources, journey: steps, cleanup: steps }],
  }]);
  /** A target that says as much as it can, and what Laravel calls a time. */
  const routes: Record<string, Route> = {
    "GET /readyz": health,
    "GET /read": { json: { items: Array(60).fill("v".repeat(500)) } },
    "GET /health": { json: { finishedAt: 1e306, checkResults: [{ name: "db", status: "ok" }] } },
    "GET /old": { json: { finishedAt: -1e306, checkResults: [{ name: "db", status: "ok" }] } },
  };

  test("with the largest journey, claim and failure that a config allows", async () => {
    const { asker, far, prober } = await deployment({ text: largest, routes });
    const { answers } = await asker.ask(request(far.config));
    const own = await prober.ask(request(far.config));
    expect(answers).toEqual(JSON.parse(JSON.stringify(own.answers)));
    const [answer] = answers;
    if (!answer || !("round" in answer)) throw new Error(JSON.stringify(answer));
    const { before, observation } = answer.round;
    expect(before!.sources).toHaveLength(10);
    expect(before!.subsystems).toHaveLength(200);
    expect(observation.steps).toHaveLength(50);
    expect(Object.keys(observation.failure!.values!)).toHaveLength(12);
    expect(observation.cleanup).toMatchObject({ outcome: "fail" });
  });

  test.each(["/health", "/old"])("whatever time a target writes: %s", async (path) => {
    const text = far([{
      id: "shop",
      url: "https://shop.example",
      checks: [{
        id: "read",
        report: { path },
        journey: [{ request: { path: "/read" }, expect: "status == 200" }],
      }],
    }]);
    const { asker, far: { config } } = await deployment({ text, routes });
    const { answers } = await asker.ask(request(config));
    expect(answers).toMatchObject([{
      round: { before: { dialect: "laravel" }, observation: { outcome: "pass" } },
    }]);
  });
});
