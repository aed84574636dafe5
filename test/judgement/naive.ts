/**
 * A second, deliberately naive judgement. It keeps the whole history of words and works every slot out again from the
 * first line on, by plain loops; only incidents are carried along. It shares no code with `src/`.
 */
import type { Check, Quorum, Region, Rule } from "../../src/config/config.ts";

/** What one prober brought in one slot. */
export type SeenWord =
  | "ready"
  | "degraded"
  | "underclaim"
  | "unreported"
  | "drift"
  | "not_ready"
  | "down"
  | "failing"
  | "inconclusive"
  | "announced"
  | "missing"
  | "suspect"
  | "misplaced";

/** One settled slot (epoch ms) and each prober's word in it; a prober without one is missing. */
export interface Line {
  slot: number;
  seen: Record<string, SeenWord>;
}

/** One incident changed: `scope/family kind change #episode`. */
export type IncidentChange = string;

/** What one slot came to. */
export interface NaiveResult {
  outcome: string;
  regions: Record<string, string>;
  votes: Record<string, string>;
  told: IncidentChange[];
}

interface NaiveHistory {
  check: Check;
  regions: readonly Region[];
  lines: readonly Line[];
}

const FAILS: string[] = ["drift", "not_ready", "down", "failing"];
const SOFT: string[] = ["underclaim", "unreported", "degraded"];
const isBad = (word: string) => FAILS.includes(word);
const isSoft = (word: string) => SOFT.includes(word);
const isGood = (word: string) => word === "ready" || isSoft(word);
const count = (words: string[], holds: (word: string) => boolean) => words.filter(holds).length;

/** Evidence older than this (ms) is none. */
function maxAge({ maxAgeMs, schedule }: Check): number {
  if (maxAgeMs !== undefined) return maxAgeMs;
  if (!("everyMs" in schedule)) throw new Error("the naive judgement knows no cron");
  return 2.5 * schedule.everyMs;
}

/** How many words that end at `last` hold in a row. */
function inARow(words: string[], last: number, holds: (word: string) => boolean): number {
  let length = 0;
  for (let i = last; i >= 0 && holds(words[i]!); i--) length++;
  return length;
}

/** The vote that conclusive words make, all of them since the vote was last cleared. */
function voteOf(words: string[], wasBad: boolean, { failureThreshold, successThreshold }: Check): string {
  let side = "none";
  let spell: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const fails = inARow(words, i, isBad);
    const passes = inARow(words, i, isGood);
    if (side === "bad" && fails > 0) spell.push(words[i]!);
    if (side !== "bad" && fails >= failureThreshold) {
      side = "bad";
      spell = words.slice(i + 1 - failureThreshold, i + 1);
    }
    if (side === "bad" && passes >= successThreshold) side = "good";
    if (side === "none" && passes >= (wasBad ? successThreshold : 1)) side = "good";
  }
  if (side === "none") return "none";
  if (side === "bad") return badWord(spell, failureThreshold);
  const soft = inARow(words, words.length - 1, isSoft) >= failureThreshold;
  return soft ? words[words.length - 1]! : "ready";
}

function badWord(spell: string[], failureThreshold: number): string {
  const latest = spell.slice(-(2 * failureThreshold - 1));
  if (count(latest, (word) => word === "drift") >= failureThreshold) return "drift";
  return spell.filter((word) => word !== "drift").at(-1) ?? "failing";
}

