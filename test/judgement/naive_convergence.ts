/**
 * The second, naive judgement, of values that must agree: it works every line out again from the first one on, by plain loops, and shares
 * no code with `src/`. Values have ranks; the highest rank that anybody holds is the newest.
 */

/** One judgement: what each prober captured, in a walk that began at `at`; `now` is when it was judged. Instants in ms. */
export interface SeenLine {
  at: number;
  now: number;
  seen: Record<string, string>;
}

/** The rules: when a value is too old, how long a silence holds, and how long a change may take; ms. */
export interface NaiveRules {
  maxAgeMs: number;
  releaseAfterMs: number;
  convergeMs: number;
}

interface Held {
  prober: string;
  value: string;
  at: number;
}

/** What every prober holds after line `last`. */
function heldAfter(
  lines: readonly SeenLine[],
  last: number,
  { maxAgeMs, releaseAfterMs }: NaiveRules,
): Held[] {
  const latest = new Map<string, Held>();
  for (let i = 0; i <= last; i++) {
    for (const [prober, value] of Object.entries(lines[i]!.seen)) {
      latest.set(prober, { prober, value, at: lines[i]!.at });
    }
  }
  const age = (one: Held) => lines[last]!.at - one.at;
  return [...latest.values()].filter((one) => age(one) <= maxAgeMs || age(one) <= releaseAfterMs)
    .sort((a, b) => a.at - b.at || (a.prober < b.prober ? -1 : 1));
}

/** What prober `prober` held before line `line`, however long ago. */
function heldBefore(lines: readonly SeenLine[], line: number, prober: string): string | undefined {
  for (let i = line - 1; i >= 0; i--) if (prober in lines[i]!.seen) return lines[i]!.seen[prober];
  return undefined;
}

/** For each line the rank of each value that is held. */
function ranksOf(lines: readonly SeenLine[], rules: NaiveRules): Map<string, number>[] {
  const all: Map<string, number>[] = [];
  let ranks = new Map<string, number>();
  let returned = new Set<string>();
  let top = 0;
  for (let i = 0; i < lines.length; i++) {
    const held = heldAfter(lines, i, rules);
    for (const { prober, value } of held) {
      const before = heldBefore(lines, i, prober);
      const goesBack = prober in lines[i]!.seen && before !== undefined && ranks.has(value) &&
        (ranks.get(before) ?? 0) > ranks.get(value)! && !returned.has(value);
      if (goesBack) returned.add(value);
      if (goesBack || !ranks.has(value)) ranks.set(value, ++top);
    }
    const values = new Set(held.map(({ value }) => value));
    ranks = new Map([...ranks].filter(([value]) => values.has(value)));
    returned = values.size === 1 ? new Set() : new Set([...returned].filter((value) => values.has(value)));
    all.push(new Map(ranks));
  }
  return all;
}

/** Since when a value that is held has been older than another: the first line of those in a row in which it was. */
function supersededAt(
  lines: readonly SeenLine[],
  ranks: readonly Map<string, number>[],
  value: string,
  last: number,
): number {
  let since = Infinity;
  for (let i = last; i >= 0; i--) {
    const rank = ranks[i]!.get(value);
    const isSame = rank !== undefined && rank === ranks[last]!.get(value);
    if (!isSame || rank === Math.max(...ranks[i]!.values())) break;
    since = lines[i]!.now;
  }
  return since;
}

/** What each line says: the values diverge (`wanted`), agree (`over`), or it proves neither. */
export function naiveSigns(lines: readonly SeenLine[], rules: NaiveRules): (string | undefined)[] {
  const ranks = ranksOf(lines, rules);
  return lines.map((line, i) => {
    const held = heldAfter(lines, i, rules);
    const isFresh = (one: Held) => line.at - one.at <= rules.maxAgeMs;
    let late = 0;
    for (const one of held) {
      const deadline = supersededAt(lines, ranks, one.value, i) + rules.convergeMs;
      if (one.at < deadline) continue;
      late++;
      for (const other of held) {
        const isNewer = ranks[i]!.get(other.value)! > ranks[i]!.get(one.value)!;
        if (isFresh(one) && isFresh(other) && isNewer && other.at >= deadline) return "wanted";
      }
    }
    return late === 0 && held.filter(isFresh).length >= 2 ? "over" : undefined;
  });
}
