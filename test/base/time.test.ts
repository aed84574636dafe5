import { describe, expect, test } from "vitest";
import { formatSpan, iso } from "../../src/base/time.ts";
import { pageFixture } from "../web/page/page_fixture.ts";
import { roundOf } from "../world/scripted_probers.ts";

test.each([
  [0, "1970-01-01T00:00:00.000Z"],
  [1_700_000_040_000.9, "2023-11-14T22:14:00.000Z"],
  [9e15, "9999-12-31T23:59:59.999Z"],
  [8.64e15, "9999-12-31T23:59:59.999Z"],
  [Infinity, "9999-12-31T23:59:59.999Z"],
  [-9e15, "0000-01-01T00:00:00.000Z"],
  [NaN, "0000-01-01T00:00:00.000Z"],
  [undefined, undefined],
])("iso of %s", (at, text) => {
  expect(iso(at)).toBe(text);
});

test.each([
  [0, "0 s"],
  [59_499, "59 s"],
  [119_499, "119 s"],
  [119_500, "2 min"],
  [170_000, "2 min 50 s"],
  [7_199_000, "119 min 59 s"],
  [12_600_000, "3 h 30 min"],
  [36 * 3_600_000, "36 h"],
  [200_000_000, "2 d 7 h"],
  [7 * 86_400_000, "7 d"],
])("formatSpan of %s ms", (ms, text) => {
  expect(formatSpan(ms)).toBe(text);
});

describe("a state with a time that is none", () => {
  test.each([9e15, -9e15, NaN])("is shown by every page and every view: %s", async (at) => {
    const house = await pageFixture();
    const [first] = house.script.probers;
    // As it could be stored by a version that believed a prober.
    house.script.probers[0] = {
      id: first!.id,
      ask: async (request) => {
        const reply = await first!.ask(request);
        const round = roundOf("drift", at);
        return { ...reply, answers: reply.answers.map(({ check, digest }) => ({ check, digest, round })) };
      },
    };
    await house.runMinutes(3);
    const cookie = await house.signIn();
    const paths = ["/", "/targets/shop", "/v1/status", "/v1/targets", "/v1/targets/shop"];
    const seen = await Promise.all(paths.map((path) => house.get(path, cookie)));
    expect(seen.map(({ status }) => status)).toEqual(paths.map(() => 200));
  });
});
