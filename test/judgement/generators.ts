/** Random checks and random histories of words, and the rounds that make `assess` see those words. */
import * as fc from "fast-check";
import { assess, type Assessment } from "../../src/judgement/assess.ts";
import type { Arrival, Brought } from "../../src/judgement/round.ts";
import type { Check, Quorum, Region, Rule } from "../../src/config/config.ts";
import type { JourneyOutcome } from "../../src/evidence/probe/observation.ts";
import type { Report, ReportState } from "../../src/evidence/report/report.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import type { Fault } from "../../src/judgement/verdict.ts";
import type { Line, SeenWord } from "./naive.ts";
import type { NaiveResult } from "./naive_incidents.ts";

/** What is judged: a check and the regions that probe it. */
export interface Scenario {
  check: Check;
  regions: Region[];
}

/** A setting and what its probers saw, line by line. */
export interface GeneratedHistory extends Scenario {
  lines: Line[];
}

export const PERIOD_MS = 60_000;
const START = 1_700_000_040_000;

/** What kind of settings to make; each left out means: any. */
export interface ScenarioOptions {
  rule?: Rule;
  scope?: Check["scope"];
  regions?: [least: number, most: number];
  probers?: [least: number, most: number];
}

const fraction = fc.constantFrom(0.25, 0.5, 0.6, 0.75, 1).map((x): Rule => ({ fraction: x }));

function ruleOf(voters: number): fc.Arbitrary<Rule> {
  const atLeast = fc.integer({ min: 1, max: voters }).map((n): Rule => ({ atLeast: n }));
  const word = fc.constantFrom<Rule>("majority", "majority", "all", "any");
  return fc.oneof({ weight: 3, arbitrary: word }, atLeast, fraction);
}

function quorumOf(voters: number, usual: number, rule?: Rule): fc.Arbitrary<Quorum> {
  const rules = rule === undefined ? ruleOf(voters) : fc.constant(rule);
  const minReporting = fc.oneof(fc.constant(usual), fc.integer({ min: 1, max: voters }));
  return fc.record({ open: rules, resolve: rules, minReporting });
}

function regionsOf({ rule, regions = [1, 5], probers = [1, 4] }: ScenarioOptions): fc.Arbitrary<Region[]> {
  const size = fc.integer({ min: probers[0], max: probers[1] });
  const sized = size.chain((n) => fc.tuple(fc.constant(n), quorumOf(n, 1, rule)));
  return fc.array(sized, { minLength: regions[0], maxLength: regions[1] }).map((all) =>
    all.map(([n, quorum], r) => ({
      id: `r${r}`,
      quorum,
      probers: Array.from({ length: n }, (_, p) => ({ id: `r${r}p${p}`, region: `r${r}`, kind: "local" })),
    }))
  );
}

/** Random settings: every rule, every threshold from 1 to 3, both scopes. */
export function settings(wanted: ScenarioOptions = {}): fc.Arbitrary<Scenario> {
  return regionsOf(wanted).chain((regions) =>
    fc.record({
      quorum: quorumOf(regions.length, Math.floor(regions.length / 2) + 1, wanted.rule),
      scope: wanted.scope ? fc.constant(wanted.scope) : fc.constantFrom("global", "region"),
      failureThreshold: fc.integer({ min: 1, max: 3 }),
      successThreshold: fc.integer({ min: 1, max: 3 }),
      flapWindowMs: fc.integer({ min: 0, max: 16 }).map((n) => n * 30_000),
      maxAgeMs: fc.constantFrom(undefined, 2 * PERIOD_MS, 3 * PERIOD_MS, 3.5 * PERIOD_MS),
    }).map((chosen) => ({ regions, check: checkOf(chosen) }))
  );
}

/** A check with a readiness report, one round a minute, and windows that never end. */
export function checkOf(chosen: Partial<Check>): Check {
  const target = {
    id: "shop",
    name: "Shop",
    url: "https://shop.example",
    labels: {},
    origins: [],
    dependsOn: [],
    checks: [],
  };
  return {
    key: "shop/default",
    id: "default",
    target,
    schedule: { everyMs: PERIOD_MS },
    report: {
      sources: [{
        kind: "asked",
        name: "default",
        path: "/readyz",
        headers: [],
        dialect: "auto",
        timeoutMs: 1_000,
      }],
      rule: "worst",
    },
    journey: [],
    cleanup: [],
    timeoutMs: 10_000,
    quorum: { open: "majority", resolve: "majority", minReporting: 1 },
    scope: "global",
    failureThreshold: 2,
    successThreshold: 2,
    startupBudgetMs: Number.MAX_SAFE_INTEGER,
    drainWindowMs: Number.MAX_SAFE_INTEGER,
    flapWindowMs: 600_000,
    turns: 1,
    confirmMs: 25_000,
    retry: 1,
    releaseAfterMs: 3_600_000,
    certificateWarningMs: 1_209_600_000,
    evidence: { body: true },
    digest: "0",
    ...chosen,
  };
}

