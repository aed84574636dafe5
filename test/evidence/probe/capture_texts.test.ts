import { expect, test } from "vitest";
import { walk } from "../../../src/evidence/probe/journey.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { CAPTURED_CHARS } from "../../../src/evidence/probe/observation.ts";
import { steppingClock } from "../../world/clock.ts";
import { scriptedFetch } from "../../world/network.ts";
import { journey, ports, run } from "./steps.ts";

/** What a walk brings of the capture `next`, which is `body.v` of the answer. */
async function captured(body: unknown, more: { secret?: true; fails?: true; asked?: false } = {}) {
  const first = {
    capture: { next: "body.v" },
    secretCaptures: more.secret ? ["next"] : [],
    expect: more.fails ? ["status == 500"] : [],
  };
  const check = journey([first, { expect: ["status == 201"] }], {
    converge: more.asked === false ? undefined : { next: 60_000, token: 60_000 },
  });
  const network = scriptedFetch({ "GET /": { json: body } });
  const seen = await walk(ports(network, steppingClock()), check, run, { steps: STEP_KINDS });
  expect(seen.outcome).toBe("fail");
  return seen.captured;
}

test.each<[name: string, value: unknown, text: string]>([
  ["a text as it is", "rev 41", "rev 41"],
  ["a number", 41, "41"],
  ["a number and its text are one value", "41", "41"],
  ["yes or no", true, "true"],
  ["a map with its keys in order", { b: 1, a: [2, { d: 3, c: 4 }] }, '{"a":[2,{"c":4,"d":3}],"b":1}'],
  ["the same map in another order", { a: [2, { c: 4, d: 3 }], b: 1 }, '{"a":[2,{"c":4,"d":3}],"b":1}'],
  ["without the secrets of the environment", "signed by s3cret", "signed by ***"],
])("brings %s, of a journey that fails later, too", async (_, v, text) => {
  expect(await captured({ v })).toEqual({ next: text });
});

test("a long value ends in a digest of the whole, so that two that begin alike differ", async () => {
  const texts = await Promise.all(["a", "b"].map((end) => captured({ v: "x".repeat(10_000) + end })));
  const [one, other] = texts.map((all) => all!.next!);
  expect(one).toMatch(/^x+… [0-9a-f]{12}$/);
  expect(one).toHaveLength(CAPTURED_CHARS);
  expect(other).not.toBe(one);
  expect(await captured({ v: "two\nlines" })).toEqual({
    next: expect.stringMatching(/^two lines… [0-9a-f]{12}$/),
  });
});

test.each<[name: string, body: unknown, more: Parameters<typeof captured>[1]]>([
  ["a secret", { v: "41" }, { secret: true }],
  ["what was not captured", { w: "41" }, {}],
  ["what a failed step would have captured", { v: "41" }, { fails: true }],
  ["what no rule asks for", { v: "41" }, { asked: false }],
])("does not bring %s", async (_, body, more) => expect(await captured(body, more)).toBeUndefined());
