import { describe, expect, test } from "vitest";
import { type Budget, budget, type BudgetOptions } from "../../src/capacity/budget.ts";
import { defaultTurns } from "../../src/base/limits.ts";
import { objectsFor, withObjects } from "../../src/capacity/objects.ts";
import { loadText } from "../config/load_text.ts";

const STEP = "{ expect: body.ok == true }";
/** One step and no report: one request. */
const PLAIN = `journey: [${STEP}]`;

/** A config whose targets t0, t1 ... have one check each. */
const written = (checks: string[], rest = "regions: [weur]") =>
  `version: 1\n${rest}\ntargets:\n${
    checks.map((check, i) => `  - { id: t${i}, url: https://t.example, checks: [{ ${check} }] }`).join("\n")
  }\n`;

async function held(checks: string[], rest?: string, options: Partial<BudgetOptions> = {}): Promise<Budget> {
  const { plan = "free" } = options;
  const config = await loadText(written(checks, rest), { turns: defaultTurns(plan) });
  return budget(config, { plan, latencyMs: 300, ...options });
}

const times = (count: number, check = PLAIN) => Array.from({ length: count }, () => check);
const STORE = "store: { upstash: {} }";
const every = (period: string) => `every: ${period}, ${PLAIN}`;
const cron = (fields: string) => `cron: "${fields}", ${PLAIN}`;
/** So many probers, each an object of its own. */
const places = (count: number) =>
  `regions: [{ id: all, probers: [${
    Array.from({ length: count }, (_, i) => `{ id: p${i}, place: weur, generation: ${i + 1} }`).join(", ")
  }] }]`;
const urls = (count: number) =>
  `regions: [{ id: all, probers: [${
    Array.from({ length: count }, (_, i) => `{ id: u${i}, url: "https://u.example", token: "\${env:T}" }`)
      .join(", ")
  }] }]`;

const ASK = "subrequests of an ask of a prober";
const REDIRECTED = "the same with all redirects";
const CPU = "CPU of an ask of a prober, ms";
const LEDGER = "subrequests of a tick of the ledger";
const TIME = "time of the longest slot, s";
const BUSY = "busy seconds a minute of a place";
const HANGING = "the same while everything hangs";
/** A report and a step: two requests. */
const READ_30S = `every: 30s, report: { path: /readyz }, ${PLAIN}`;
const WORKER = "Worker requests a day";
const OBJECT = "object requests a day";
const GB = "object GB-s a day";
const READ = "rows read a day";
const ROWS = "rows written a day";
const UPSTASH = "Upstash commands a month";
const ASLEEP = "the same if the ledger sleeps between slots";

function lineOf({ lines }: Budget, name: string) {
  const line = lines.find((line) => line.name === name);
  if (!line) throw new Error(`No line ${name}`);
  return line;
}
const valueOf = (result: Budget, name: string) => lineOf(result, name).value;

describe("an ask of a prober", () => {
  const POLLED = "{ expect: body.ok == true, until: { every: 200ms, within: 3s } }";

  // Everything but the checks' own requests is 1: the trace that tells where the prober is.
  test.each([
    // 1 step + 1; redirected 5 times (the default): + 5
    ["one step", [PLAIN], "", 2, 7],
    // 2 reports + 1 step + 1; a report is not redirected
    ["a report, read twice", [`report: { path: /readyz }, ${PLAIN}`], "", 4, 9],
    // 2 steps + 1 cleanup + 1; + 3 * 5
    ["steps and cleanup", [`journey: [${STEP}, ${STEP}], cleanup: [${STEP}]`], "", 4, 19],
    // 3000 / 200 = 15 pauses, so 16 polls, + 1; + 16 * 5
    ["a step polled to the end", [`journey: [${POLLED}]`], "", 17, 97],
    // 1 step + 1; no redirect is followed
    ["no redirects", ["journey: [{ expect: body.ok == true, redirects: 0 }]"], "", 2, 2],
    // 1 step + 2 controls + 1; + 5
    ["controls", [PLAIN], "controls: [https://a.example, https://b.example]", 4, 9],
    // 3 steps + 1; + 15
    ["three checks due together", times(3), "", 4, 19],
    // Each lane is asked by itself, in one object: 2 steps, 1 step, + 1. The fuller ask is 2 + 1.
    ["two lanes that meet", [every("10s"), ...times(2)], "", 4, 19, 3],
    // 3 in the minute's lane, 1 in the other, + 1; + 5 in the other
    [
      "redirects in the emptier lane",
      [every("10s"), ...times(3, "journey: [{ expect: body.ok == true, redirects: 0 }]")],
      "",
      5,
      10,
      4,
    ],
  ])("%s", async (_, checks, rest, worst, redirected, fullest = worst) => {
    const result = await held(checks, `regions: [weur]\n${rest}`);
    expect([valueOf(result, ASK), valueOf(result, REDIRECTED)]).toEqual([worst, redirected]);
    // 47 ms to wake, 0.09 ms a check of the config, and 0.61 ms each
    expect(valueOf(result, CPU)).toBeCloseTo(47 + checks.length * 0.09 + fullest * 0.61, 9);
  });

  test("lanes and probers of one place share what their object may send, and the first check that does not fit is named", async () => {
    // 2 * (16 + 9) + 1 = 51; the 25th check of a slot takes 2 of the 1 that is left.
    const lanes = [...times(16), ...times(9, every("30s"))];
    const pair = "regions: [{ id: eu, probers: [{ id: a, place: weur }, { id: b, place: weur }] }]";
    expect((await held(lanes)).faults).toEqual([]);
    const result = await held(lanes, pair);
    expect(lineOf(result, ASK)).toMatchObject({ value: 51, fits: false });
    expect(lineOf(result, ASK).counted).toContain(
      "all lanes of a slot and the 2 probers of one place together",
    );
    expect(result.faults[0]).toMatch(/in 2 lanes; the first that does not fit is t24\/default$/);
  });

  test.each<[string, string[], string, string | undefined]>([
    ["49 requests and the trace fit", times(49), "", undefined],
    [
      "50 do not",
      times(50),
      "",
      `${ASK}: 51, over the limit of 50: prober weur, slot 00:00:00 UTC, ` +
      "50 checks; the first that does not fit is t49/default",
    ],
    ["48 with a control fit", times(48), "controls: [https://a.example]", undefined],
    ["49 with a control do not", times(49), "controls: [https://a.example]", "t48/default"],
    [
      "one check can be too much",
      [`timeout: 30s, journey: [{ expect: body.ok == true, until: { every: 500ms, within: 25s } }]`],
      "",
      "t0/default",
    ],
  ])("on the free plan %s", async (_, checks, rest, fault) => {
    const { faults } = await held(checks, `regions: [weur]\n${rest}`);
    expect(faults).toEqual(fault ? [expect.stringContaining(fault)] : []);
  });

  // 2 reports + 4850 / 50 + 1 = 98 polls: 100 requests. 99 of them and the trace are 9,901; 100 are 10,001.
  const HUNDRED =
    "report: { path: /readyz }, journey: [{ expect: body.ok == true, until: { every: 50ms, within: 4850ms } }]";
  test.each([[99, []], [100, [expect.stringContaining("first that does not fit is t99/default")]]])(
    "on the paid plan %i checks of 100 requests",
    async (count, faults) => {
      expect((await held(times(count, HUNDRED), undefined, { plan: "paid" })).faults).toEqual(faults);
    },
  );

  test.each([
    [
      "periods meet",
      [...times(2), ...times(3, every("5m"))],
      "00:00:00 UTC, 5 checks",
    ],
    // 04:31 is no multiple of 5m: 2 + 4. At the start of the day 2 + 3.
    [
      "cron outnumbers the meeting",
      [...times(2), ...times(3, every("5m")), ...times(4, cron("31 4 * * *"))],
      "04:31:00 UTC, 6 checks",
    ],
    // 1970-01-01 was a Thursday.
    ["cron runs on another weekday", times(2, cron("31 4 * * mon")), "04:31:00 UTC, 2 checks"],
    ["cron runs on a rare date", [...times(2), cron("0 0 29 2 *")], "00:00:00 UTC, 3 checks"],
    ["periods are under a minute", times(2, every("20s")), "00:00:00 UTC, 2 checks"],
  ])("takes most in the slot where %s", async (_, checks, where) => {
    expect(lineOf(await held(checks), ASK).where).toBe(`prober weur, slot ${where}`);
  });

  test.each([["free", 49, true], ["free", 50, false], ["paid", 50, true]] as const)(
    "a prober with a url is held against the %s plan as well: %i checks, fits %s",
    async (plan, count, fits) => {
      const result = await held(times(count), urls(2), { plan });
      expect(lineOf(result, ASK).fits).toBe(fits);
      expect(result.faults).toEqual(
        fits ? [] : [expect.stringMatching(/^subrequests .* limit of 50: prober u0, .* is t49\/default$/)],
      );
    },
  );

  test.each<[string, string[], string | undefined]>([
    // 7 * 6 + 1 = 43; 8 * 6 + 1 = 49; 9 * 6 + 1 = 55
    ["eight checks with five redirects each fit", times(8), undefined],
    ["nine do not", times(9), "the first that does not fit is t8/default"],
    // 49 + 1 = 50: none is followed
    [
      "without redirects 49 do",
      times(49, "journey: [{ expect: body.ok == true, redirects: 0 }]"),
      undefined,
    ],
  ])("redirects are a doubt, and no fault: %s", async (_, checks, doubt) => {
    const result = await held(checks);
    const line = lineOf(result, REDIRECTED);
    expect([line.limit, line.fits, result.faults]).toEqual([50, doubt ? null : true, []]);
    const doubts = result.doubts.filter((text) => text.startsWith(REDIRECTED));
    expect(doubts).toEqual(doubt ? [expect.stringContaining(doubt)] : []);
  });

  test.each(
    [
      // 47 + 0.09 + 2 * 0.61 is past the 10 ms of a Worker; an object has 30 s, as far as its own page goes.
      ["free", "regions: [weur]", 30_000, null],
      ["free", urls(1), 10, null],
      ["paid", "regions: [weur]", 30_000, true],
      ["paid", urls(1), 30_000, true],
    ] as const,
  )("whether its CPU fits the %s plan: %s", async (plan, rest, limit, fits) => {
    const result = await held([PLAIN, `journey: [${STEP}, ${STEP}]`], rest, { plan });
    const line = lineOf(result, CPU);
    expect([line.limit, line.fits, result.faults]).toEqual([limit, fits, []]);
    expect(line.where).toMatch(/; t1\/default has most requests, 2$/);
    expect(result.doubts.filter((doubt) => doubt.startsWith(CPU))).toEqual(
      fits === null ? [expect.stringContaining(`, limit ${limit}: `)] : [],
    );
  });
});

describe("a tick of the ledger", () => {
  const HOOKS = 'webhooks: [{ id: a, url: https://a.example, secret: "${env:S}" }, ' +
    '{ id: b, url: https://b.example, secret: "${env:S}" }]';
  test.each([
    ["one lane, three places", [PLAIN], "regions: [weur, enam, oc]", 3],
    // Three lanes meet at the whole minute.
    ["three lanes, two places", [PLAIN, every("10s"), every("15s")], "regions: [weur, enam]", 6],
    ["cron shares the lane of the minute", [PLAIN, cron("0 0 * * *")], "regions: [weur]", 1],
    ["and two webhooks", [PLAIN], `regions: [weur]\n${HOOKS}`, 3],
  ])("%s", async (_, checks, rest, value) => {
    expect(valueOf(await held(checks, rest), LEDGER)).toBe(value);
  });

  // 2 lanes * 25 = 50; 3 * 17 = 51
  test.each([[["10s"], 25, true], [["10s", "15s"], 17, false]])(
    "lanes of a minute and %j, %i places: fits %s",
    async (periods, count, fits) => {
      const result = await held([PLAIN, ...periods.map(every)], places(count));
      expect(lineOf(result, LEDGER).fits).toBe(fits);
      expect(result.faults.filter((fault) => fault.startsWith(LEDGER))).toEqual(
        fits ? [] : [expect.stringMatching(/first that does not fit is t2\/default$/)],
      );
    },
  );

  test.each([
    // Waking 7, the lease 1, two looks for notices 2, housekeeping 19: 29; each lane its probers and a commit.
    ["one lane, 20 places", [PLAIN], 20, 50, undefined],
    ["one lane, 21 places", [PLAIN], 21, 51, "t0/default"],
    ["two lanes, 10 places", [PLAIN, every("10s")], 10, 51, "t1/default"],
  ])("and Upstash: %s", async (_, checks, count, value, fault) => {
    const result = await held(checks, `${STORE}\n${places(count)}`);
    expect(valueOf(result, LEDGER)).toBe(value);
    const faults = result.faults.filter((text) => text.startsWith(LEDGER));
    expect(faults).toEqual(fault ? [expect.stringContaining(`the first that does not fit is ${fault}`)] : []);
  });
});

describe("the time of a slot", () => {
  const steps = (count: number) => `journey: [${times(count, STEP).join(", ")}]`;
  test.each([
    // ceil(12 / 5) = 3 in turn
    ["five at once by default", times(12), "", 0.9],
    // One of six connections is kept for the controls.
    ["never more than five at once", times(12), "concurrency: 50", 0.9],
    ["one at a time", times(12), "concurrency: 1", 3.6],
    // One report and one step: the second look and the polls are not usual.
    [
      "a report and a polled step",
      [
        "report: { path: /r }, journey: [{ expect: body.ok == true, until: { every: 1s, within: 5s } }]",
      ],
      "",
      0.6,
    ],
    // Two places: 3 | 1 1 1, then 2 more on either: 5
    ["each takes the first free place", [3, 1, 1, 1, 2].map(steps), "concurrency: 2", 1.5],
  ])("%s", async (_, checks, rest, seconds) => {
    expect(valueOf(await held(checks, `regions: [weur]\n${rest}`), TIME)).toBeCloseTo(seconds, 9);
  });

  // 25 / 5 * 10 s = 50 s; a 26th is a sixth turn.
  test.each([[25, []], [26, [
    expect.stringContaining(`${TIME}: 60, over the limit of 50: slot 00:00:00 UTC`),
  ]]])(
    "%i checks at 10 s each",
    async (count, faults) => {
      const hourly = times(count, every("1h"));
      expect((await held(hourly, undefined, { latencyMs: 10_000 })).faults).toEqual(faults);
    },
  );
});

describe("a minute of a place", () => {
  test.each<[string, string[], string, number, boolean]>([
    // 600 requests / 5 * 0.3 s = 36 s, twice a minute
    ["300 checks every 30 s", times(300, `${READ_30S}`), places(4), 72, false],
    // 250 / 5 * 2 * 0.3 = 30 s, twice
    ["250 of them", times(250, `${READ_30S}`), places(4), 60, true],
    // 6 slots of 0.3 s
    ["one every 10 s", [every("10s")], "regions: [weur]", 1.8, true],
    // Two probers of one object: 10 rounds, five at once, 0.3 s each
    [
      "two probers of one place",
      times(5),
      "regions: [{ id: eu, probers: [{ id: a, place: weur }, { id: b, place: weur }] }]",
      0.6,
      true,
    ],
  ])("%s", async (_, checks, rest, seconds, fits) => {
    const line = lineOf(await held(checks, rest, { plan: "paid" }), BUSY);
    expect(line).toMatchObject({ value: expect.closeTo(seconds, 9), limit: 60, fits });
  });
});

describe("a day on which everything hangs", () => {
  // A walk is the check's 10 s, and 2 * 2 s for a report; the second one follows after 1 s. On the free plan every second slot from
  // the sixth on is left out: of 1,440 slots 5 + 717 are walked, of 4,320 5 + 2,157.
  test.each<[string, string[], string, Partial<BudgetOptions>, number]>([
    // 21 s; 2 waves: 42 s in each of three places and the ledger, which takes 0.3 s more
    [
      "ten checks on a dead host",
      times(10),
      "regions: [weur, enam, oc]",
      {},
      722 * (3 * 42 + 42.3) * 0.128,
    ],
    [
      "the same without a retry",
      times(10, `retry: 0, ${PLAIN}`),
      "regions: [weur, enam, oc]",
      {},
      722 *
      (3 * 20 + 20.3) * 0.128,
    ],
    // 3 waves of 21 s would be 63 s: a slot is given up after 50.
    ["eleven", times(11), "regions: [weur]", {}, 722 * (50 + 50.3) * 0.128],
    // 3 turns: the ledger waits in each
    [
      "in three turns",
      [PLAIN],
      "regions: [weur, enam, oc]",
      { plan: "paid" },
      1_440 * (3 * 21 + 3 * 21.3) * 0.128,
    ],
    // A second walk does not fit into the period.
    ["every 20 s", [every("20s")], "regions: [weur]", {}, 2_162 * (20 + 20.3) * 0.128],
    [
      "every 20 s on the paid plan",
      [every("20s")],
      "regions: [weur]",
      { plan: "paid" },
      4_320 * (20 + 20.3) * 0.128,
    ],
    // 5 + 9 of 24 slots, and the only one of the other check
    [
      "hourly, beside one a day",
      [every("1h"), cron("30 5 * * *")],
      "regions: [weur]",
      {},
      (14 + 1) * (21 + 21.3) * 0.128,
    ],
  ])("%s", async (_, checks, rest, options, gb) => {
    expect(valueOf(await held(checks, rest, options), HANGING)).toBeCloseTo(gb, 6);
  });

  test("is a doubt on the free plan, with the hour at which monitoring ends", async () => {
    const result = await held(times(10), "regions: [weur, enam, oc]");
    // 13,000 / 15,553.3 * 24 = 20.06
    expect(lineOf(result, HANGING)).toMatchObject({ limit: 13_000, fits: null });
    expect(result.faults).toEqual([]);
    expect(result.doubts).toContainEqual(
      expect.stringMatching(
        /^the same while everything hangs: 15553.61, .* gone after 20 h, and monitoring ends/,
      ),
    );
  });
});

describe("the variables of a Worker", () => {
  /** Webhooks with two references each; a name counts once. */
  const hooks = (count: number) =>
    `regions: [weur]\nwebhooks:\n${
      Array.from(
        { length: count },
        (_, i) => `  - { id: h${i}, url: "\${env:URL_${i}}", secret: "\${env:SECRET}" }`,
      ).join("\n")
    }`;

  test.each<[string, string, "free" | "paid", number, boolean]>([
    ["none but the plan", "regions: [weur]", "free", 1, true],
    ["62, one of them in each webhook", hooks(61), "free", 63, true],
    ["as many as the free plan has", hooks(62), "free", 64, true],
    ["one more", hooks(63), "free", 65, false],
    ["the same on the paid plan", hooks(63), "paid", 65, true],
  ])("%s", async (_, rest, plan, value, fits) => {
    expect(lineOf(await held([PLAIN], rest, { plan }), "environment variables")).toMatchObject({
      value,
      fits,
    });
  });

  test("names the first that does not fit", async () => {
    const { faults } = await held([PLAIN], hooks(64));
    expect(faults).toContainEqual(
      expect.stringMatching(/^environment variables: 66, over the limit of 64: .* URL_62$/),
    );
  });
});

describe("turns", () => {
  const three = (latencyMs: number, check = `turns: 3, ${PLAIN}`) =>
    held([check], "regions: [weur, enam, oc]", { latencyMs });

  test("each is a commit, an alarm, and a time in which the ledger waits", async () => {
    // 2 alarms a minute; rows: 3 * 2 + 1 a shard, 2 a tick, 2 alarms. Read: 14 + 2 * 12 + 3 * 9 a minute.
    const result = await three(300);
    expect([OBJECT, ROWS, READ].map((name) => valueOf(result, name))).toEqual([
      1_440 * (1 + 2 + 3),
      1_440 * (7 + 2 + 2),
      1_440 * (14 + 24 + 27),
    ]);
    // 3 * 0.3 s in the places, 3 * 0.6 s in the ledger
    expect(valueOf(result, GB)).toBeCloseTo(1_440 * 2.7 * 0.128, 6);
  });

  test("what only fits in one is told so", async () => {
    // 8 s a walk: 1440 * (3 * 8 + 3 * 16) * 0.128 = 13,271; in one turn 1440 * (24 + 16) * 0.128 = 7,373.
    expect((await three(8_000)).faults).toEqual([
      expect.stringMatching(
        /^object GB-s a day: 13271.04, over the limit of 13000: .*; with turns: 1 it fits$/,
      ),
    ]);
    // 1440 * (24 * 3 + 16 * 3 * 3)...: too much in one turn as well
    const [fault] = (await three(20_000)).faults;
    expect(fault).not.toContain("turns");
  });

  test("none named are one on the free plan, and as many as there are probers on the paid one", async () => {
    const alarms = async (plan: "free" | "paid") =>
      valueOf(await held([PLAIN], "regions: [weur, enam, oc]", { plan }), OBJECT) - 4 * 1_440;
    expect([await alarms("free"), await alarms("paid")]).toEqual([0, 2 * 1_440]);
  });
});

describe("a day", () => {
  const dayOf = (result: Budget) => [WORKER, OBJECT, GB, READ, ROWS].map((name) => valueOf(result, name));

  test.each<[string, string[], string, number[]]>([
    // Rows read: 14 a tick, 12 an alarm, 9 a shard and slot.
    // 1440 ticks, each asks one place: 0.3 s there, 0.6 s in the ledger. Rows: 1440 * (3 + 2).
    ["each minute", [PLAIN], "regions: [weur]", [1_440, 2_880, 1_440 * 0.9 * 0.128, 33_120, 7_200]],
    // Slots: 8640, of them 1440 on the minute with two lanes: 10,080 asks and shard writes; 7200 alarms.
    // Objects: 1440 + 7200 + 2 * 10,080. Time: 8640 * (2 * 0.3 + 0.6). Rows: 3 * 10,080 + 2 * 1440 + 7200.
    ["each minute and 10 seconds, two places", [PLAIN, every("10s")], "regions: [weur, enam]", [
      1_440,
      28_800,
      8_640 * 1.2 * 0.128,
      197_280,
      40_320,
    ]],
    // 1440 / 7 = 205.7, and one at the start: 206 slots. Rows: 3 * 206 + 2880.
    ["every 7 minutes", [every("7m")], "regions: [weur]", [1_440, 1_646, 206 * 0.9 * 0.128, 22_014, 3_498]],
    // 96 slots. Rows: 3 * 96 + 2880.
    ["cron, four times an hour", [cron("*/15 * * * *")], "regions: [weur]", [
      1_440,
      1_536,
      96 * 0.9 * 0.128,
      21_024,
      3_168,
    ]],
    ["cron, once on Sundays", [cron("30 3 * * sun")], "regions: [weur]", [
      1_440,
      1_441,
      0.9 * 0.128,
      20_169,
      2_883,
    ]],
    // One slot holds both: one ask, one shard. Two requests at once are 0.3 s.
    ["a period and cron that meet", [every("1d"), cron("0 0 * * *")], "regions: [weur]", [
      1_440,
      1_441,
      0.9 * 0.128,
      20_169,
      2_883,
    ]],
    // Three objects asked for, two of one place and generation: two that are billed. The url is a Worker's request.
    // Objects: 1440 + 3 * 1440. Time: 1440 * (2 * 0.3 + 0.6).
    [
      "several probers of several regions",
      [PLAIN],
      "regions: [{ id: eu, probers: [{ id: a, place: weur }, { id: b, place: weur }] }, " +
      '{ id: us, probers: [{ id: c, place: weur, generation: 2 }, { id: d, url: "https://d.example", token: "${env:T}" }] }]',
      [2_880, 5_760, 1_440 * 1.2 * 0.128, 33_120, 7_200],
    ],
    // 201 checks are two shards: 1440 * 3 * 2 + 2880. 201 / 5 = 41 turns of 0.3 s: 12.3 s there, 12.6 s in the ledger.
    ["two shards", times(201), "regions: [weur]", [1_440, 2_880, 1_440 * 24.9 * 0.128, 46_080, 11_520]],
  ])("%s", async (_, checks, rest, [worker, object, gb, read, rows]) => {
    const result = await held(checks, rest);
    expect(dayOf(result)).toEqual([worker, object, expect.closeTo(gb!, 6), read, rows]);
  });

  test.each([
    // 17,280 slots of 6 s there and 12 s in the ledger: more than there is, which the busy seconds say.
    ["more than a day of an object", [every("5s")], 6_000, 17_280 * (6 + 12) * 0.128],
    // 24 slots, given up after 50 s; the ledger waits one request longer.
    ["at most 50 s of each slot", times(26, every("1h")), 10_000, 24 * (50 + 60) * 0.128],
  ])("bills %s", async (_, checks, latencyMs, gb) => {
    expect(valueOf(await held(checks, undefined, { latencyMs }), GB)).toBeCloseTo(gb, 6);
  });

  test.each<[string, string[], string, number, string | undefined]>([
    // 1440 ticks + 15,840 alarms + 17,280 * 4 = 86,400; with a fifth place 103,680.
    ["every 5 s from four places", [every("5s")], places(4), 300, undefined],
    [
      "every 5 s from five places",
      [every("5s")],
      places(5),
      300,
      `${OBJECT}: 103680, over the limit of 100000: t0/default`,
    ],
    // 3 * (17,280 + 8640) + 2880 + 15,840 = 96,480; the minute adds 3 * 1440.
    ["lanes of 5 s and 10 s", [every("5s"), every("10s")], places(1), 300, undefined],
    [
      "lanes of 5 s, 10 s and a minute",
      [PLAIN, every("5s"), every("10s")],
      places(1),
      300,
      `${ROWS}: 100800, over the limit of 100000: t1/default takes most, with 17280 runs a day`,
    ],
    // 1440 * 3 * 23.5 s * 0.128 GB = 12,994.56; at 23.6 s 13,049.86 (rounded)
    ["each minute at 23.5 s", [PLAIN], places(1), 23_500, undefined],
    [
      "each minute at 23.6 s",
      [PLAIN],
      places(1),
      23_600,
      `${GB}: 13049.86, over the limit of 13000: t0/default`,
    ],
    // 1440 + 17,280 * 5 = 87,840; with a sixth 105,120.
    ["every 5 s from five urls", [every("5s")], urls(5), 300, undefined],
    [
      "every 5 s from six urls",
      [every("5s")],
      urls(6),
      300,
      `${WORKER}: 105120, over the limit of 100000: t0/default`,
    ],
  ])("on the free plan: %s", async (_, checks, rest, latencyMs, fault) => {
    const { faults } = await held(checks, rest, { latencyMs });
    expect(faults).toEqual(fault ? [expect.stringContaining(fault)] : []);
  });

  test("GB-s are laid to the check with most requests a day, not most runs", async () => {
    // 1440 * 1 a day against 720 * 3; 30 s a request is far over 13,000 GB-s.
    const two = [PLAIN, `every: 2m, journey: [${STEP}, ${STEP}, ${STEP}]`];
    const { where } = lineOf(await held(two, undefined, { latencyMs: 30_000 }), GB);
    expect(where).toBe("t1/default takes most, with 720 runs a day");
  });

  test("the paid plan has no limit a day", async () => {
    expect((await held([every("5s")], places(5), { plan: "paid" })).faults).toEqual([]);
  });
});

/**
 * The ledger awake: a tick has the lease 1 and two looks for notices 2, each lane of a slot its commit 3, an alarm one look 1; housekeeping is
 * 19,780 a month and 3,060 a shard. Where it has slept for more than 10 s, a tick is 10 more and an alarm 6.
 */
describe("Upstash", () => {
  const TICKS = 30 * 1_440;

  test.each<[string, string[], string, number, number]>([
    ["one check each minute", [PLAIN], "regions: [weur]", TICKS * 6 + 22_840, TICKS * 10],
    // 200 checks a shard with three probers
    ["1,000 checks", times(1_000), "regions: [weur, enam, oc]", TICKS * 6 + 19_780 + 5 * 3_060, TICKS * 10],
    ["every 5 minutes", [every("5m")], "regions: [weur]", TICKS * 3 + TICKS / 5 * 3 + 22_840, TICKS * 10],
    ["every 30 s", [every("30s")], "regions: [weur]", TICKS * (6 + 4) + 22_840, TICKS * (10 + 6)],
    // 5 alarms; it never rests for more than 10 s.
    ["every 10 s", [every("10s")], "regions: [weur]", TICKS * (6 + 5 * 4) + 22_840, 0],
    // 3 alarms; the minute's slot has two lanes.
    [
      "every 15 s and each minute",
      [PLAIN, every("15s")],
      "regions: [weur]",
      TICKS * (9 + 3 * 4) + 19_780 + 2 * 3_060,
      TICKS * (10 + 3 * 6),
    ],
  ])("%s", async (_, checks, rest, awake, more) => {
    const result = await held(checks, `${STORE}\n${rest}`, { plan: "paid" });
    const lines = result.lines.filter(({ name }) => [UPSTASH, ASLEEP].includes(name));
    expect(lines.map(({ name, value, limit }) => [name, value, limit])).toEqual([
      [UPSTASH, awake, null],
      ...more > 0 ? [[ASLEEP, awake + more, null]] : [],
    ]);
    // 2 USD a million, from the first
    expect(result.month.charges.at(-1)).toEqual({
      name: "Upstash commands",
      used: awake + more,
      included: 0,
      usd: expect.closeTo((awake + more) * 2 / 1_000_000, 9),
    });
    const usd = result.month.charges.reduce((sum, charge) => sum + charge.usd, 5);
    expect(result.month.usd).toBeCloseTo(usd, 9);
  });

  test.each<[string, string[], string | undefined]>([
    ["each minute", [PLAIN], undefined],
    ["every 30 s", [every("30s")], undefined],
    // 43,200 * 14 + 22,840 = 627,640
    ["every 20 s", [PLAIN, every("20s")], "t1/default has the shortest period, 4320 runs a day"],
    [
      "every 5 s",
      [every("5s"), PLAIN, every("5s")],
      "t0/default, t2/default have the shortest period, 17280 runs a day",
    ],
    [
      "many",
      times(5, every("5s")),
      "t0/default, t1/default, t2/default and 2 more have the shortest period, 17280 runs a day",
    ],
  ])("its free plan has 500,000 commands a month: %s", async (_, checks, fault) => {
    const { faults } = await held(checks, `${STORE}\nregions: [weur]`);
    expect(faults.filter((text) => text.startsWith(UPSTASH))).toEqual(
      fault ? [expect.stringMatching(new RegExp(`over the limit of 500000: ${fault}$`))] : [],
    );
  });

  test("a ledger that sleeps is a doubt on the free plan", async () => {
    const result = await held([PLAIN], `${STORE}\nregions: [weur]`);
    expect(lineOf(result, ASLEEP)).toMatchObject({ limit: 500_000, fits: null });
    expect(result.faults).toEqual([]);
    expect(result.doubts).toContainEqual(expect.stringContaining(`${ASLEEP}: 714040, limit 500000`));
  });

  test("a global database bills each command once more for each read region", async () => {
    const [one, three] = await Promise.all(
      [0, 2].map((readRegions) => held([PLAIN], `${STORE}\nregions: [weur]`, { plan: "paid", readRegions })),
    );
    expect(valueOf(three!, ASLEEP)).toBe(3 * valueOf(one!, ASLEEP));
    expect(three!.month.charges.at(-1)!.usd).toBeCloseTo(3 * one!.month.charges.at(-1)!.usd, 9);
  });

  test("counts nothing where the config does not name it", async () => {
    const { lines } = await held([every("5s")], "regions: [weur]");
    expect(lines.filter(({ name }) => [UPSTASH, ASLEEP].includes(name))).toEqual([]);
  });
});

describe("the price of a month", () => {
  test("is nothing on the free plan", async () => {
    expect((await held([PLAIN])).month).toEqual({ usd: 0, base: 0, charges: [] });
  });

  test("is the base while all is included", async () => {
    const { month } = await held([PLAIN], undefined, { plan: "paid" });
    expect(month.usd).toBe(5);
    expect(month.charges.map(({ name, used, usd }) => [name, used, usd])).toEqual([
      ["Worker requests", 43_200, 0],
      ["object requests", 86_400, 0],
      // 165.888 a day
      ["object GB-s", expect.closeTo(4_976.64, 6), 0],
      ["rows read", 993_600, 0],
      ["rows written", 216_000, 0],
    ]);
  });

  test.each<[string, string[], string, number, number[]]>([
    // Objects: 30 * 103,680 = 3,110,400, less 1 M, at 0.15. Time: five places 51,840 s each and the ledger 103,680:
    // 362,880 s * 0.128 * 30 = 1,393,459.2, less 400,000, at 12.50.
    ["objects", [every("5s")], places(5), 3_000, [0, 0.31656, 12.41824, 0, 0]],
    // 30 * (1440 + 20 * 17,280) = 10,411,200, less 10 M, at 0.30
    ["Workers", [every("5s")], urls(20), 300, [0.12336, 0, 0, 0, 0]],
    // 50 probers: 12 checks a shard, so 84 are 7. 3 * 7 * 86,400 + 2 * 1440 + 84,960 = 1,902,240 rows a day, 57,067,200 a
    // month, less 50 M, at 1.00. Worker requests: 30 * (1440 + 50 * 86,400) = 129,643,200, less 10 M, at 0.30. Objects:
    // only the ledger's 30 * 86,400. Time: 84 / 5 are 17 s, and one more: 18 * 86,400 * 0.128 * 30 = 5,971,968, less 400,000.
    ["rows", times(84, every("1s")), urls(50), 1_000, [35.89296, 0.2388, 69.6496, 0, 7.0672]],
  ])("above what is included: %s", async (_, checks, rest, latencyMs, charges) => {
    const { month } = await held(checks, rest, { plan: "paid", latencyMs });
    expect(month.charges.map(({ usd }) => usd)).toEqual(charges.map((usd) => expect.closeTo(usd, 9)));
    expect(month.usd).toBeCloseTo(charges.reduce((sum, usd) => sum + usd, 5), 9);
  });
});

describe("objects of a place", () => {
  const READ = `report: { path: /readyz }, ${PLAIN}`;
  const POLLED = "journey: [{ expect: body.ok == true, until: { every: 200ms, within: 3s } }]";
  const PAIR = "regions: [{ id: eu, probers: [{ id: a, place: weur }, { id: b, place: weur }] }]";

  test.each<[string, string[], { plan: "free" | "paid"; latencyMs?: number; rest?: string }, number]>([
    // 16 * 3 + the trace = 49
    [
      "16 checks of three requests at most are one object on the free plan",
      times(16, READ),
      { plan: "free" },
      1,
    ],
    ["17 are two", times(17, READ), { plan: "free" }, 2],
    ["each control is one request less: (50 - 1 - 2) / 3 = 15", times(16, READ), {
      ...{ plan: "free", rest: "regions: [weur]\ncontrols: [https://a.example, https://b.example]" },
    }, 2],
    // 2 * 8 * 3 = 48
    ["two probers of one place share it", times(8, READ), { plan: "free", rest: PAIR }, 1],
    ["so 9 checks are two", times(9, READ), { plan: "free", rest: PAIR }, 2],
    // 16 polls each: three fit, so 4 are two objects
    ["a dear check is dealt by its worst case", times(4, POLLED), { plan: "free" }, 2],
    // 1000 * 2 * 300 ms / 5 = 120 s in 25 s each
    ["1,000 of two requests at 300 ms are five on the paid plan", times(1_000, READ), { plan: "paid" }, 5],
    ["at 60 ms one is enough", times(1_000, READ), { plan: "paid", latencyMs: 60 }, 1],
    ["more than 64 there are never", times(1_100, READ), { plan: "free" }, 64],
    ["a prober with a url has none", times(100, READ), { plan: "free", rest: urls(1) }, 1],
  ])("%s", async (_, checks, { plan, latencyMs = 300, rest }, objects) => {
    const config = await loadText(written(checks, rest));
    expect(objectsFor(config, { plan, latencyMs })).toBe(objects);
  });

  test("what they take, counted by hand: 100 checks of three requests from two places, free", async () => {
    const config = await loadText(written(times(100, READ), "regions: [weur, enam]"), { turns: 1 });
    const options = { plan: "free", latencyMs: 300 } as const;
    const result = budget(withObjects(config, options), options);
    const value = (name: string) => valueOf(result, name);
    // ceil(100 / 16) = 7 objects of 14 or 15 checks
    expect(value("objects of each place")).toBe(7);
    expect(value(ASK)).toBe(15 * 3 + 1);
    expect(value(LEDGER)).toBe(2 * 7);
    // 15 rounds of 0.6 s, five at once
    expect(value(TIME)).toBeCloseTo(1.8, 9);
    expect(value(OBJECT)).toBe(1_440 + 1_440 * 2 * 7);
    // Two of the seven walk 15 checks, five 14, which are three rows of 0.6 s as well; the ledger waits for the longest and a request
    expect(value(GB)).toBeCloseTo(1_440 * (2 * 7 * 1.8 + 2.1) * 0.128, 6);
    expect(result.faults).toEqual([]);
  });
});

describe("what is kept", () => {
  const STORED = "stored data, MB";
  const LOG = "log data, MB a day";

  test.each<[string, string[], string, "free" | "paid", number, number | null]>([
    // 3 probers * 2 days * 1440 runs * 125 B + 3 * 500 B
    ["one check from three places", [PLAIN], "regions: [weur, enam, oc]", "free", 1.0815, 5_000],
    // 2 * 2 * (1440 + 2880) * 125 B + 2 * 2 * 500 B
    ["two periods", [PLAIN, every("30s")], "regions: [weur, enam]", "paid", 2.162, 10_000],
    // 1440 * 125 B + 500 B
    ["a day of history", [PLAIN], "regions: [weur]\nretention: { raw: 24h }", "free", 0.1805, 5_000],
    // 2 * 1440 * 5.2 B + 67 B
    ["on Upstash", [PLAIN], `regions: [weur]\n${STORE}`, "free", 0.015_043, 256],
    ["on Upstash that is paid", [PLAIN], `regions: [weur]\n${STORE}`, "paid", 0.015_043, null],
  ])("stored by %s", async (_, checks, rest, plan, megabytes, limit) => {
    const line = lineOf(await held(checks, rest, { plan }), STORED);
    expect(line.value).toBeCloseTo(megabytes, 9);
    expect(line).toMatchObject({ limit, fits: true });
  });

  test("a history that is too long does not fit, and the key is named", async () => {
    // 600 checks every 10 s for 30 days: 600 * 30 * 8640 * 125 B = 19.44 GB, and 600 * 500 B
    const rest = "regions: [weur]\nretention: { raw: 30d }";
    const { faults } = await held(times(600, every("10s")), rest, { plan: "paid" });
    expect(faults).toContainEqual(
      expect.stringMatching(/^stored data, MB: 19440.3, .* a shorter retention.raw/),
    );
  });

  test("logs are the invocations of a day", async () => {
    // Free, one turn: 1440 cron events, 1440 ticks, 3 * 1440 asks, 4 kB each
    const result = await held([PLAIN], "regions: [weur, enam, oc]");
    expect(lineOf(result, LOG)).toMatchObject({ value: 5 * 1_440 * 0.004, limit: 500, fits: true });
  });
});