type Evidence = [before: ReportState, outcome: JourneyOutcome, after?: ReportState];

/** For each word some evidence that makes it, by the table of verdicts. */
const EVIDENCE: Record<Exclude<SeenWord, "missing">, Evidence[]> = {
  ready: [["ready", "pass"], ["degraded", "pass"], ["not_ready", "pass", "ready"]],
  degraded: [["ready", "slow"], ["unknown", "slow", "ready"]],
  underclaim: [["not_ready", "pass", "not_ready"], ["not_ready", "slow", "not_ready"]],
  unreported: [["unreachable", "pass", "unreachable"], ["unreadable", "slow", "unknown"], [
    "not_ready",
    "pass",
    "unreachable",
  ]],
  drift: [["ready", "fail", "ready"], ["degraded", "fail", "ready"]],
  not_ready: [["not_ready", "fail"], ["ready", "fail", "not_ready"]],
  down: [["unreachable", "fail"], ["ready", "fail", "unreachable"]],
  cut: [["unreachable", "fail"]],
  failing: [["unreadable", "fail"], ["ready", "fail", "unknown"]],
  inconclusive: [["ready", "error"], ["unreachable", "error"]],
  announced: [["starting", "fail"], ["draining", "pass", "draining"], ["ready", "fail", "starting"], [
    "starting",
    "error",
  ]],
  suspect: [["unreachable", "fail"], ["ready", "pass"]],
  misplaced: [["unreachable", "fail"], ["ready", "pass"]],
  waiting: [["unreachable", "fail"], ["ready", "pass"]],
};

/** The words that say whose fault it is that a walk does not count. */
const FAULT_OF: Partial<Record<SeenWord, Fault>> = {
  suspect: "suspect",
  misplaced: "misplaced",
  waiting: "prerequisite",
};

const WORDS = Object.keys(EVIDENCE) as SeenWord[];
/** The journey failed. */
export const FAILED_WORDS: SeenWord[] = ["drift", "not_ready", "down", "failing"];
/** The journey passed or was slow. */
export const PASSED_WORDS: SeenWord[] = ["ready", "degraded", "underclaim", "unreported"];
/** Nothing that could count for or against the target. */
export const FAULT_WORDS: SeenWord[] = ["inconclusive", "missing", "suspect", "misplaced", "waiting"];

/** A few words for a whole history: among all fifteen, those that act together would seldom meet. */
const vocabulary = fc.uniqueArray(fc.constantFrom<SeenWord>(...WORDS, "missing"), {
  minLength: 1,
  maxLength: 3,
})
  .map((few) => fc.constantFrom<SeenWord>("ready", "missing", ...few));

/** Words that hold for some slots: the same for all, but for some regions and some probers. */
function phases(words: fc.Arbitrary<SeenWord>, most: number, gaps: boolean) {
  const maybe = fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: words });
  const spell = fc.record({
    slots: fc.integer({ min: 1, max: 6 }),
    gap: gaps ? fc.constantFrom(1, 1, 1, 1, 2, 3, 5) : fc.constant(1),
    common: words,
    ofRegion: fc.array(maybe, { maxLength: 5 }),
    ofProber: fc.array(maybe, { maxLength: 20 }),
  });
  return fc.array(spell, { minLength: 1, maxLength: most });
}

/** How a history is made. */
export interface HistoryOptions {
  words?: fc.Arbitrary<SeenWord>;
  /** The most spells of equal words. */
  most?: number;
  /** Whether slots may be left out altogether. */
  gaps?: boolean;
}

/** Random histories: spells of equal words, some of one slot only, with gaps between them. */
export function lines(regions: readonly Region[], course: HistoryOptions = {}): fc.Arbitrary<Line[]> {
  const { words, most = 7, gaps = true } = course;
  const spoken = words ? fc.constant(words) : vocabulary;
  return spoken.chain((some) => phases(some, most, gaps)).map((all) => {
    let slot = START;
    return all.flatMap(({ slots, gap, common, ofRegion, ofProber }) => {
      slot += (gap - 1) * PERIOD_MS;
      const seen = wordsBy(regions, (r, p) => ofProber[p] ?? ofRegion[r] ?? common);
      return Array.from({ length: slots }, () => ({ slot: slot += PERIOD_MS, seen }));
    });
  });
}

function wordsBy(regions: readonly Region[], word: (region: number, prober: number) => SeenWord) {
  let prober = 0;
  return Object.fromEntries(
    regions.flatMap(({ probers }, r) => probers.map(({ id }) => [id, word(r, prober++)])),
  );
}

