/** Whose fault it is, through a prober and the table of verdicts: the rows of docs/reasons.md. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LimitExceeded, Refused } from "../../../src/base/ports.ts";
import { localProber } from "../../../src/engine/prober/local.ts";
import { walk } from "../../../src/evidence/probe/journey.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { REASONS } from "../../../src/evidence/reasons.ts";
import { ask, DIALECTS } from "../../../src/evidence/report/mod.ts";
import { FAULTS } from "../../../src/judgement/words.ts";
import { MISSED_REASONS } from "../../../src/judgement/missed_reasons.ts";
import { judge } from "../../../src/judgement/verdict.ts";
import type { Reply, Route } from "../../world/network.ts";
import { START, testEnv } from "../../world/test_env.ts";

const UP: Reply = { json: { status: "UP" } };
const GOOD: Reply = { json: { ok: true } };

/** What the world does in a row; the environment lacks nothing unless it says so. */
interface World {
  ready?: Route;
  work?: Route;
  /** Stands between `/work` and the end of the journey. */
  step?: string;
  steps?: typeof STEP_KINDS;
  env?: Record<string, string>;
  fault?: (typeof FAULTS)[number];
}

const text = (step = "") => `
version: 1
targets:
  - id: shop
    url: https://shop.example
    checks:
      - report: { path: /ready, headers: { x-report: "\${env:REPORT}" } }
        journey:
          - request: { path: /work, headers: { x-work: "\${env:WORK}" } }
            expect: body.ok == true
            ${step}
`;

/** The verdict of one slot, and why it is that. */
async function judged({ ready = UP, work = GOOD, step, steps = STEP_KINDS, env, fault }: World) {
  const world = await testEnv(text(step), {
    routes: { "GET /ready": ready, "GET /work": work },
    env: { REPORT: "r", WORK: "w", PART: "p", ...env },
  });
  const prober = localProber(world.ports, {
    id: "home",
    region: "eu",
    dialects: DIALECTS,
    steps,
    concurrency: 5,
    controls: [],
  });
  const reply = prober.ask({ slot: START, checks: world.config.checks, deadlineMs: 50_000 });
  await world.clock.advance(45_000);
  const [answer] = (await reply).answers;
  if (!answer || !("round" in answer)) throw new Error("not walked");
  const { before, after, observation: { outcome, failure } } = answer.round;
  const evidence = { slot: START, at: START, kind: "turn" as const, before, after, outcome, fault };
  const { verdict } = judge(evidence, { everReady: true }, world.config.checks[0]!);
  return { verdict, reason: failure?.reason, claim: (after ?? before)?.reason?.split(":")[0], failure };
}

const broken = (): Reply => ({
  body: new ReadableStream({
    start(body) {
      body.enqueue(new TextEncoder().encode('{"ok":'));
      body.error(new Error("connection reset"));
    },
  }),
});
const challenge: Reply = { status: 403, headers: { "cf-mitigated": "challenge" } };
const spent = new Error("Too many subrequests by single Worker invocation.");

/** Answers that both witnesses can get. */
const ANSWERS: [reason: keyof typeof REASONS, answer: Route][] = [
  ["timeout", "hang"],
  ["network", new Error("connection refused")],
  ["body", broken],
  ["blocked", challenge],
  ["limit", new LimitExceeded("more than 1,000 header lines")],
  ["platform", spent],
  ["refused", new Refused("10.0.0.1: private addresses are refused")],
];

const NEXT = `
          - request: { path: "/next/{{ captures.part }}" }
            expect: body.ok == true`;
const throwing: typeof STEP_KINDS = STEP_KINDS.map((kind) => ({
  ...kind,
  run: () => Promise.reject(new Error("cannot read properties of undefined")),
}));

const STEPS: [reason: keyof typeof REASONS, world: World][] = [
  ...ANSWERS.map(([reason, work]): (typeof STEPS)[number] => [reason, { work }]),
  ["expectation", { work: { json: { ok: false } } }],
  ["capture", { step: `capture: { part: body.part }${NEXT}` }],
  ["template", { step: `capture: { part: body }${NEXT}` }],
  ["redirect", { work: { status: 302, headers: { location: "ftp://shop.example/" } } }],
  ["bug", { steps: throwing }],
  ["config", { env: { WORK: "w\n" } }],
  ["config", { env: { WORK: "ключ" } }],
  ["config", { step: `${NEXT.replace("{{ captures.part }}", "${env:PART}")}`, env: { PART: "a#b" } }],
  ["config", { env: { REPORT: "r\n" } }],
];

const REPORTS: [reason: keyof typeof REASONS, ready: Route][] = [
  ...ANSWERS,
  ["encoding", { body: "\ud800", headers: { "content-type": "text/plain; charset=utf-16" } }],
  ["stale", {
    json: { status: "OK", timestamp: new Date(START - 600_000).toISOString(), component: { name: "shop" } },
  }],
];

