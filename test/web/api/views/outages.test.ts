import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Incident } from "../../../../src/judgement/incident.ts";
import { outages, outageWords } from "../../../../src/web/api/views/outages.ts";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { testEnv } from "../../../world/test_env.ts";

const { config } = await testEnv(threeRegions());

/** An incident of the shop from minute to minute; without an end it is open. */
const incident = (family: Incident["family"], openedAt: number, resolvedAt?: number): Incident => ({
  id: `${family}${openedAt}`,
  target: "shop",
  check: "read",
  family,
  kind: family === "service" ? "drift" : "degraded",
  scope: "global",
  severity: "critical",
  openedAt,
  updatedAt: resolvedAt ?? openedAt,
  ...(resolvedAt !== undefined && { resolvedAt }),
  episode: 1,
  state: resolvedAt === undefined ? "open" : "resolved",
  timeline: [],
});
const wordsOf = (...incidents: Incident[]) => outages(config, incidents).map(outageWords);

describe("what the public reads of an incident follows its own state", () => {
  test.each<[string, Incident[], string[]]>([
    ["open", [incident("service", 1)], ["is not ready"]],
    ["over", [incident("service", 1, 5)], ["was not ready"]],
    ["slow", [incident("quality", 1)], ["is degraded"]],
    ["it works again, and is slow", [incident("service", 1, 5), incident("quality", 4)], [
      "is degraded, was not ready",
    ]],
    ["one is over, the next is not", [incident("service", 1, 5), incident("service", 9)], [
      "is not ready",
      "was not ready",
    ]],
    ["nobody else's business", [incident("evidence", 1)], []],
  ])("%s", (_, incidents, words) => {
    expect(wordsOf(...incidents)).toEqual(words);
  });

  test("it says that something is the matter where something is open, and nothing else", () => {
    const minute = fc.integer({ min: 0, max: 60 });
    const one = fc.tuple(fc.constantFrom("service", "quality"), minute, fc.option(minute)).map(
      ([family, from, length]) =>
        incident(family as Incident["family"], from, length === null ? undefined : from + length),
    );
    fc.assert(fc.property(fc.array(one, { maxLength: 8 }), (incidents) => {
      const words = wordsOf(...incidents).join("; ");
      const isOpen = (family: string) =>
        incidents.some((one) => one.family === family && one.state === "open");
      expect(words.includes("is not ready")).toBe(isOpen("service"));
      expect(/\bis\b/.test(words)).toBe(isOpen("service") || isOpen("quality"));
      expect(words === "").toBe(incidents.length === 0);
    }));
  });
});
