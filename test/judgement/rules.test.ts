import { describe, expect, test } from "vitest";
import { majority, told } from "./rows.ts";

const OUTAGE = "global/service outage";
const DEGRADED = "global/quality degraded";
/** The changes of one incident, by its slot. */
const only = (name: string, lines: string[]) => lines.filter((line) => line.includes(name));
const service = (lines: string[]) => only("/service", lines);

describe("found by random histories on the version before", () => {
  test("no recovery is told while a majority of the latest verdicts is bad", () => {
    const story = "RRRRRRDRR / RRRRRRDRR / RRRDDRRRR / RRRDD--DD / RRRDDRRRR";
    expect(service(told(story, majority(3)))).toEqual([
      "4: global/service drift opened #1",
      "7: global/service drift resolved #1",
    ]);
  });

  test("nothing opens while nobody's latest verdict is bad", () => {
    expect(service(told("NR Rm", majority(1), { failureThreshold: 1 }))).toEqual([]);
    expect(service(told("NRN Rmm", majority(1), { failureThreshold: 1 }))).toEqual([
      `2: ${OUTAGE} opened #1`,
    ]);
  });
});

describe("silence recovers nobody, for an hour", () => {
  const long = (said: string) => "XX" + said.repeat(66);
  const [heard, silent] = [long("R"), long("-")];

  // The last failing slot is the second; an hour later the silence counts no more.
  test.each([
    ["2 regions of 2, one prober silent", `${silent} ${heard} / ${heard} ${heard}`, 2],
    ["1 region of 2, one silent", `${silent} ${heard}`, 1],
    ["1 region of 3, two silent", `${silent} ${silent} ${heard}`, 1],
    ["3 regions of 2, three silent", [1, 2, 3].map(() => `${silent} ${heard}`).join(" / "), 2],
    [
      "3 regions of 3, five silent",
      `${silent} ${silent} ${heard} / ${silent} ${silent} ${heard} / ${silent} ${heard} ${heard}`,
      2,
    ],
    ["a region that fell silent as a whole", `${silent} / ${heard}`, 1],
  ])("stuck for ever before: %s", (_name, story, minReporting) => {
    const lines = service(told(story, majority(minReporting)));
    expect(lines[0]).toBe(`1: ${OUTAGE} opened #1`);
    expect(lines.slice(1)).toHaveLength(1);
    expect(Number.parseInt(lines[1]!)).toBeGreaterThan(61);
  });

  test.each([
    [
      "two of three still bad, one silent: nobody holds what would be open without them, too",
      "XXXXXXXX XXXXXXXX XX------",
    ],
    ["one of two silent holds it", "XXRRRRRR XX------"],
    ["one silent of three does not outvote the others", "XXRRRRRR XXRRRRRR XX------"],
    ["a single pass is no recovery", "XXRXRXRR"],
    ["a pass after it does not tell of the others", "XXRXRXRR XXRRRRRX XX------"],
  ])("in one region by itself, and in regions of one: %s", (_name, story) => {
    const lines = told(`${story} / RRRRRRRR`, majority(1), { scope: "region" });
    expect(service(lines)[0]).toBe("1: r0/service outage opened #1");
    expect(service(told(story.replaceAll(" ", " / "), majority(1)))[0]).toBe(`1: ${OUTAGE} opened #1`);
  });

  test("a region of which the good prober fell silent holds it, too", () => {
    // Where any failure counts and two must report, one silent prober leaves the region pending.
    const lines = told("2 XXXXXXXX RR------ / XXRRRRRR / XXRRRRRR", majority(2), {}, { open: "any" });
    expect(service(lines)[0]).toBe(`1: ${OUTAGE} opened #1`);
  });

  test("a shorter time is as short as it says", () => {
    const lines = told(`${silent} ${heard}`, majority(1), { releaseAfterMs: 600_000 });
    expect(service(lines)).toEqual([`1: ${OUTAGE} opened #1`, `12: ${OUTAGE} resolved #1`]);
  });
});

describe("a recovery holds", () => {
  test("at once in the first episode, then five minutes, then ten", () => {
    const story = "XXRR" + "XXRRRRRRR" + "XXR" + "R".repeat(12);
    expect(service(told(story, majority(1)))).toEqual([
      `1: ${OUTAGE} opened #1`,
      `3: ${OUTAGE} resolved #1`,
      `5: ${OUTAGE} opened #2`,
      `12: ${OUTAGE} resolved #2`,
      `14: ${OUTAGE} opened #3`,
      `26: ${OUTAGE} resolved #3`,
    ]);
  });

  test("anew after every break, and after a gap beyond maxAge", () => {
    expect(service(told("XXRRXXRRRRXRRRRRRRRR", majority(1))).slice(3)).toEqual([
      `16: ${OUTAGE} resolved #2`,
    ]);
    expect(service(told("XXRRXXRRRR___RRRRRRRRRRR", majority(1))).slice(3)).toEqual([
      `18: ${OUTAGE} resolved #2`,
    ]);
  });

  test("half an hour at most", () => {
    const flaps = Array.from({ length: 7 }, (_, i) => "XX" + "R".repeat(2 + Math.min(30, 5 * i))).join("");
    const story = flaps + "XX" + "R".repeat(40);
    const lines = service(told(story, majority(1)));
    const opened = lines.findLast((line) => line.includes("opened"))!;
    expect(opened).toContain("#8");
    // Two passes turn the vote, and half an hour later it is told.
    expect(lines.at(-1)).toBe(`${Number.parseInt(opened) + 32}: ${OUTAGE} resolved #8`);
  });
});

