/** The second, naive judgement, continued: incidents, advisories and confirmations. What was told so far is all that is carried from line to line. */
import { naiveSigns, type SeenLine } from "./naive_convergence.ts";
import {
  checkAt,
  isBad,
  isGood,
  isLate,
  isSoft,
  judgedAt,
  type Line,
  maxAge,
  type NaiveHistory,
  once,
  periodOf,
  regionAt,
  scopeAt,
  standing,
  walkedAt,
} from "./naive.ts";

/** One incident changed: `scope/family kind change #episode`. */
export type IncidentChange = string;

/** What one line came to. */
export interface NaiveResult {
  outcome: string;
  regions: Record<string, string>;
  votes: Record<string, string>;
  told: IncidentChange[];
  /** Pending confirmations: `scope direction @instant`. */
  confirmations: string[];
  /** Who holds service incidents open: `scope voter`. */
  held: string[];
}

interface Case {
  kind: string;
  open: boolean;
  episode: number;
  openedAt: number;
  resolvedAt: number;
}

/** The incidents of a story, and when they were open. */
class Book {
  readonly #cases = new Map<string, Case>();
  told: IncidentChange[] = [];
  /** For each line the names of what was open after it. */
  readonly openAfter: Set<string>[] = [];

  constructor(readonly flapWindowMs: number) {}

  isOpen(name: string): boolean {
    return this.#cases.get(name)?.open ?? false;
  }

  episode(name: string): number {
    return this.#cases.get(name)?.episode ?? 0;
  }

  wasOpen(name: string, line: number): boolean {
    return line >= 0 && this.openAfter[line]!.has(name);
  }