/** Random settings with random histories. */
export function histories(
  wanted: ScenarioOptions = {},
  course: HistoryOptions = {},
): fc.Arbitrary<GeneratedHistory> {
  return settings(wanted).chain((setting) =>
    lines(setting.regions, course).map((lines) => printable({ ...setting, lines }))
  );
}

/** A story that fast-check prints as a short text when it fails. */
function printable(story: GeneratedHistory): GeneratedHistory {
  const { check, regions, lines } = story;
  const { quorum, scope, failureThreshold, successThreshold, flapWindowMs, maxAgeMs } = check;
  const head = { scope, failureThreshold, successThreshold, flapWindowMs, maxAgeMs, quorum };
  const text = [
    JSON.stringify(head),
    ...regions.map(({ id, quorum }) => `${id} ${JSON.stringify(quorum)}`),
    ...lines.map(({ slot, seen }) => `${(slot - START) / PERIOD_MS}: ${JSON.stringify(seen)}`),
  ].join("\n").replaceAll('"', "");
  return Object.defineProperty(story, fc.toStringMethod, { value: () => `\n${text}\n` });
}

/** A history, and right after it `slots` more in which every prober says one of `words`, each slot anew. */
export function withEnding(
  story: GeneratedHistory,
  words: SeenWord[],
  slots: number,
): fc.Arbitrary<GeneratedHistory> {
  const probers = story.regions.flatMap((region) => region.probers);
  const last = story.lines.at(-1)!.slot;
  const row = fc.array(fc.constantFrom(...words), { minLength: probers.length, maxLength: probers.length });
  return fc.array(row, { minLength: slots, maxLength: slots }).map((rows) => {
    const more = rows.map((row, i) => ({
      slot: last + (i + 1) * PERIOD_MS,
      seen: wordsBy(story.regions, (_, p) => row[p]!),
    }));
    return printable({ ...story, lines: [...story.lines, ...more] });
  });
}

/** The evidence that makes one word; `variant` picks among several. */
export function broughtFor(word: SeenWord, variant = 0): Brought {
  if (word === "missing") return { missed: "timeout" };
  const [before, outcome, after] = EVIDENCE[word][variant % EVIDENCE[word].length]!;
  return {
    round: {
      before: reportOf(before),
      ...(after && { after: reportOf(after) }),
      observation: { outcome, transport: word === "cut", steps: [], totalMs: 12 },
    },
    ...(FAULT_OF[word] && { fault: FAULT_OF[word] }),
  };
}

/** A readiness report with nothing in it but its state. */
export function reportOf(state: ReportState, more: Partial<Report> = {}): Report {
  return {
    state,
    dialect: "http",
    confidence: "code",
    question: "readiness",
    claims: [],
    contradictions: [],
    subsystems: [],
    at: START,
    durationMs: 3,
    ...more,
  };
}

/** One line as `assess` takes it. */
export function arrivalsOf({ slot, at = slot, confirmation, seen }: Line): Arrival[] {
  const variant = Math.floor(at / 1_000);
  const walk = { slot, at, kind: confirmation ? "confirmation" : "turn" } as const;
  return Object.entries(seen).map(([prober, word], i) => ({
    prober,
    walk,
    ...broughtFor(word, variant + i),
  }));
}

/** Feeds a whole history to `assess`, from a check that has never been settled. */
export function play({ check, regions, lines }: GeneratedHistory): Assessment[] {
  let state: CheckState | undefined;
  let ids = 0;
  return lines.map((line) => {
    const assessment = assess(check, regions, arrivalsOf(line), {
      before: state,
      newId: () => `i${ids++}`,
    });
    state = assessment.state;
    return assessment;
  });
}

/** An assessment in the words of the naive one. */
export function comparable({ state, transitions }: Assessment): NaiveResult {
  return {
    outcome: state.outcome,
    regions: Object.fromEntries(Object.entries(state.regions).map(([id, { outcome }]) => [id, outcome])),
    votes: Object.fromEntries(Object.entries(state.probers).map(([id, { standing }]) => [id, standing.vote])),
    told: transitions.map(({ incident: { scope, family, kind, episode }, change }) =>
      `${scope}/${family} ${kind} ${change} #${episode}`
    ).toSorted(),
    confirmations: Object.entries(state.scopes).flatMap(([scope, { confirmation: pending }]) =>
      pending ? [`${scope} ${pending.direction} @${pending.at}`] : []
    ).toSorted(),
    held: Object.entries(state.scopes).flatMap(([scope, { heldBy = [] }]) =>
      heldBy.map(({ id }) => `${scope} ${id}`)
    )
      .toSorted(),
  };
}