describe("a step", () => {
  test.each(STEPS)("that ends in %s: %#", async (reason, world) => {
    const { verdict, ...said } = await judged(world);
    const isTargets = REASONS[reason] === "target";
    expect([said.reason, verdict.word]).toEqual([reason, isTargets ? "drift" : "inconclusive"]);
  });

  test("that the slot's end cuts off is ours", async () => {
    const world = await testEnv(text(), { routes: { "GET /work": "hang" }, env: { WORK: "w" } });
    const over = new AbortController();
    const [check] = world.config.checks;
    const run = { id: "r", slot: START, prober: "home", region: "eu", target: "shop", check: "default" };
    const spec = { ...check!, baseUrl: check!.target.url };
    const walked = walk(world.ports, spec, run, { steps: STEP_KINDS, signal: over.signal });
    over.abort();
    await world.clock.advance(1_000);
    expect(await walked).toMatchObject({ outcome: "error", failure: { reason: "deadline" } });
  });
});

describe("a report beside a journey that passes", () => {
  test.each(REPORTS)("that ends in %s", async (reason, ready) => {
    const { verdict, claim } = await judged({ ready });
    const isTargets = REASONS[reason] === "target";
    expect([claim, verdict.word]).toEqual([reason, isTargets ? "unreported" : "inconclusive"]);
  });

  test("that the slot's end cuts off was not unreachable", async () => {
    const { ports } = await testEnv(text(), { routes: { "GET /ready": "hang" } });
    const source = {
      url: new URL("https://shop.example/ready"),
      headers: {},
      dialect: "auto",
      timeoutMs: 5_000,
      signal: AbortSignal.abort(),
    };
    expect(await ask(ports, source, DIALECTS)).toMatchObject({
      state: "unreadable",
      reason: expect.stringMatching(/^cancelled: /),
    });
  });
});

test("a failed journey is the target's, whatever keeps its report away", async () => {
  const work = { json: { ok: false } };
  expect(await judged({ ready: challenge, work })).toMatchObject({ verdict: { word: "failing" } });
  const later = await judged({ ready: [UP, challenge], work });
  expect(later.verdict).toEqual({ word: "inconclusive", reason: "unbracketed" });
});

test.each(FAULTS)("a prober that is %s is not believed", async (fault) => {
  const { verdict } = await judged({ work: new Error("reset"), fault });
  expect(verdict).toEqual({ word: "inconclusive", reason: fault });
});

test("the value of a variable is never told, but its name", async () => {
  const { failure } = await judged({ env: { WORK: "hunter2\n" } });
  expect(failure!.detail).toContain("WORK");
  expect(JSON.stringify(failure)).not.toContain("hunter2");
});

describe("docs/reasons.md", () => {
  const rows = [
    ...readFileSync("docs/reasons.md", "utf8")
      .matchAll(/^\| `(\w+)` +\| (\w+) +\| (\w+) +\| (\S.*\.) +\|$/gm),
  ]
    .map(([, reason, whose, verdict]) => [reason!, whose!, verdict!] as const);
  const ONLY_REPORTS = ["encoding", "stale"];

  test("has a row for each reason, with its owner and verdict", () => {
    const listed = rows.filter(([reason]) => reason in REASONS);
    expect(Object.fromEntries(listed.map(([reason, whose]) => [reason, whose]))).toEqual(REASONS);
    for (const [reason, whose, verdict] of listed) {
      const failed = ONLY_REPORTS.includes(reason) ? "unreported" : "failed";
      expect([reason, verdict]).toEqual([reason, whose === "target" ? failed : "inconclusive"]);
    }
  });

  test("has one for each reason of a whole slot", () => {
    const others = rows.map(([reason]) => reason).filter((reason) => !(reason in REASONS));
    expect(others.toSorted()).toEqual([...FAULTS, "unbracketed"].toSorted());
  });

  test("has one for each reason of a slot without a round", () => {
    const missed = [
      ...readFileSync("docs/reasons.md", "utf8").matchAll(/^\| `([\w ]+)` +\| (\w+) +\| (\S[^|]*\.) +\|$/gm),
    ];
    expect(Object.fromEntries(missed.map(([, reason, whose]) => [reason, whose]))).toEqual(MISSED_REASONS);
  });

  test("each reason is brought about here", () => {
    const shown = new Set([...STEPS, ...REPORTS].map(([reason]) => reason));
    // Cut off by the end of a slot, which the rows above do not reach; no prober of this version says too_large.
    for (const reason of ["deadline", "cancelled", "too_large"] as const) shown.add(reason);
    expect([...shown].toSorted()).toEqual(Object.keys(REASONS).toSorted());
  });
});
