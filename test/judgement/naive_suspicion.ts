/**
 * Who is suspect without controls, a second time and naively: for every batch it looks through all that was brought before, by plain loops. It
 * shares no code with `src/`.
 */

/** What a prober brought of one check: a pass, a failure, something inconclusive, "I am starting", or something from the wrong place. */
export type Word = "pass" | "fail" | "error" | "announced" | "misplaced";

/** One check: who it is about, and how many failures turn a vote. */
export interface SuspectedCheck {
  key: string;
  target: string;
  host: string;
  failureThreshold: number;
}

/** What came together at one instant (epoch ms): words by prober and check; what is missing is not there. */
export interface SeenBatch {
  at: number;
  seen: Record<string, Record<string, Word>>;
}

/** Checks of one period, who walks them, and all that they brought, in order. */
export interface SuspicionHistory {
  checks: readonly SuspectedCheck[];
  /** Probers by region. */
  regions: Record<string, readonly string[]>;
  periodMs: number;
  batches: readonly SeenBatch[];
}

/** Whether some of these words are from where the prober was asked to be. */
const isHeard = (words: Record<string, Word> = {}) => Object.values(words).some((one) => one !== "misplaced");

/** The suspects of each batch. */
export function replaySuspicion({ checks, regions, periodMs, batches }: SuspicionHistory): string[][] {
  const suspects: string[][] = [];
  const word = (prober: string, key: string, i: number) => batches[i]!.seen[prober]?.[key];

  /** The batch before `i` in which the prober last brought something of the check; below 0: none. */
  const lastBrought = (prober: string, key: string, i: number) => {
    let before = i - 1;
    while (before >= 0 && word(prober, key, before) === undefined) before--;
    return before;
  };

  /** What is believed of a prober on a check before batch `i`, the newest first; nothing if that is too old at `now`. */
  const believed = (prober: string, key: string, i: number, now: number) => {
    const found: { at: number; word: Word }[] = [];
    let later = now;
    for (let b = i - 1; b >= 0; b--) {
      const said = word(prober, key, b);
      if (said === undefined || said === "error" || said === "misplaced") continue;
      if (suspects[b]!.includes(prober)) continue;
      if (later - batches[b]!.at > 2.5 * periodMs) break;
      later = batches[b]!.at;
      // Who announces keeps what it said before from ageing, and adds nothing.
      if (said !== "announced") found.push({ at: later, word: said });
    }
    return found;
  };

  /** Since when the check fails at the prober, of those that did not before. */
  const turnedAt = (prober: string, key: string, last: number): number | undefined => {
    let since: number | undefined;
    for (let i = 0; i <= last; i++) {
      const { at, seen } = batches[i]!;
      const said = word(prober, key, i);
      if (said === "pass") since = undefined;
      if (said === "fail" && since === undefined && believed(prober, key, i, at)[0]?.word === "pass") {
        since = at;
      }
      const isOver = since !== undefined && at - since > periodMs && !suspects[i]?.includes(prober);
      if (i < last && isHeard(seen[prober]) && isOver) since = undefined;
    }
    return since;
  };

  const isSuspect = (prober: string, i: number): boolean => {
    const { at } = batches[i]!;
    const turned = new Map<SuspectedCheck, number>();
    for (const check of checks) {
      const since = turnedAt(prober, check.key, i);
      if (since !== undefined) turned.set(check, since);
    }
    const isDenied = (check: SuspectedCheck) => {
      let failures = 0;
      if (word(prober, check.key, i) === "fail") failures++;
      for (const one of believed(prober, check.key, i, at)) {
        if (one.word === "pass") break;
        failures++;
      }
      const denies = (other: string): boolean => {
        const now = word(other, check.key, i);
        if (now !== undefined && now !== "misplaced") return now === "pass";
        const before = lastBrought(other, check.key, i);
        if (before < 0 || suspects[before]!.includes(other)) return false;
        if (word(other, check.key, before) === "misplaced") return false;
        const [latest] = believed(other, check.key, i, at);
        if (latest?.word !== "pass") return false;
        return failures >= check.failureThreshold || latest.at >= turned.get(check)!;
      };
      let count = 0;
      for (const others of Object.values(regions)) {
        if (!others.includes(prober) && others.some(denies)) count++;
      }
      return count >= 2;
    };
    const denied = [...turned.keys()].filter(isDenied);
    let walked = 0;
    for (const check of checks) {
      const now = word(prober, check.key, i);
      const latest = now !== undefined && now !== "misplaced" ? i : lastBrought(prober, check.key, i);
      const isRecent = latest >= 0 && at - batches[latest]!.at <= 2.5 * periodMs;
      if (turned.has(check) || isRecent) walked++;
    }
    for (const from of turned.values()) {
      const together = denied.filter((check) =>
        turned.get(check)! >= from && turned.get(check)! <= from + periodMs
      );
      const targets = new Set(together.map(({ target }) => target)).size;
      const hosts = new Set(together.map(({ host }) => host)).size;
      if (targets >= 5 && hosts >= 3 && together.length >= 0.8 * walked) return true;
    }
    return false;
  };

  for (const [i, { seen }] of batches.entries()) {
    suspects.push(Object.keys(seen).filter((prober) => isHeard(seen[prober]) && isSuspect(prober, i)).sort());
  }
  return suspects;
}