describe("ready again", () => {
  test("is told after a period of it", () => {
    expect(told("SSSRR", majority(1))).toEqual([`1: ${DEGRADED} opened #1`, `4: ${DEGRADED} resolved #1`]);
    expect(told("SSSRR", majority(1), { successThreshold: 1 })).toEqual([
      `1: ${DEGRADED} opened #1`,
      `3: ${DEGRADED} resolved #1`,
    ]);
    expect(told("SSSRRR", majority(1), { successThreshold: 3 }).at(-1)).toBe(`5: ${DEGRADED} resolved #1`);
  });

  test("is not told by a slow slot after a crash", () => {
    expect(told("SSS___SSSS", majority(1))).toEqual([`1: ${DEGRADED} opened #1`]);
  });
});

describe("blind", () => {
  const blind = (lines: string[]) => only("/evidence", lines);

  test("does not count a time in which nobody judged", () => {
    expect(blind(told("RRR____________--RR", majority(1)))).toEqual([]);
    // Three judged minutes before the gap, one for the first slot after it, and one more.
    expect(blind(told("R---____--R", majority(1)))).toEqual([
      "9: global/evidence blind opened #1",
      "10: global/evidence blind resolved #1",
    ]);
  });

  test.each([
    [10_000, 5],
    [60_000, 5],
    [100_000, 3],
    [120_000, 3],
    [300_000, 2],
    [3_600_000, 2],
  ])("at %d ms is told after %d periods of silence", (everyMs, periods) => {
    const lines = told("R-------", majority(1), { schedule: { everyMs } });
    expect(blind(lines)).toEqual([`${periods}: global/evidence blind opened #1`]);
  });
});

describe("advisories", () => {
  const advisory = (lines: string[]) => only("/advisory", lines);

  test("a region that is bad by itself is told after ten minutes", () => {
    const story = `${"XX" + "X".repeat(11)}RR / ${"R".repeat(15)} / ${"R".repeat(15)}`;
    expect(told(story, majority(2))).toEqual([
      "11: r0/advisory region opened #1",
      "14: r0/advisory region resolved #1",
    ]);
  });

  test("not while it is the whole that fails, and not by its silence", () => {
    const all = "X".repeat(14);
    expect(
      advisory(told(`${all} / ${all} / ${all}`, majority(2), { confirmMs: 0 })).filter((line) =>
        line.includes("region")
      ),
    ).toEqual([]);
    const silent = "XX" + "X".repeat(10) + "-".repeat(6);
    const well = "R".repeat(18);
    expect(advisory(told(`${silent} / ${well} / ${well}`, majority(2)))).toEqual([
      "11: r0/advisory region opened #1",
    ]);
  });

  test("a share that fails from every region is told, and ends after 90 passes", () => {
    // Each region has one slot in three that fails: 2.303 - 2 * 0.095 in three verdicts.
    const story = [
      "XRR".repeat(6) + "R".repeat(40),
      "RXR".repeat(6) + "R".repeat(40),
      "RRX".repeat(6) + "R".repeat(40),
    ];
    const lines = told(story.join(" / "), majority(2));
    expect(lines).toEqual([
      "5: global/advisory partial opened #1",
      "47: global/advisory partial resolved #1",
    ]);
  });

  test("what got no HTTP answer counts for nothing", () => {
    const story = ["cRR".repeat(10), "RcR".repeat(10), "RRc".repeat(10)];
    expect(told(story.join(" / "), majority(2))).toEqual([]);
  });

  test("one region alone is no share: it is left out", () => {
    const flaky = "XR".repeat(15);
    const well = "R".repeat(30);
    expect(told(`${flaky} / ${well} / ${well}`, majority(2))).toEqual([]);
    expect(told(flaky, majority(1))).toEqual(["6: global/advisory partial opened #1"]);
  });

  test("while a service incident is open it waits, and does not stay open for ever after", () => {
    const story = "XR".repeat(5) + "XXX" + "R".repeat(100);
    const lines = told(story, majority(1));
    // The passes of the outage's last slots count only from the recovery on.
    expect(lines).toEqual([
      "6: global/advisory partial opened #1",
      `11: ${OUTAGE} opened #1`,
      `14: ${OUTAGE} resolved #1`,
      "104: global/advisory partial resolved #1",
    ]);
  });

  test("the sums are held at 0 by an outage: its verdicts are no share", () => {
    expect(advisory(told("XXXXXXXX" + "R".repeat(20), majority(1)))).toEqual([]);
  });
});
