import { closestString } from "deno-std/text/closest_string.js";
import { levenshteinDistance } from "deno-std/text/levenshtein_distance.js";

// The package has no typings; these are the ones of the Deno standard library.
const nearest: (word: string, words: string[]) => string = closestString;
const distance: (one: string, other: string) => number = levenshteinDistance;

/** "Did you mean": the word of `words` that `word` was probably meant to be. */
export function closest(word: string, words: readonly string[]): string | undefined {
  if (words.length === 0 || word.length > 100) return undefined;
  const lower = word.toLowerCase();
  const best = nearest(lower, [...words]);
  const slips = distance(lower, best.toLowerCase());
  if (slips <= Math.max(1, Math.floor(word.length * 0.4))) return best;
  return word.length < 3 ? undefined : words.find((other) => other.toLowerCase().startsWith(lower));
}
