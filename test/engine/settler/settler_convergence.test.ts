import { describe, expect, test } from "vitest";
import { event } from "../../../src/engine/notify/event.ts";
import { checkSchema } from "../../../src/web/api/openapi/schemas/mod.ts";
import { checkView } from "../../../src/web/api/views/status.ts";
import {
  describeNotice,
  type SettlerFixture,
  settlerFixture,
  threeRegions,
} from "../../world/settler_fixture.ts";

const CONVERGING: [string, string] = [
  "expect: status == 200",
  "expect: status == 200, capture: { revision: { value: body.revision, converge: 60s } }",
];

const view = async ({ config, state, clock }: SettlerFixture, id = "read") => {
  const check = config.checks.find((check) => check.id === id)!;
  const shown = checkView(config, check, { state: await state(check.key), nowMs: clock.now() });
  return checkSchema.parse(JSON.parse(JSON.stringify(shown)));
};
const told = async (world: SettlerFixture) => (await world.notices()).map(describeNotice);

describe("a captured value that must agree across regions", () => {
  /** Five minutes of 41 everywhere; then 42, but for Singapore. */
  async function staleInOne(): Promise<SettlerFixture> {
    const world = await settlerFixture(threeRegions([CONVERGING]));
    world.script.capture({ revision: "41" });
    await world.runMinutes(5);
    for (const prober of ["fra", "iad"]) world.script.capture({ revision: "42" }, prober);
    return world;
  }

  test("one region that stays behind is told, with who says what", async () => {
    const world = await staleInOne();
    await world.runMinutes(1);
    expect(await told(world)).toEqual([]);
    await world.runMinutes(2);
    expect(await told(world)).toEqual(["opened divergence global #1"]);
    const { data } = event.parse(JSON.parse((await world.notices())[0]!.body));
    expect(data).toMatchObject({
      summary: "shop / read shows values that do not agree: revision is 41 in ap but 42 in eu, us",
      decision: { rule: "none: it is part of no outcome" },
      evidence: {
        ap: { sin: { captured: { revision: "41" } } },
        eu: { fra: { captured: { revision: "42" } } },
      },
    });
    expect(await view(world)).toMatchObject({
      outcome: "ready",
      convergence: [{
        capture: "revision",
        withinMs: 60_000,
        values: [{ value: "41", by: ["ap"] }, { value: "42", by: ["eu", "us"] }],
        unknown: [],
      }],
      incidents: [{ kind: "divergence", notes: ["revision is 41 in ap but 42 in eu, us"] }],
    });
  });

  test("until it has caught up, whoever holds the lease by then", async () => {
    const first = await staleInOne();
    await first.runMinutes(4);
    const next = await settlerFixture(threeRegions([CONVERGING]), { from: first, owner: "b" });
    next.script.capture({ revision: "42" });
    await next.runMinutes(1);
    expect(await told(next)).toEqual(["opened divergence global #1", "resolved divergence global #1"]);
    expect(JSON.parse((await next.notices()).at(-1)!.body).data.summary).toMatch(
      /^shop \/ read shows values that agree again after \d+ min$/,
    );
  });

  test("what no rule asks for is not kept", async () => {
    const world = await settlerFixture();
    world.script.capture({ revision: "41" });
    await world.runMinutes(2);
    const state = await world.state();
    expect(state).not.toHaveProperty("agreement");
    expect(state.probers.fra).not.toHaveProperty("captured");
  });
});

describe("a check that comes after another", () => {
  const WRITE =
    "      - { id: write, after: read, turns: 1, confirm: 0, report: { path: /readyz }, journey: [{ name: put, request: { path: / }, expect: status == 200 }] }\n";
  // It stands before the one that it comes after.
  const TEXT = threeRegions([["      - { id: read,", `${WRITE}      - { id: read,`]]);
  const outcomes = async (world: SettlerFixture) =>
    [await world.state("shop/read"), await world.state("shop/write")].map(({ outcome }) => outcome);

  test("is judged from the first slot in which that one holds", async () => {
    const world = await settlerFixture(TEXT);
    await world.runMinutes(1);
    expect(await outcomes(world)).toEqual(["ready", "ready"]);
    expect(await view(world, "write")).toMatchObject({ after: "read" });
  });

  test("tells nothing while that one fails, not even that nothing is known", async () => {
    const world = await settlerFixture(TEXT);
    await world.runMinutes(3);
    world.script.set("down");
    await world.runMinutes(12);
    expect(await outcomes(world)).toEqual(["down", "pending"]);
    expect(await told(world)).toEqual(["opened outage global #1"]);
    const { regions, outcome } = await view(world, "write");
    expect(outcome).toBe("unknown");
    expect(regions.flatMap(({ probers }) => probers)).toMatchObject(
      Array(3).fill({ verdict: "inconclusive", verdictReason: "prerequisite", excluded: "prerequisite" }),
    );
    world.script.set("ready");
    await world.runMinutes(3);
    expect(await outcomes(world)).toEqual(["ready", "ready"]);
    expect(await told(world)).toEqual(["opened outage global #1", "resolved outage global #1"]);
  });

  test("fails by itself while that one holds", async () => {
    const world = await settlerFixture(TEXT);
    await world.runMinutes(3);
    for (const prober of ["fra", "iad", "sin"]) world.script.set("drift", prober, "shop/write");
    await world.runMinutes(3);
    expect(await outcomes(world)).toEqual(["ready", "drift"]);
    expect(await told(world)).toEqual(["opened drift global #1"]);
  });

  test("keeps an incident open that began before that one failed", async () => {
    const world = await settlerFixture(TEXT);
    await world.runMinutes(3);
    for (const prober of ["fra", "iad", "sin"]) world.script.set("drift", prober, "shop/write");
    await world.runMinutes(3);
    for (const prober of ["fra", "iad", "sin"]) {
      world.script.set("down", prober, "shop/read");
      world.script.set("ready", prober, "shop/write");
    }
    await world.runMinutes(5);
    expect(await told(world)).toEqual(["opened drift global #1", "opened outage global #1"]);
    for (const prober of ["fra", "iad", "sin"]) world.script.set("ready", prober, "shop/read");
    await world.runMinutes(4);
    expect((await told(world)).toSorted()).toEqual([
      "opened drift global #1",
      "opened outage global #1",
      "resolved drift global #1",
      "resolved outage global #1",
    ]);
  });

  test("a prober that sees the first one fail does not judge the second", async () => {
    const world = await settlerFixture(TEXT);
    await world.runMinutes(3);
    world.script.set("down", "sin");
    await world.runMinutes(4);
    const { probers, outcome } = await world.state("shop/write");
    expect(outcome).toBe("ready");
    expect(Object.values(probers).map(({ aside }) => aside)).toEqual([undefined, undefined, "prerequisite"]);
  });
});
