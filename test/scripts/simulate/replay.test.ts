import { describe, expect, test } from "vitest";
import { replay } from "../../../src/judgement/replay.ts";
import type { Check } from "../../../src/config/config.ts";
import { tapeOf } from "../../../scripts/simulate/deal.ts";
import { run, START_MS } from "../../../scripts/simulate/run.ts";
import type { Event, Tape } from "../../../scripts/simulate/tape.ts";

const MINUTE = 60_000;

/** A run of the real thing, and its history as it is kept. */
async function recorded(tape: Tape) {
  const { config: { checks: [check], regions }, record } = await run(tape);
  const walks = record.judgements.flatMap(({ walks }) => walks);
  const slots = [...Map.groupBy(walks, ({ slot }) => slot)].map(([slot, all]) => (
    { slot, traces: all.map(({ trace }) => trace) }
  ));
  const told = record.changes.filter(({ change }) => change === "opened")
    .map(({ kind, scope, episode }) => `${kind} ${scope} #${episode}`);
  return { check: check!, regions, slots, told };
}

type Recorded = Awaited<ReturnType<typeof recorded>>;

const replayed = ({ check, regions, slots }: Recorded, own: Partial<Check> = {}) =>
  replay({ ...check, ...own }, regions, slots);

const world = (name: string) =>
  recorded(
    tapeOf({ world: name, topology: { regions: 3, probers: 1 }, everyMs: MINUTE, minutes: 150, seed: 7 }),
  );

test.each([
  "drift, 1 % lost",
  "hanging drift",
  "honest crash loop",
  "one bad replica of 5",
  "stale config in one region",
  "flapping",
])("under the same config the same is told: %s", async (name) => {
  const history = await world(name);
  const found = replayed(history).map(({ kind, scope, episode }) => `${kind} ${scope} #${episode}`);
  expect(found).toEqual(history.told);
}, 120_000);

describe("a recorded drift of ten minutes", () => {
  const DRIFT: Event = { kind: "service", mood: "lies", from: 10 * MINUTE + 5_000, until: 20 * MINUTE };
  const drift = recorded({
    world: "drift",
    topology: { regions: 3, probers: 1 },
    everyMs: MINUTE,
    minutes: 60,
    seed: 1,
    events: [DRIFT],
  });
  const opened = async (own: Partial<Check> = {}) =>
    replayed(await drift, own).map(({ kind, openedAt }) => `${kind} ${(openedAt - START_MS) / 1_000}`);

  test.each<[name: string, own: Partial<Check>, opened: string[]]>([
    // Walks at 620 and 640 fail; the confirmation of the first comes at 645.
    ["as it was", {}, ["drift 645"]],
    ["at the second region's first failure, with threshold 1", { failureThreshold: 1 }, ["drift 640"]],
    ["at the second of their next turns, with threshold 3", { failureThreshold: 3 }, ["drift 700"]],
    ["where one region is enough", { quorum: { open: "any", resolve: "majority", minReporting: 2 } }, [
      "drift 645",
    ]],
    ["in part only, with a threshold that it does not reach", { failureThreshold: 20 }, ["partial 720"]],
  ])("would have been told %s", async (_name, own, expected) => expect(await opened(own)).toEqual(expected));

  test("resolves by the rules of the other config", async () => {
    const end = async (own: Partial<Check>) => replayed(await drift, own)[0]!.resolvedAt!;
    expect(await end({ successThreshold: 4 })).toBeGreaterThan(await end({}));
  });

  test("is judged slow under a budget of its latency", async () => {
    const { slots, ...rest } = await drift;
    const slow = slots.map(({ slot, traces }) => ({
      slot,
      traces: traces.map((one) => ({ ...one, totalMs: 900 })),
    }));
    const kinds = (latencyBudgetMs?: number) =>
      replayed({ ...rest, slots: slow }, { latencyBudgetMs }).map(({ kind }) => kind);
    expect(kinds(800)).toEqual(["degraded", "drift"]);
    expect(kinds(1_000)).toEqual(["drift"]);
    expect(kinds()).toEqual(["drift"]);
  });

  test("probers that the other config does not have say nothing", async () => {
    const { regions, ...rest } = await drift;
    const found = replayed({ ...rest, regions: regions.slice(0, 1) }, {
      quorum: { open: "majority", resolve: "majority", minReporting: 1 },
    });
    expect(found.map(({ kind }) => kind)).toEqual(["drift"]);
  });
});

test("windows are judged anew: a longer drain is announced", async () => {
  const history = await world("lame duck past its window");
  expect(replayed(history).map(({ kind }) => kind)).toContain("outage");
  expect(replayed(history, { drainWindowMs: 30 * MINUTE })).toEqual([]);
});
