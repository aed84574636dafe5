/** What a ledger on Cloudflare asks of Upstash in a month, against its free plan. */
import type { Plan } from "../base/limits.ts";
import type { BusiestDay } from "./busiest_day.ts";
import { type BudgetLine, checkLimit, maxBy } from "./line.ts";
import { UPSTASH } from "./prices.ts";
import type { monthlyCommands } from "./upstash_commands.ts";

/** So many checks are named; the others are counted. */
const NAMED = 3;

/** The lines of a month. */
export function upstashLines(
  { awake, asleep }: ReturnType<typeof monthlyCommands>,
  day: BusiestDay,
  plan: Plan,
): BudgetLine[] {
  const { runs } = maxBy(day.groups, ({ runs }) => runs);
  const keys = day.groups.filter((group) => group.runs === runs).flatMap(({ checks }) =>
    checks.map(({ key }) => key)
  );
  const more = keys.length > NAMED ? ` and ${keys.length - NAMED} more` : "";
  const common = {
    limit: plan === "free" ? UPSTASH.freeAMonth : null,
    where: `${keys.slice(0, NAMED).join(", ")}${more} ${keys.length === 1 ? "has" : "have"} ` +
      `the shortest period, ${runs} runs a day`,
  };
  const line = checkLimit({
    ...common,
    name: "Upstash commands a month",
    value: awake,
    counted: "leases, commits, looks for notices, housekeeping; Upstash's own free plan; not the API",
  });
  if (asleep === awake) return [line];
  return [
    line,
    checkLimit({
      ...common,
      name: "the same if the ledger sleeps between slots",
      value: asleep,
      counted: "each time it wakes it reads again what it knew; this is what the price is of",
      doubt: "an object sleeps after 10 idle seconds, unless the API is asked more often",
    }),
  ];
}
