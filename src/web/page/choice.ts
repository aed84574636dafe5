/** The view options of the overview, all in the query string: filters, grouping and window. */
import type { Context } from "hono";
import { BAND_WINDOWS, type BandWindow, SIXTY_CELLS } from "../../storage/history/bands.ts";
import type { Row } from "./row.ts";
import { type StateName, STATES, toneOf } from "./words.ts";

/** The view options. */
export interface Choice {
  q: string;
  /** `name:value`, or empty. */
  label: string;
  /** The name of a label, or empty. */
  group: string;
  window: BandWindow;
  /** Only services in this state; empty: all. */
  state: StateName | "";
  /** Page number, from 1. */
  page: number;
}

/** Reads the options of a request; unknown values are ignored. */
export function choiceOf(c: Context): Choice {
  const { q = "", label = "", group = "", window = "", state = "", page = "1" } = c.req.query();
  const isKnown = Object.hasOwn(BAND_WINDOWS, window);
  return {
    ...{ q: q.slice(0, 100), label, group },
    window: isKnown ? window as BandWindow : SIXTY_CELLS[0]!,
    state: Object.hasOwn(STATES, state) ? state as StateName : "",
    page: Math.max(1, Math.trunc(Number(page)) || 1),
  };
}

/** Whether a row matches the filters. */
export function matchesChoice(
  { target: { id, name, labels }, check }: Row,
  { q, label, state }: Choice,
): boolean {
  const words = [id, name, ...Object.entries(labels).flat()].join(" ").toLowerCase();
  const [key, value] = splitLabel(label);
  return words.includes(q.toLowerCase()) && (!label || labels[key] === value) &&
    (!state || toneOf(check.outcome) === STATES[state]);
}

const splitLabel = (label: string): [string, string] => {
  const at = label.indexOf(":");
  return [label.slice(0, at), label.slice(at + 1)];
};

/** The URL of this choice with some changes. */
export function queryOf(choice: Choice, change: Partial<Choice>): string {
  const next = { ...choice, page: 1, ...change };
  const query = new URLSearchParams();
  for (const name of ["q", "label", "group", "state"] as const) if (next[name]) query.set(name, next[name]);
  if (next.window !== SIXTY_CELLS[0]) query.set("window", next.window);
  if (next.page > 1) query.set("page", String(next.page));
  return `/?${query}`;
}
