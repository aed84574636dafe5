import { expect, test } from "vitest";
import { verdictOf } from "../../src/judgement/arrival.ts";
import { assess } from "../../src/judgement/assess.ts";
import type { Arrival, Brought } from "../../src/judgement/round.ts";
import type { Region } from "../../src/config/config.ts";
import { roundOf } from "../world/scripted_probers.ts";
import { broughtFor, checkOf, PERIOD_MS, reportOf } from "./generators.ts";

const START = 1_700_000_040_000;
const CHECK = checkOf({ drainWindowMs: 0, converge: { revision: 60_000 } });
const regions: Region[] = [{
  id: "eu",
  quorum: { open: "majority", resolve: "majority", minReporting: 1 },
  probers: [{ id: "fra", region: "eu", kind: "local" }],
}];

const arrivalOf = (at: number, brought: Brought): Arrival => (
  { prober: "fra", walk: { slot: START + at, at: START + at, kind: "turn" }, ...brought }
);
/** A claim that means starting or draining, which only history can tell. */
const unclear: Brought = {
  round: {
    before: reportOf("not_ready", { phase: "unclear" }),
    observation: { outcome: "fail", transport: false, steps: [], totalMs: 1 },
  },
};

const brought = (said: Parameters<typeof roundOf>[0]): Brought => ({ round: roundOf(said, START) });

/** What passes and captures this. */
function showing(revision: string): Extract<Brought, { round: unknown }> {
  const { observation, ...round } = roundOf("ready", START);
  return { round: { ...round, observation: { ...observation, captured: { revision } } } };
}

/** The prober after these, one period after the other. */
const after = (...all: Brought[]) =>
  all.reduce<ReturnType<typeof assess>["state"] | undefined>(
    (before, brought, i) =>
      assess(CHECK, regions, [arrivalOf(i * PERIOD_MS, brought)], { before, newId: () => "i" }).state,
    undefined,
  )?.probers.fra;

test.each<[name: string, known: Brought[], arrival: Arrival, word: string | undefined]>([
  ["what passes", [], arrivalOf(0, broughtFor("ready")), "ready"],
  ["what fails", [broughtFor("ready")], arrivalOf(PERIOD_MS, broughtFor("drift")), "drift"],
  ["nothing", [], arrivalOf(0, broughtFor("missing")), undefined],
  ["what cannot be believed", [], arrivalOf(0, broughtFor("misplaced")), undefined],
  ["a walk that is known", [broughtFor("ready")], arrivalOf(0, broughtFor("down")), undefined],
  ["a walk before the last", [broughtFor("ready")], arrivalOf(-1, broughtFor("down")), undefined],
  ["what is unclear of one never seen ready: it starts", [], arrivalOf(0, unclear), "announced"],
  [
    "what is unclear of one that was: it drains",
    [broughtFor("ready")],
    arrivalOf(PERIOD_MS, unclear),
    "not_ready",
  ],
])("what an arrival comes to by itself: %s", (_name, known, arrival, word) => {
  expect(verdictOf(CHECK, after(...known), arrival)).toBe(word);
});

test("a prober of which nothing was known is judged as one that was never seen ready", () => {
  expect(after(unclear)!.witness!.word).toBe("announced");
});

test.each<[name: string, brought: Brought[], kept: Record<string, unknown>]>([
  ["a limit of ours", [brought("limited"), brought("limited")], { limited: 2 }],
  ["a limit that was", [brought("limited"), brought("ready")], {}],
  ["no answer in time", [brought("hanging"), brought("hanging")], { timeouts: 2 }],
  ["an answer since", [brought("hanging"), brought("ready")], {}],
  ["where it is", [{ ...broughtFor("ready"), place: "FRA" }], { place: "FRA" }],
  ["and does not know any more", [{ ...broughtFor("ready"), place: "FRA" }, broughtFor("ready")], {}],
  ["that it cannot be believed", [broughtFor("misplaced")], { aside: "misplaced" }],
  ["and can again", [broughtFor("misplaced"), broughtFor("ready")], {}],
  ["what it captured", [showing("41")], { captured: { revision: { value: "41", at: START } } }],
  ["but not of what cannot be believed", [showing("41"), { ...showing("42"), fault: "misplaced" }], {
    ...{ aside: "misplaced", captured: { revision: { value: "41", at: START } } },
  }],
  ["what it missed", [broughtFor("missing")], { missed: { slot: START, reason: "timeout" } }],
  ["and has brought since", [broughtFor("missing"), broughtFor("ready")], {}],
])("what is kept of a prober: %s", (_name, brought, kept) => {
  const { limited, timeouts, place, aside, missed, captured } = after(...brought)!;
  expect({ limited, timeouts, place, aside, missed, captured }).toEqual(kept);
});
