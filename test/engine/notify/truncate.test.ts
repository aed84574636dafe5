import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { event } from "../../../src/engine/notify/event.ts";
import { notices, type WebhookEvent } from "../../../src/engine/notify/mod.ts";
import type { QuorumOutcome, Vote } from "../../../src/judgement/quorum.ts";
import type { ProberState } from "../../../src/judgement/state.ts";
import { config, FAILURE, prober, SLOT, state, transition } from "./incident_fixture.ts";

const bytes = (text: string) => new TextEncoder().encode(text).byteLength;

/** Body of an event of a world with these probers, by region. */
function bodyOf(
  world: Record<string, Record<string, ProberState>>,
  outcome: QuorumOutcome = "drift",
  change = {},
) {
  const ids = Object.fromEntries(Object.entries(world).map(([id, probers]) => [id, Object.keys(probers)]));
  const { config: whole, check } = config(ids);
  const known = state(
    Object.assign({}, ...Object.values(world)),
    Object.fromEntries(Object.keys(world).map((id) => [id, outcome])),
  );
  const context = { check: { ...check, ...change }, state: known, config: whole, slot: SLOT };
  return notices(transition("opened"), context)[0]!.body;
}

const parsed = (body: string): WebhookEvent["data"] => event.parse(JSON.parse(body)).data;

/** A prober with as much to tell as there can be: long texts, many steps. */
const talkative = (vote: Vote, slot: number, text: string) =>
  prober(vote, {
    slot,
    failure: {
      ...FAILURE,
      detail: text,
      expression: text,
      values: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`${i}${text.slice(0, 90)}`, text])),
    },
    steps: Array.from({ length: 50 }, (_, i) => ({ name: `${i} ${text}`, requests: 1, totalMs: 1 })),
  });

describe("the size of a body", () => {
  test("is left alone while it is within 20,000 bytes", () => {
    const body = bodyOf({ eu: { home: prober("drift") } });
    expect(parsed(body).truncated).toBeUndefined();
  });

  test("is kept by cutting the oldest good probers first, and only as many as it takes", () => {
    const steps = Array.from({ length: 84 }, (_, i) => ({ name: `step ${i}`, requests: 1, totalMs: 1 }));
    const good = (age: number) => prober("ready", { slot: SLOT - age, outcome: "slow", steps });
    const body = bodyOf({
      eu: { a: good(1000), b: good(3000), c: good(0), old: prober("drift", { slot: SLOT - 9000, steps }) },
      us: { d: good(2000), e: prober("drift", { steps }) },
    });
    const { evidence, truncated } = parsed(body);
    const told = { ...evidence.eu, ...evidence.us };
    expect(truncated).toBe(true);
    expect(bytes(body)).toBeLessThanOrEqual(20_000);
    expect(Object.keys(told).filter((id) => told[id]!.observed)).toEqual(["a", "c", "old", "e"]);
    expect(told.b).toEqual({
      verdict: "ready",
      vote: "ready",
      slot: "2026-11-20T09:59:57.000Z",
      ageMs: 3000,
    });
    expect(told.e!.observed!.detail).toBe("body.state is 'pending'");
  });

  test("with 7 regions of 10 failing probers keeps the whole decision and a line for each prober", () => {
    const world = Object.fromEntries(Array.from({ length: 7 }, (_, region) => [
      `region${region}`,
      Object.fromEntries(Array.from({ length: 10 }, (_, i) => [
        `prober-${region}-${i}`,
        talkative("drift", SLOT - i * 1000, "ü".repeat(300)),
      ])),
    ]));
    const body = bodyOf(world);
    const { decision, evidence, truncated, summary } = parsed(body);
    expect(bytes(body)).toBeLessThanOrEqual(20_000);
    expect(truncated).toBe(true);
    expect(decision.counts).toEqual({ reporting: 7, bad: 7, good: 0, split: 0, pending: 0 });
    expect(Object.keys(decision.votes)).toEqual(Object.keys(world));
    expect(summary).toContain("7 of 7 regions agree");
    const probers = Object.values(evidence).flatMap((region) => Object.values(region));
    expect(probers.map(({ vote }) => vote)).toEqual(Array.from({ length: 70 }, () => "drift"));
    // The newest failures keep their evidence longest.
    const detailed = probers.filter(({ observed }) => observed);
    expect(detailed.length).toBeGreaterThan(0);
    expect(detailed.every(({ ageMs }) => ageMs === 0)).toBe(true);
  });

  test("holds, and the body is valid, whatever was seen", () => {
    const text = fc.string({ unit: "binary", maxLength: 300 });
    const vote = fc.constantFrom<Vote>("drift", "down", "ready", "degraded", "unreported", "none");
    const world = fc.array(fc.array(fc.tuple(vote, fc.nat(150_000), text), { minLength: 1, maxLength: 10 }), {
      minLength: 1,
      maxLength: 7,
    });
    const labels = fc.dictionary(text, text, { maxKeys: 60 });
    const outcomes = fc.constantFrom<QuorumOutcome>("drift", "split", "pending", "ready");
    fc.assert(
      fc.property(world, labels, text, outcomes, (regions, labels, contract, outcome) => {
        const probers = Object.fromEntries(regions.map((list, region) => [
          `r${region}`,
          Object.fromEntries(
            list.map(([vote, age, text], i) => [`p-${region}-${i}`, talkative(vote, SLOT - age, text)]),
          ),
        ]));
        const { check } = config({});
        const body = bodyOf(probers, outcome, {
          contract,
          target: { ...check.target, labels, name: contract },
        });
        expect(bytes(body)).toBeLessThanOrEqual(20_000);
        expect(Object.keys(parsed(body).decision.votes)).toEqual(Object.keys(probers));
        expect(body).not.toMatch(/\\ud[89a-f]/);
      }),
      { numRuns: 25 },
    );
  });
});