  endLine(): void {
    this.openAfter.push(new Set([...this.#cases].filter(([, { open }]) => open).map(([name]) => name)));
    this.told = [];
  }

  /** Opens, or changes the kind of what is open. */
  call(name: string, kind: string, now: number): void {
    const known = this.#cases.get(name);
    if (known?.open && known.kind === kind) return;
    if (known?.open) return this.#tell(name, { ...known, kind }, "updated");
    const flaps = known !== undefined && now - known.resolvedAt <= this.flapWindowMs;
    const episode = flaps ? known.episode + 1 : 1;
    this.#tell(name, { kind, open: true, episode, openedAt: now, resolvedAt: NaN }, "opened");
  }

  resolve(name: string, now: number): void {
    const known = this.#cases.get(name);
    if (known?.open) this.#tell(name, { ...known, open: false, resolvedAt: now }, "resolved");
  }

  #tell(name: string, now: Case, change: string): void {
    this.#cases.set(name, now);
    this.told.push(`${name} ${now.kind} ${change} #${now.episode}`);
  }
}

/** The instant since which something has held in every line up to `at`; what was not judged for long does not count. */
function heldSince(story: NaiveHistory, at: number, holds: (line: number) => boolean): number | undefined {
  if (!holds(at)) return undefined;
  let first = at;
  while (
    first > 0 && holds(first - 1) &&
    judgedAt(story, first) - judgedAt(story, first - 1) <= maxAge(story.check)
  ) first--;
  return judgedAt(story, first);
}

const probersOf = ({ regions }: NaiveHistory, scope: string) =>
  regions.filter(({ id }) => scope === "global" || id === scope).flatMap(({ probers }) => probers);

/** What the probers of a scope brought in line `at`, late ones left out. */
const wordsIn = once((story, scope, at): [prober: string, word: string][] => {
  const ids = probersOf(story, scope).map(({ id }) => id);
  return Object.entries(story.lines[at]!.seen)
    .filter(([prober]) => ids.includes(prober) && !isLate(story, prober, at))
    .toSorted(([a], [b]) => a < b ? -1 : 1);
});

function writeService(book: Book, story: NaiveHistory, scope: string, at: number): void {
  const name = `${scope}/service`;
  const now = judgedAt(story, at);
  const { outcome } = scopeAt(story, scope, at);
  if (isBad(outcome)) {
    const fails = wordsIn(story, scope, at).some(([, word]) => isBad(word));
    if (book.isOpen(name) || fails) book.call(name, outcome === "drift" ? "drift" : "outage", now);
    return;
  }
  const since = heldSince(story, at, (line) => scopeAt(story, scope, line).resolves);
  const hold = Math.min(1_800_000, 300_000 * (book.episode(name) - 1));
  if (since !== undefined && now - since >= hold) book.resolve(name, now);
}

function writeQuality(book: Book, story: NaiveHistory, scope: string, at: number): void {
  const now = judgedAt(story, at);
  const { outcome } = scopeAt(story, scope, at);
  if (isSoft(outcome) && !book.isOpen(`${scope}/service`)) return book.call(`${scope}/quality`, outcome, now);
  const since = heldSince(story, at, (line) => scopeAt(story, scope, line).outcome === "ready");
  const enough = (story.check.successThreshold - 1) * periodOf(story.check);
  if (since !== undefined && now - since >= enough) book.resolve(`${scope}/quality`, now);
}

function writeEvidence(book: Book, story: NaiveHistory, scope: string, at: number): void {
  const { heard, lost, voters } = scopeAt(story, scope, at);
  const region = story.regions.find(({ id }) => id === scope);
  const { minReporting } = region ? region.quorum : story.check.quorum;
  if (heard >= minReporting) book.resolve(`${scope}/evidence`, judgedAt(story, at));
  else if (voters - lost < minReporting) book.call(`${scope}/evidence`, "blind", judgedAt(story, at));
}

/** The values that must agree, worked out from the first line on. */
const agreementSigns = once((story): (string | undefined)[] => {
  const { check, lines } = story;
  const [convergeMs] = Object.values(check.converge ?? {});
  if (convergeMs === undefined) return [];
  const seen = lines.map((line, at): SeenLine => ({
    at: walkedAt(line),
    judgedAt: judgedAt(story, at),
    now: line.now ?? judgedAt(story, at),
    seen: Object.fromEntries(
      Object.entries(line.captured ?? {}).filter(([prober]) => !isLate(story, prober, at)),
    ),
  }));
  return naiveSigns(seen, { maxAgeMs: maxAge(check), releaseAfterMs: check.releaseAfterMs, convergeMs });
});

function writeAgreement(book: Book, story: NaiveHistory, at: number): void {
  const sign = agreementSigns(story, "", 0)[at];
  if (sign === "wanted") book.call("global/agreement", "divergence", judgedAt(story, at));
  if (sign === "over") book.resolve("global/agreement", judgedAt(story, at));
}

/** The sums of the advisory `partial`, worked out from the first line on. */
function writePartial(book: Book, story: NaiveHistory, scope: string, at: number): void {
  const regions = story.regions.filter(({ id }) => scope === "global" || id === scope);
  const left = regions.length > 1 ? regions.map(({ id }) => id) : ["nobody"];
  let sums = left.map(() => 0);
  let passes = 0;
  const [service, advisory] = [`${scope}/service`, `${scope}/advisory`];
  for (let i = 0; i <= at; i++) {
    if (book.wasOpen(service, i - 1)) {
      if (!book.wasOpen(advisory, i - 1)) sums = left.map(() => 0);
      continue;
    }
    if (story.lines[i]!.confirmation) continue;
    for (const [prober, word] of wordsIn(story, scope, i)) {
      if (word === "cut" || story.lines[i]!.unanswered?.includes(prober)) continue;
      if (!(isBad(word) || isGood(word))) continue;
      const from = regions.find(({ probers }) => probers.some(({ id }) => id === prober))!.id;
      sums = sums.map((sum, r) =>
        left[r] === from ? sum : Math.min(14, Math.max(0, sum + (isBad(word) ? 2.303 : -0.095)))
      );
      passes = isBad(word) ? 0 : passes + 1;
    }
    if (i < at && book.wasOpen(advisory, i - 1) && !book.wasOpen(advisory, i)) {
      sums = left.map(() => 0);
    }
  }
  const high = sums.every((sum) => sum > 7 - 1e-6);
  if (passes >= 90) return book.resolve(`${scope}/advisory`, judgedAt(story, at));
  if (high && !book.isOpen(`${scope}/service`)) {
    return book.call(`${scope}/advisory`, "partial", judgedAt(story, at));
  }
}

/** The advisory `region`. Those of the line itself are open in `book`; of those before it was noted. */
function writeRegion(book: Book, story: NaiveHistory, region: string, at: number): void {
  const isService = (line: number) =>
    line === at ? book.isOpen("global/service") : book.wasOpen("global/service", line);
  const { outcome } = regionAt(story, region, at);
  if (!isBad(outcome)) {
    if (outcome !== "pending") book.resolve(`${region}/advisory`, judgedAt(story, at));
    return;
  }
  if (isService(at)) return;
  let first = at;
  while (first > 0 && isBad(regionAt(story, region, first - 1).outcome) && !isService(first - 1)) first--;
  if (judgedAt(story, at) - judgedAt(story, first) >= 600_000) {
    book.call(`${region}/advisory`, "region", judgedAt(story, at));
  }
}

interface Extra {
  at: number;
  direction: "down" | "up";
}

/** The confirmations of one scope: all that were ever called for, the pending one last. */
class Extras {
  readonly #all: Extra[] = [];
  pending: Extra | undefined;

  write(book: Book, story: NaiveHistory, scope: string, at: number): void {
    const { check, lines } = story;
    const now = judgedAt(story, at);
    const begin = this.pending?.at ?? NaN;
    const isBrought = (prober: string) =>
      lines.some((line: Line, i) => i <= at && line.seen[prober] !== undefined && walkedAt(line) >= begin);
    const isOver = () =>
      probersOf(story, scope).every(({ id }) => isBrought(id)) || now - begin >= periodOf(check);
    if (this.pending && isOver()) this.pending = undefined;
    if (this.pending || lines[at]!.confirmation || check.confirmMs === 0) return;
    const isOpen = book.isOpen(`${scope}/service`);
    for (const [prober, word] of wordsIn(story, scope, at)) {
      const votesBad = isBad(standing(story, prober, at).justNow);
      const direction = isBad(word) && !votesBad && !isOpen
        ? "down"
        : isGood(word) && votesBad && isOpen
        ? "up"
        : "";
      if (direction === "" || this.pending) continue;
      const begin = Math.max(walkedAt(lines[at]!) + check.confirmMs, lines[at]!.now ?? now);
      const last = this.#all.findLast((one) => one.direction === direction);
      if (last && begin - last.at < periodOf(check)) continue;
      this.pending = { at: begin, direction };
      this.#all.push(this.pending);
    }
  }
}

/** Judges every line of a history. */
export function replay(story: NaiveHistory): NaiveResult[] {
  const { check, regions, lines } = story;
  const book = new Book(check.flapWindowMs);
  const scopes = check.scope === "region" ? regions.map(({ id }) => id) : ["global"];
  const extras = new Map(scopes.map((scope) => [scope, new Extras()]));
  return lines.map((_, at) => {
    for (const scope of scopes) {
      writeService(book, story, scope, at);
      writeQuality(book, story, scope, at);
      writeEvidence(book, story, scope, at);
      writePartial(book, story, scope, at);
      extras.get(scope)!.write(book, story, scope, at);
    }
    writeAgreement(book, story, at);
    if (check.scope === "global" && regions.length > 1) {
      for (const { id } of regions) writeRegion(book, story, id, at);
    }
    const result: NaiveResult = {
      outcome: checkAt(story, at).outcome,
      regions: Object.fromEntries(regions.map(({ id }) => [id, regionAt(story, id, at).outcome])),
      votes: Object.fromEntries(
        probersOf(story, "global").map(({ id }) => [id, standing(story, id, at).vote]),
      ),
      told: book.told.toSorted(),
      confirmations: [...extras].flatMap(([scope, { pending }]) =>
        pending ? [`${scope} ${pending.direction} @${pending.at}`] : []
      ).toSorted(),
      held: scopes.flatMap((scope) =>
        book.isOpen(`${scope}/service`) ? scopeAt(story, scope, at).holders.map((id) => `${scope} ${id}`) : []
      ).toSorted(),
    };
    book.endLine();
    return result;
  });
}