/** What one prober stands for in line `at`. */
function standing({ check, lines }: NaiveHistory, prober: string, at: number) {
  let words: string[] = [];
  let wasBad = false;
  let heardAt = -Infinity;
  for (const { slot, seen } of lines.slice(0, at + 1)) {
    if (heardAt > -Infinity && slot - heardAt > maxAge(check)) {
      const vote = voteOf(words, wasBad, check);
      wasBad = isBad(vote) || (vote === "none" && wasBad);
      words = [];
    }
    const word = seen[prober] ?? "missing";
    if (isBad(word) || isGood(word)) words.push(word);
    if (isBad(word) || isGood(word) || word === "announced") heardAt = slot;
  }
  const vote = voteOf(words, wasBad, check);
  // Silence does not end a suspicion: what is missing is never green.
  const latest = lines.slice(0, at + 1).map(({ seen }) => seen[prober] ?? "missing")
    .findLast((word) => word !== "missing");
  const aside = latest === "suspect" || latest === "misplaced";
  return {
    vote,
    fresh: vote !== "none" && !aside,
    silentBad: vote === "none" ? wasBad : aside && isBad(vote),
    heard: lines[at]!.slot - heardAt <= maxAge(check),
  };
}

/** Whether `yes` of `fresh` votes win. */
function wins(rule: Rule, yes: number, fresh: number): boolean {
  if (yes === 0) return false;
  if (rule === "any") return true;
  if (rule === "all") return yes === fresh;
  if (rule === "majority") return yes > fresh - yes;
  if ("atLeast" in rule) return yes >= rule.atLeast;
  let needed = 0;
  while (needed < rule.fraction * fresh - 1e-6) needed++;
  return yes >= needed;
}

/** The outcome of fresh votes, question by question. */
function outcomeOf(votes: string[], { open, resolve, minReporting }: Quorum): string {
  const fresh = votes.length;
  const asks = (rule: Rule, holds: (vote: string) => boolean) => wins(rule, count(votes, holds), fresh);
  if (fresh < minReporting) return "pending";
  if (asks(open, (vote) => vote === "drift")) return "drift";
  if (asks(open, isBad)) {
    const words = new Set(votes.filter(isBad));
    return words.size === 1 ? [...words][0]! : "failing";
  }
  if (asks(open, (vote) => vote === "underclaim" || vote === "unreported")) {
    return asks(open, (vote) => vote === "underclaim") ? "underclaim" : "unreported";
  }
  if (asks(open, (vote) => isBad(vote) || isSoft(vote))) return "degraded";
  return asks(resolve, (vote) => vote === "ready") ? "ready" : "split";
}

/** Whether fresh votes, with `silent` voters who were bad when last heard, may resolve a service incident. */
function mayResolve(votes: string[], silent: number, { open, resolve, minReporting }: Quorum): boolean {
  if (votes.length < minReporting) return false;
  const fresh = votes.length + silent;
  const bad = count(votes, isBad) + silent;
  return wins(resolve, count(votes, isGood), fresh) && !wins(open, bad, fresh) && bad <= fresh - bad;
}

/** One region in line `at`. */
function regionAt(story: NaiveHistory, { quorum, probers }: Region, at: number) {
  const all = probers.map(({ id }) => standing(story, id, at));
  const votes = all.filter(({ fresh }) => fresh).map(({ vote }) => vote);
  const silent = all.filter(({ silentBad }) => silentBad).length;
  return {
    outcome: outcomeOf(votes, quorum),
    silent,
    recovers: mayResolve(votes, silent, quorum),
    heard: all.filter(({ heard }) => heard).length,
  };
}

function lastOutcomeWasBad(story: NaiveHistory, region: Region, at: number): boolean {
  for (let i = at; i >= 0; i--) {
    const { outcome } = regionAt(story, region, i);
    if (outcome !== "pending") return isBad(outcome);
  }
  return false;
}

/** The whole check in line `at`. */
function checkAt(story: NaiveHistory, at: number) {
  const { check, regions } = story;
  const votes: string[] = [];
  const resolving: string[] = [];
  let silent = 0;
  let heard = 0;
  for (const region of regions) {
    const it = regionAt(story, region, at);
    if (it.heard > 0) heard++;
    if (it.outcome !== "pending") votes.push(it.outcome);
    const doubtful = it.outcome === "pending"
      ? it.silent > 0 || lastOutcomeWasBad(story, region, at)
      : !isBad(it.outcome) && it.silent > 0 && !it.recovers;
    if (doubtful) silent++;
    else if (it.outcome !== "pending") resolving.push(it.outcome);
  }
  const recovers = mayResolve(resolving, silent, check.quorum);
  return { outcome: outcomeOf(votes, check.quorum), recovers, heard };
}

