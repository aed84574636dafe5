/** What a config keeps: in its store, by its retention, and in the logs of a day. */
import type { Config } from "../config/config.ts";
import { DAY_MS } from "../base/time.ts";
import type { Plan } from "../base/limits.ts";
import type { BusiestDay } from "./busiest_day.ts";
import { type BudgetLine, checkLimit, maxBy, probersOf, sum } from "./line.ts";
import { KEPT_BYTES, LOGS, type Meter, MONTH_DAYS, STORED_BYTES } from "./prices.ts";

const MB = 1e6;

/** History as long as `retention.raw` keeps it, and the state of each check and prober. */
export function storedLine(config: Config, { groups }: BusiestDay, plan: Plan): BudgetLine {
  const isUpstash = config.store.kind === "upstash";
  const { result, state } = KEPT_BYTES[isUpstash ? "upstash" : "object"];
  const probers = probersOf(config).length;
  const days = config.retention.rawMs / DAY_MS;
  const results = probers * days * sum(groups, ({ runs, checks }) => runs * checks.length);
  const limit = isUpstash ? (plan === "free" ? STORED_BYTES.upstash : null) : STORED_BYTES[plan];
  const { runs, checks: [often] } = maxBy(groups, ({ runs }) => runs);
  return checkLimit({
    name: "stored data, MB",
    value: (results * result + probers * config.checks.length * state) / MB,
    limit: limit === null ? null : limit / MB,
    counted: `${result} B a result for ${days} days (retention.raw), ${state} B a check and prober; ` +
      "sums of hours and days, incidents and notices are little beside it",
    where: `${
      often!.key
    } has most results, ${runs} a day from each prober; a shorter retention.raw keeps less`,
  });
}

/** Cloudflare writes a record of each invocation; in a quiet minute Assay writes no line of its own. */
export const logLine = (used: Record<Meter, number>, plan: Plan): BudgetLine =>
  checkLimit({
    name: "log data, MB a day",
    value: (used.workerRequests + used.objectRequests) * LOGS.invocation / MB,
    limit: (plan === "free" ? LOGS.freeADay : LOGS.includedAMonth / MONTH_DAYS) / MB,
    counted:
      `${LOGS.invocation} B assumed for each Worker request and object request; lines about incidents and faults come on top`,
    doubt: plan === "free"
      ? "what is past it is not logged; [observability] head_sampling_rate keeps a share"
      : `what is past it costs ${LOGS.usdAGb} USD a GB; [observability] head_sampling_rate keeps a share`,
  });
