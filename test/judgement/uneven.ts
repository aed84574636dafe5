/** Random histories as a settler makes them: turns, confirmations, walks that come late or twice, judgements that are lost. */
import * as fc from "fast-check";
import {
  type GeneratedHistory,
  histories,
  type HistoryOptions,
  PERIOD_MS,
  type ScenarioOptions,
} from "./generators.ts";
import { STEP_BACK_MS } from "../../src/judgement/assess.ts";
import { type Line, walkedAt } from "./naive.ts";

/** What happens to one walk of a slot, by the share of a hundred. */
const FATES = [
  { upTo: 6, fate: "lost" },
  { upTo: 12, fate: "late" },
  { upTo: 16, fate: "twice" },
  { upTo: 30, fate: "confirmed" },
  { upTo: 100, fate: "judged" },
] as const;
type Fate = (typeof FATES)[number]["fate"];

const fates = fc.integer({ min: 0, max: 99 }).map((n): Fate => FATES.find(({ upTo }) => n < upTo)!.fate);

/** Histories in which every slot is walked in turns, at periods of 10 s to 10 min. */
export function unevenHistories(
  wanted: ScenarioOptions = {},
  course: HistoryOptions = {},
): fc.Arbitrary<GeneratedHistory> {
  const shape = fc.record({
    turns: fc.integer({ min: 1, max: 3 }),
    everyMs: fc.constantFrom(60_000, 60_000, 30_000, 10_000, 300_000, 600_000),
    confirmMs: fc.constantFrom(25_000, 25_000, 0),
    releaseAfterMs: fc.constantFrom(3_600_000, 300_000, 60_000),
    tape: fc.array(fates, { minLength: 12, maxLength: 60 }),
  });
  return fc.tuple(histories(wanted, course), shape).map(([story, { turns, tape, ...chosen }]) => {
    const { everyMs } = chosen;
    const scale = everyMs / PERIOD_MS;
    const maxAgeMs = story.check.maxAgeMs === undefined ? undefined : story.check.maxAgeMs * scale;
    const check = { ...story.check, ...chosen, maxAgeMs, turns, schedule: { everyMs } };
    const first = story.lines[0]?.slot ?? 0;
    const slots = story.lines.map(({ slot, seen }) => ({ slot: first + (slot - first) * scale, seen }));
    return printed({ ...story, check, lines: walksOf(slots, turns, everyMs, tape) });
  });
}

/** The lines of all walks, in the order in which they are judged. */
function walksOf(slots: readonly Line[], turns: number, everyMs: number, tape: readonly Fate[]): Line[] {
  const lines: Line[] = [];
  const waiting: Line[] = [];
  let step = 0;
  for (const { slot, seen } of slots) {
    for (let turn = 0; turn < turns; turn++) {
      const at = slot + Math.floor((turn * everyMs) / turns);
      const mine = Object.entries(seen).filter((_, i) => i % turns === turn);
      if (mine.length === 0) continue;
      const line: Line = { slot, at, seen: Object.fromEntries(mine) };
      const fate = tape[step++ % tape.length]!;
      if (fate === "late") {
        waiting.push(line);
        continue;
      }
      if (fate !== "lost") lines.push(line);
      // What is later than this comes from a clock that stepped back, which the naive judgement does not know.
      lines.push(...waiting.splice(0).filter((one) => walkedAt(one) >= newestOf(lines) - STEP_BACK_MS));
      if (fate === "twice") waiting.push(line);
      const extra = at + 25_000;
      if (fate === "confirmed") lines.push({ slot: extra, at: extra, confirmation: true, seen });
    }
  }
  return lines.length > 0 ? lines : waiting;
}

const newestOf = (lines: readonly Line[]) => Math.max(...lines.map(walkedAt));

/** The same, and fast-check prints it as a short text when it fails. */
function printed(story: GeneratedHistory): GeneratedHistory {
  const { check, regions, lines } = story;
  const { quorum, scope, failureThreshold, successThreshold, flapWindowMs, maxAgeMs, schedule } = check;
  const { releaseAfterMs, confirmMs, turns } = check;
  const head = {
    ...{ scope, failureThreshold, successThreshold, flapWindowMs, maxAgeMs, schedule, releaseAfterMs },
    ...{ confirmMs, turns, quorum },
  };
  const first = lines[0]?.slot ?? 0;
  const text = [
    JSON.stringify(head),
    ...regions.map(({ id, quorum }) => `${id} ${JSON.stringify(quorum)}`),
    ...lines.map(({ slot, at = slot, confirmation, seen }, i) =>
      `${i}: ${(at - first) / 1_000} s${confirmation ? " confirmation" : ""} ${JSON.stringify(seen)}`
    ),
  ].join("\n").replaceAll('"', "");
  return Object.defineProperty(story, fc.toStringMethod, { value: () => `\n${text}\n` });
}
