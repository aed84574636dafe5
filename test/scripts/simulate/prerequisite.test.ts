/** Payments that come after orders, in virtual time, with turns, confirmations, retries and lost requests. */
import process from "node:process";
import { expect, test } from "vitest";
import { deal } from "../../../scripts/simulate/deal.ts";
import { START_MS } from "../../../scripts/simulate/run.ts";
import type { Event, Spell } from "../../../scripts/simulate/tape.ts";
import { verify } from "../../../scripts/simulate/violations.ts";

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const MINUTE = 60_000;

const spellsOf = (events: readonly Event[], check?: "payments"): Spell[] =>
  events.flatMap((event) => event.kind === "service" && event.check === check ? [event] : []);

test("a whole outage is told of the first check alone, a drift of the second one of it alone", async () => {
  const topology = { regions: 3, probers: 1 };
  const [tape] = deal({
    ...{ hours: 4, seed: SEED, topology, everyMs: MINUTE },
    world: "a check that comes after another",
  });
  const { record, second, violations, compared } = await verify(tape!);
  expect(violations, `seed ${SEED}`).toEqual([]);
  expect(compared).toBeGreaterThan(1_500);
  const service = ({ changes }: typeof record) =>
    changes.filter(({ kind }) => kind === "drift" || kind === "outage")
      .map(({ change, kind, at }) => ({ what: `${change} ${kind}`, at: at - START_MS }));
  for (
    const [told, kind, spells] of [
      [service(record), "outage", spellsOf(tape!.events)],
      [service(second!), "drift", spellsOf(tape!.events, "payments")],
    ] as const
  ) {
    expect(spells.length).toBeGreaterThan(1);
    expect(told.map(({ what }) => what)).toEqual(
      spells.flatMap(() => [`opened ${kind}`, `resolved ${kind}`]),
    );
    for (const [i, { from, until }] of spells.entries()) {
      expect(told[2 * i]!.at - from).toBeLessThan(1.5 * MINUTE);
      expect(told[2 * i + 1]!.at - until).toBeLessThan(1.5 * MINUTE);
    }
  }
});

test("the second check may be judged in a commit without the first", async () => {
  // The first walk of payments is lost, and the second one a second later.
  const { violations, compared } = await verify({
    world: "a check that comes after another",
    topology: { regions: 1, probers: 1 },
    everyMs: 30_000,
    minutes: 15,
    seed: 1_591_110_351,
    events: [
      // After the end: it only says that there are payments.
      { kind: "service", mood: "lies", check: "payments", from: 54 * MINUTE, until: 64 * MINUTE },
      { kind: "loss", share: 0.01, from: 0, until: 120 * MINUTE },
    ],
  });
  expect(violations).toEqual([]);
  expect(compared).toBeGreaterThan(20);
});
