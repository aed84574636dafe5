/** "Did you mean": the word of `words` that `word` is most likely a typo of. */
export function closest(word: string, words: readonly string[]): string | undefined {
  if (words.length === 0 || word.length > 100) return undefined;
  const lower = word.toLowerCase();
  const slips = words.map((other) => distance(lower, other.toLowerCase()));
  const least = Math.min(...slips);
  if (least <= Math.max(1, Math.floor(word.length * 0.4))) return words[slips.indexOf(least)];
  return word.length < 3 ? undefined : words.find((other) => other.toLowerCase().startsWith(lower));
}

/**
 * The Levenshtein distance, computed row by row: the standard library's version allocates a table of 4.4 MB
 * in every isolate.
 */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...from].entries()) {
    let [corner] = row as [number];
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const above = row[j + 1]!;
      next.push(Math.min(above + 1, next[j]! + 1, corner + (letter === other ? 0 : 1)));
      corner = above;
    }
    row = next;
  }
  return row.at(-1)!;
}
