import { describe, expect, test } from "vitest";
import { deployment, good, request, scriptedAsker, spoilt, TEXT, TOKEN } from "./remote_fixture.ts";
import type { Route } from "../../world/network.ts";
import { type SettlerFixture, settlerFixture } from "../../world/settler_fixture.ts";
import { START } from "../../world/test_env.ts";
// What the version before the public words were renamed answered.
import earlier from "../../fixtures/rounds_before_renames.json" with { type: "json" };

describe("a prober behind HTTP", () => {
  test("brings the same answers as the one in this process", async () => {
    const { far, near, asker, prober, paths } = await deployment();
    const reply = await asker.ask(request(near.config));
    expect(reply).toEqual(JSON.parse(JSON.stringify(await prober.ask(request(far.config)))));
    expect(reply).toMatchObject({
      prober: "iad",
      slot: START,
      answers: [
        { check: "shop/read", round: { before: { state: "not_ready" }, observation: { outcome: "fail" } } },
        { check: "shop/write", round: { observation: { outcome: "fail", transport: true } } },
      ],
    });
    expect(paths).toEqual(["/assay/v1/rounds"]);
  });

  test("brings what stood in the evidence of a round before it was walked again", async () => {
    const { far, near, asker } = await deployment({
      routes: { "POST /write": [new Error("connection reset"), { status: 201 }] },
    });
    const asked = asker.ask(request(near.config, 50_000));
    await far.clock.whenArmed(1_000);
    await far.clock.advance(1_000);
    const { answers } = await asked;
    expect(answers.find(({ check }) => check === "shop/write")).toMatchObject({
      round: {
        observation: { outcome: "pass" },
        first: {
          before: null,
          outcome: "fail",
          failure: {
            step: "step 1",
            reason: "network",
            detail: "connection reset (asked https://shop.example)",
          },
        },
      },
    });
  });

  test("a prober of the version before is understood, and has the same digests of the same checks", async () => {
    const { asker, config } = await scriptedAsker({ json: earlier });
    expect(await asker.ask(request(config))).toEqual(earlier);
    expect(config.checks.map(({ digest }) => digest)).toEqual(earlier.answers.map(({ digest }) => digest));
  });

  test("a wrong token walks nothing", async () => {
    const { far, near, asker } = await deployment({ token: "another" });
    await expect(asker.ask(request(near.config))).rejects.toThrow(/^answered 401$/);
    expect(far.network.requests).toEqual([]);
  });

  test("another prober answers there", async () => {
    const { near, asker } = await deployment({ id: "lhr" });
    await expect(asker.ask(request(near.config))).rejects.toThrow(/^answered 409$/);
  });

  test("another version of one check makes that check missing, and no other", async () => {
    const { near, asker } = await deployment({ text: TEXT.replace("status == 201", "status == 200") });
    const { answers } = await asker.ask(request(near.config));
    expect(answers).toContainEqual(expect.objectContaining({ check: "shop/write", missed: "digest" }));
    expect(answers).toContainEqual(expect.objectContaining({ check: "shop/read", round: expect.anything() }));
    expect(answers).toHaveLength(2);
  });

  test("a check that it does not know is missing, and no other", async () => {
    const text = TEXT.split("\n").filter((line) => !line.includes("id: write")).join("\n");
    const { near, asker } = await deployment({ text });
    const { answers } = await asker.ask(request(near.config));
    expect(answers).toContainEqual({ check: "shop/write", digest: "", missed: "unknown check" });
    expect(answers).toContainEqual(expect.objectContaining({ check: "shop/read", round: expect.anything() }));
  });

  test("the longest expectation that a config may hold comes home", async () => {
    const long = `body.state == 'accepted' || body.state == '${"x".repeat(4_000)}'`;
    const { near, asker, far } = await deployment({ text: TEXT.replace("body.state == 'accepted'", long) });
    const { answers } = await asker.ask(request(far.config));
    expect(answers[0]).toMatchObject({ round: { observation: { failure: { expression: long } } } });
    expect(near.log).toEqual([]);
  });
});

/** What comes back instead of an answer, and what is said of it. */
const WRONG: [string, Route, RegExp][] = [
  [
    "an HTML page",
    { headers: { "content-type": "text/html" }, body: "<html>502</html>" },
    /^invalid: the answer is not JSON/,
  ],
  ["nothing", { body: "" }, /^invalid: the answer is not JSON/],
  ["a truncated answer", { body: JSON.stringify(good).slice(0, -20) }, /^invalid: the answer is not JSON/],
  ["JSON of another shape", { json: { status: "ok" } }, /^invalid: \w+: /],
  ["null", { json: null }, /^invalid: : /],
  ["no answers", spoilt((reply) => delete reply.answers), /^invalid: answers: /],
  [
    "an outcome of its own",
    spoilt((reply) => reply.answers[0].round.observation.outcome = "fine"),
    /^invalid: answers\.0/,
  ],
  [
    "a state of its own",
    spoilt((reply) => reply.answers[0].round.before.state = "UP"),
    /^invalid: answers\.0/,
  ],
  [
    "times that are negative",
    spoilt((reply) => reply.answers[0].round.observation.totalMs = -1),
    /^invalid: answers\.0/,
  ],
  ["a redirect", { status: 302, headers: { location: "https://elsewhere.example" } }, /^answered 302$/],
  ["a server error", { status: 500, body: "Internal" }, /^answered 500$/],
  ["no content", { status: 204 }, /^answered 204$/],
  ["a broken connection", new Error(`no route for Bearer ${TOKEN}`), /^network: no route for Bearer \*\*\*$/],
  ["silence", "hang", /^timeout: /],
];

describe("an answer that cannot be used rejects with a short reason, without the token", () => {
  test.each(WRONG)("%s", async (_, route, reason) => {
    const { asker, config, clock } = await scriptedAsker(route);
    const asked = asker.ask(request(config)).then(
      () => new Error("it did not reject"),
      (error) => error as Error,
    );
    await clock.advance(12_500);
    const { message } = await asked;
    expect(message).toMatch(reason);
    expect(message.length).toBeLessThanOrEqual(300);
    expect(message).not.toContain(TOKEN);
  });

  test("the good answer of the script is believed", async () => {
    const { asker, config, fetch } = await scriptedAsker({ json: good });
    expect(await asker.ask(request(config))).toEqual(good);
    const { headers, body } = fetch.requests[0]!;
    expect(headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(JSON.parse(body)).toEqual({
      prober: "iad",
      slot: START,
      deadlineMs: 9_500,
      checks: config.checks.map(({ key, digest }) => ({ check: key, digest })),
    });
  });
});

test.each(WRONG)("settling names the prober as missed and goes on with the others: %s", async (_, route) => {
  const { asker, clock } = await scriptedAsker(route);
  const shop: SettlerFixture = await settlerFixture();
  shop.script.probers[1] = asker;
  const settled = shop.runMinutes();
  await clock.advance(60_000);
  await settled;
  const { probers, outcome } = await shop.state();
  expect(outcome).toBe("ready");
  expect(probers.iad!.missed!.reason).toBeTruthy();
  expect(probers.iad!.missed!.reason).not.toContain(TOKEN);
  expect(probers.iad!.standing.vote).toBe("none");
});
