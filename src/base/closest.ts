// @ts-types="./std.d.ts"
import { closestString } from "@std/text/closest-string";
// @ts-types="./std.d.ts"
import { levenshteinDistance } from "@std/text/levenshtein-distance";

/** "Did you mean": the word of `words` that `word` was probably meant to be. */
export function closest(word: string, words: readonly string[]): string | undefined {
  if (words.length === 0 || word.length > 100) return undefined;
  const lower = word.toLowerCase();
  const best = closestString(lower, words);
  const slips = levenshteinDistance(lower, best.toLowerCase());
  if (slips <= Math.max(1, Math.floor(word.length * 0.4))) return best;
  return word.length < 3 ? undefined : words.find((other) => other.toLowerCase().startsWith(lower));
}
