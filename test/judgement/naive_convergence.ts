/**
 * The second, naive judgement, of values that must agree: it works every line out again from the first one on, by plain loops, and shares
 * no code with `src/`.
 */

/** One judgement, made at `judgedAt` (default: `at`), by our clock at `now`: what each prober captured in a walk that began at `at`; ms. */
export interface SeenLine {
  at: number;
  judgedAt?: number;
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

const judgedAtOf = ({ at, judgedAt = at }: SeenLine) => judgedAt;

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
  const age = (one: Held) => judgedAtOf(lines[last]!) - one.at;
  return [...latest.values()].filter((one) => age(one) <= maxAgeMs || age(one) <= releaseAfterMs)
    .sort((a, b) => a.at - b.at || (a.prober < b.prober ? -1 : 1));
}

/** What prober `prober` held before line `line`, however long ago. */
function heldBefore(lines: readonly SeenLine[], line: number, prober: string): string | undefined {
  for (let i = line - 1; i >= 0; i--) if (prober in lines[i]!.seen) return lines[i]!.seen[prober];
  return undefined;
}

/** What is known of one value after a line: when it was first seen, and first left, and which came before it. */
interface Life {
  place: number;
  since: number;
  left: number;
  returned: boolean;
}

/** For each line what is known of each value that is held. */
function livesOf(lines: readonly SeenLine[], rules: NaiveRules): Map<string, Life>[] {
  const all: Map<string, Life>[] = [];
  let places = 0;
  for (let i = 0; i < lines.length; i++) {
    const lives = new Map([...all[i - 1] ?? []].map(([value, life]) => [value, { ...life }]));
    const held = heldAfter(lines, i, rules);
    const { now, seen } = lines[i]!;
    const born = (value: string, returned: boolean) =>
      lives.set(value, { place: ++places, since: now, left: Infinity, returned });
    for (const { prober, value } of held) {
      const before = prober in seen ? heldBefore(lines, i, prober) : value;
      const old = before === undefined || before === value ? undefined : lives.get(before);
      if (old && old.left === Infinity) old.left = now;
      const known = lives.get(value);
      if (!known) born(value, false);
      else if (old && old.place > known.place && !known.returned) born(value, true);
    }
    for (const value of lives.keys()) if (!held.some((one) => one.value === value)) lives.delete(value);
    if (lives.size === 1) {
      for (const life of lives.values()) Object.assign(life, { left: Infinity, returned: false });
    }
    all.push(lives);
  }
  return all;
}

/** What each line says: the values diverge (`wanted`), agree (`over`), or it proves neither. */
export function naiveSigns(lines: readonly SeenLine[], rules: NaiveRules): (string | undefined)[] {
  const lives = livesOf(lines, rules);
  return lines.map((line, i) => {
    const held = heldAfter(lines, i, rules);
    const isFresh = (one: Held) => judgedAtOf(line) - one.at <= rules.maxAgeMs;
    let [proven, possible] = [0, 0];
    for (const one of held) {
      for (const other of held) {
        if (one.value === other.value) continue;
        const [a, b] = [lives[i]!.get(one.value)!, lives[i]!.get(other.value)!];
        let began = a.since > b.since ? a.since : b.since;
        if (a.left < began) began = a.left;
        if (b.left < began) began = b.left;
        if (one.at < began + rules.convergeMs || other.at < began + rules.convergeMs) continue;
        possible++;
        if (isFresh(one) && isFresh(other)) proven++;
      }
    }
    if (proven > 0) return "wanted";
    return possible === 0 && held.filter(isFresh).length >= 2 ? "over" : undefined;
  });
}
