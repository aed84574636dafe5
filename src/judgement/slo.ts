/**
 * Error budgets: how much failure an objective allows, and how fast it is spent (The Site Reliability
 * Workbook, chapter 5). Pure. Time without a verdict is neither good nor bad: rates are over judged time, and
 * `coverage` is its share of the window.
 */
import type { ServiceLevel } from "./service_level.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../base/time.ts";

/** The windows of measurement, ms; the longest is the objective's. */
export const SLO_WINDOWS = {
  "5m": 5 * MINUTE_MS,
  "30m": 30 * MINUTE_MS,
  "1h": HOUR_MS,
  "6h": 6 * HOUR_MS,
  "3d": 3 * DAY_MS,
  "30d": 30 * DAY_MS,
} as const;
export type SloWindow = keyof typeof SLO_WINDOWS;

/**
 * The workbook's multiwindow alerts (table 5-8): 2 % of the budget in one hour, 5 % in six hours, 10 % in
 * three days. With the short window an alert ends soon after the failures do.
 */
export const BURN_ALERTS = [
  { long: "1h", short: "5m", factor: 14.4 },
  { long: "6h", short: "30m", factor: 6 },
  { long: "3d", short: "6h", factor: 1 },
] as const satisfies readonly { long: SloWindow; short: SloWindow; factor: number }[];

/**
 * The service level of a window. `from` is epoch ms; it may be earlier than the window's start, because whole
 * hours or days are read.
 */
export interface WindowLevel {
  from: number;
  level: Pick<ServiceLevel, "goodSeconds" | "badSeconds" | "unjudgedSeconds">;
}

/** The rate at which the budget is spent: 1 spends it in exactly 30 days; null: nothing was judged. */
export interface BurnRate {
  window: SloWindow;
  /** Epoch ms. */
  from: number;
  rate: number | null;
  badSeconds: number;
  judgedSeconds: number;
  unjudgedSeconds: number;
  /** The judged share of the window, 0 to 1. */
  coverage: number;
}

/** The budget of an objective (a share below 1) over 30 days. */
export interface ErrorBudget {
  objective: number;
  /** The share that is left, negative once overspent; null: nothing was judged. */
  left: number | null;
  /** Seconds of failure that the objective allows in the judged time. */
  allowedSeconds: number;
  burn: BurnRate[];
  /** Each of {@linkcode BURN_ALERTS}; it fires while both its windows burn faster than its factor. */
  alerts: { long: SloWindow; short: SloWindow; factor: number; isFiring: boolean }[];
}

/** The budget as of `nowMs`; `read` gives the level of each window. */
export function errorBudget(
  objective: number,
  read: (window: SloWindow) => WindowLevel,
  nowMs: number,
): ErrorBudget {
  const names = Object.keys(SLO_WINDOWS) as SloWindow[];
  const burn = names.map((window) => burnRate(objective, window, read(window), nowMs));
  const month = burn.at(-1)!;
  return {
    objective,
    left: month.rate === null ? null : 1 - month.rate,
    allowedSeconds: allowed(objective) * month.judgedSeconds,
    burn,
    alerts: BURN_ALERTS.map((alert) => ({ ...alert, isFiring: isBurning({ burn }, alert) })),
  };
}

/** The share that may fail, rounded to millionths: in floating point 1 - 0.999 is not 0.001. */
const allowed = (objective: number) => Math.round((1 - objective) * 1_000_000) / 1_000_000;

function burnRate(
  objective: number,
  window: SloWindow,
  { from, level }: WindowLevel,
  nowMs: number,
): BurnRate {
  const { goodSeconds, badSeconds, unjudgedSeconds } = level;
  const judgedSeconds = goodSeconds + badSeconds;
  return {
    window,
    from,
    rate: judgedSeconds === 0 ? null : badSeconds / judgedSeconds / allowed(objective),
    badSeconds,
    judgedSeconds,
    unjudgedSeconds,
    coverage: Math.min(1, judgedSeconds * 1_000 / Math.max(1, nowMs - from)),
  };
}

/** The burn rate of a window; null: nothing was judged. */
export const rateOf = ({ burn }: Pick<ErrorBudget, "burn">, window: SloWindow): number | null =>
  burn.find((one) => one.window === window)?.rate ?? null;

/** Whether both windows burn faster than the factor; a short window without judged time is ignored. */
export function isBurning(
  budget: Pick<ErrorBudget, "burn">,
  { long, short, factor }: { long: SloWindow; short: SloWindow; factor: number },
): boolean {
  const [slow, fast] = [rateOf(budget, long), rateOf(budget, short)];
  return slow !== null && slow > factor && (fast === null || fast > factor);
}
