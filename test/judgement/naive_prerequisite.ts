/** Whether a check holds for those that come after it, a second time and naively: worked out from the first line on. */
import { checkAt, isBad, isGood, isLate, maxAge, type NaiveHistory, regionAt, walkedAt } from "./naive.ts";

/** Whether a check holds for a prober at the instant `now` (epoch ms), when the lines up to `last` were judged; below 0: none was. */
export function holdsNaively(story: NaiveHistory, last: number, prober: string, now: number): boolean {
  const { check, regions, lines } = story;
  let evidenceAt = -Infinity;
  let ownWord = "";
  for (let i = 0; i <= last; i++) {
    for (const [id, word] of Object.entries(lines[i]!.seen)) {
      if (word === "missing" || isLate(story, id, i)) continue;
      if (isBad(word) || isGood(word) || word === "announced") {
        evidenceAt = Math.max(evidenceAt, walkedAt(lines[i]!));
      }
      if (id === prober) ownWord = word;
    }
  }
  if (now - evidenceAt > maxAge(check) || isBad(ownWord)) return false;
  const mine = regions.find(({ probers }) => probers.some(({ id }) => id === prober))!;
  const { outcome } = check.scope === "region" ? regionAt(story, mine.id, last) : checkAt(story, last);
  return isGood(outcome);
}