/** One scope in line `at`: the check, or one of its regions. */
function scopeAt(story: NaiveHistory, scope: string, at: number) {
  const region = story.regions.find(({ id }) => id === scope);
  return region && story.check.scope === "region" ? regionAt(story, region, at) : checkAt(story, at);
}

function isBlind(story: NaiveHistory, scope: string, minReporting: number, at: number): boolean {
  if (at < 2) return false;
  return [at - 2, at - 1, at].every((line) => {
    const { outcome, heard } = scopeAt(story, scope, line);
    return outcome === "pending" && heard < minReporting;
  });
}

interface Case {
  kind: string;
  open: boolean;
  episode: number;
  resolvedAt: number;
}

/** The incidents of a story; the only thing that is carried from line to line. */
class Book {
  readonly #cases = new Map<string, Case>();
  told: IncidentChange[] = [];

  constructor(readonly flapWindowMs: number) {}

  isOpen(name: string): boolean {
    return this.#cases.get(name)?.open ?? false;
  }

  /** Opens, or changes the kind of what is open. */
  call(name: string, kind: string, slot: number): void {
    const known = this.#cases.get(name);
    if (known?.open && known.kind === kind) return;
    if (known?.open) return this.#tell(name, { ...known, kind }, "updated");
    const flaps = known !== undefined && slot - known.resolvedAt <= this.flapWindowMs;
    const episode = flaps ? known.episode + 1 : 1;
    this.#tell(name, { kind, open: true, episode, resolvedAt: NaN }, "opened");
  }

  resolve(name: string, slot: number): void {
    const known = this.#cases.get(name);
    if (known?.open) this.#tell(name, { ...known, open: false, resolvedAt: slot }, "resolved");
  }

  #tell(name: string, now: Case, change: string): void {
    this.#cases.set(name, now);
    this.told.push(`${name} ${now.kind} ${change} #${now.episode}`);
  }
}

function write(book: Book, story: NaiveHistory, scope: string, minReporting: number, at: number): void {
  const { slot } = story.lines[at]!;
  const { outcome, recovers } = scopeAt(story, scope, at);
  const [service, quality, evidence] = [`${scope}/service`, `${scope}/quality`, `${scope}/evidence`];
  if (isBad(outcome)) book.call(service, outcome === "drift" ? "drift" : "outage", slot);
  else if (outcome !== "pending" && recovers) book.resolve(service, slot);
  if (outcome === "ready") book.resolve(quality, slot);
  else if (isSoft(outcome) && !book.isOpen(service)) book.call(quality, outcome, slot);
  if (outcome !== "pending") book.resolve(evidence, slot);
  else if (isBlind(story, scope, minReporting, at)) book.call(evidence, "blind", slot);
}

/** Judges every line of a history. */
export function replay(story: NaiveHistory): NaiveResult[] {
  const { check, regions, lines } = story;
  const book = new Book(check.flapWindowMs);
  const scopes = check.scope === "region"
    ? regions.map(({ id, quorum }) => ({ id, minReporting: quorum.minReporting }))
    : [{ id: "global", minReporting: check.quorum.minReporting }];
  return lines.map((_, at) => {
    book.told = [];
    for (const { id, minReporting } of scopes) write(book, story, id, minReporting, at);
    const probers = regions.flatMap((region) => region.probers);
    return {
      outcome: checkAt(story, at).outcome,
      regions: Object.fromEntries(regions.map((region) => [region.id, regionAt(story, region, at).outcome])),
      votes: Object.fromEntries(probers.map(({ id }) => [id, standing(story, id, at).vote])),
      told: book.told.toSorted(),
    };
  });
}
