/** One figure of a budget, and what the lines are made with. */
import type { Config } from "../config/config.ts";
import { iso } from "../base/time.ts";

/** One figure of the budget. `limit` null: there is none. `fits` null: that is open, and `doubt` says why. */
export interface BudgetLine {
  name: string;
  value: number;
  limit: number | null;
  fits: boolean | null;
  doubt?: string;
  /** What is counted, in words. */
  counted: string;
  /** The prober, slot or check that takes most of it. */
  where?: string;
}

/** A line whose `doubt` counts only where its value passes `from`, by default the limit. */
export function checkLimit(figure: Omit<BudgetLine, "fits">, from = figure.limit ?? Infinity): BudgetLine {
  const { doubt, ...line } = figure;
  if (doubt !== undefined && line.value > from) return { ...line, fits: null, doubt };
  return { ...line, fits: line.limit === null || line.value <= line.limit };
}

/** All probers of a config. */
export const probersOf = ({ regions }: Pick<Config, "regions">) => regions.flatMap(({ probers }) => probers);

/** How many probers the objects of each place walk for. */
export function objectsOf(config: Pick<Config, "regions">): number[] {
  const places = probersOf(config).filter((prober) => prober.kind === "place");
  return [...Map.groupBy(places, ({ place, generation }) => `${place}:${generation}`).values()]
    .map((probers) => probers.length);
}

/** The sum of what each has. */
export const sum = <T>(list: readonly T[], of: (one: T) => number): number =>
  list.reduce((total, one) => total + of(one), 0);

/** The first of those with the most. No list here is empty: a config has a check, and each runs on the fullest day. */
export const maxBy = <T>(list: readonly T[], of: (one: T) => number): T =>
  list.reduce((best, one) => of(one) > of(best) ? one : best);

/** A time of the day (ms). */
export const formatTime = (at: number): string => `${iso(at).slice(11, 19)} UTC`;
