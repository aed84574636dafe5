import { expect, test } from "vitest";
import { assess } from "../../src/judgement/assess.ts";
import type { Brought } from "../../src/judgement/round.ts";
import type { Quorum, Region } from "../../src/config/config.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import { checkOf, comparable, PERIOD_MS, reportOf } from "./generators.ts";

const START = 1_700_000_040_000;
const QUORUM = { open: "majority", resolve: "majority", minReporting: 1 } as const;

/** Each prober's slots: `!` a report that contradicts itself, `.` one that does not, `?` none that can be read, `-` missing. */
const ARRIVALS: Record<string, () => Brought> = {
  "!": () => passed(reportOf("ready", { contradictions: ["200 over a body that says DOWN"] })),
  ".": () => passed(reportOf("ready")),
  "?": () => passed(reportOf("unreadable")),
  "-": () => ({ missed: "timeout" }),
};

function passed(report: ReturnType<typeof reportOf>): Brought {
  return {
    round: {
      before: report,
      after: report,
      observation: { outcome: "pass", transport: false, steps: [], totalMs: 9 },
    },
  };
}

/** What is told of `claim` incidents, by slot number; regions are parted by `/`, probers by a blank. `quorum` is the check's. */
function told(text: string, quorum: Quorum = QUORUM): string[] {
  const rows = text.split("/").map((region) => region.trim().split(/\s+/));
  const regions = rows.map((row, r): Region => ({
    id: `r${r}`,
    quorum: QUORUM,
    probers: row.map((_, p) => ({ id: `r${r}p${p}`, region: `r${r}`, kind: "local" })),
  }));
  const ids = regions.flatMap(({ probers }) => probers.map(({ id }) => id));
  let state: CheckState | undefined;
  return [...rows[0]![0]!].flatMap((_, i) => {
    const at = START + i * PERIOD_MS;
    const walk = { slot: at, at, kind: "turn" } as const;
    const arrivals = rows.flat().map((slots, p) => ({ prober: ids[p]!, walk, ...ARRIVALS[slots[i]!]!() }));
    const assessment = assess(checkOf({ quorum }), regions, arrivals, {
      before: state,
      newId: () => "i",
    });
    state = assessment.state;
    return comparable(assessment).told.filter((line) => line.includes("claim")).map((line) =>
      `${i}: ${line}`
    );
  });
}

const OPENED = "global/claim contradiction opened #1";
const RESOLVED = "global/claim contradiction resolved #1";

test.each<[name: string, slots: string, told: string[]]>([
  ["one slot is not enough", "!...", []],
  ["two in a row open, two without resolve", "!!!..", [`1: ${OPENED}`, `4: ${RESOLVED}`]],
  ["a slot without ends the streak, not the incident", ".!.!!.!..", [`4: ${OPENED}`, `8: ${RESOLVED}`]],
  ["what cannot be read neither counts nor breaks", "!?!?.?.", [`2: ${OPENED}`, `6: ${RESOLVED}`]],
  ["silence resolves nothing", "!!----------", [`1: ${OPENED}`]],
  ["one of three is no majority", "!!!! .... ....", []],
  ["two of three are", "!!!! .... !!!!", [`1: ${OPENED}`]],
  ["one of three regions is no majority", "!!!! / .... / ....", []],
  ["one accuser among two undecided is no majority", "!!!! / !!!! .... / !!!! ....", []],
  ["two regions of three are a majority", "!!!! / !!!! / ....", [`1: ${OPENED}`]],
])("claim: %s", (_name, slots, expected) => expect(told(slots)).toEqual(expected));

test.each<[name: string, slots: string, told: string[]]>([
  ["one region that reports is too few to open", "!!! / --- / ---", []],
  ["two are enough", "!!! / !!! / ---", [`1: ${OPENED}`]],
  ["one is too few to resolve", "!!... / !!--- / !!---", [`1: ${OPENED}`]],
])("claim, two regions must report: %s", (_name, slots, expected) => {
  expect(told(slots, { ...QUORUM, minReporting: 2 })).toEqual(expected);
});
