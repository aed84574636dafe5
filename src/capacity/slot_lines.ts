/** What a slot takes of the ledger, and of the time of its probers. */
import type { Config } from "../config/config.ts";
import { usualRequestsOf } from "../config/requests.ts";
import { WALK_MS } from "../config/schedule.ts";
import { INVOCATION, type Plan } from "../base/limits.ts";
import { MINUTE_MS } from "../base/time.ts";
import { type BusiestDay, concurrentRounds } from "./busiest_day.ts";
import { type BudgetLine, checkLimit, formatTime, maxBy, probersOf, sum } from "./line.ts";
import { REQUESTS } from "./upstash_commands.ts";

/** The lines of a slot; `latencyMs` is assumed of every request. */
export function slotLines(
  config: Config,
  { agenda }: BusiestDay,
  { plan, latencyMs }: { plan: Plan; latencyMs: number },
): BudgetLine[] {
  const probers = probersOf(config).length;
  const widest = maxBy(agenda, ({ slot }) => slot.asks.length);
  const { asks } = widest.slot;
  const isUpstash = config.store.kind === "upstash";
  const aLane = probers + (isUpstash ? REQUESTS.aLane : 0);
  const besides = config.webhooks.length + (isUpstash ? REQUESTS.besides : 0);
  const limit = INVOCATION[plan].subrequests;
  const value = asks.length * aLane + besides;
  const first = asks[Math.max(0, Math.floor((limit - besides) / aLane))]?.checks[0];
  const ticked = `slot ${formatTime(widest.at)}, ${asks.length} lanes, ${probers} probers`;
  const longest = maxBy(agenda, ({ slot }) => slot.usualMs);
  const heavy = maxBy(longest.slot.checks, usualRequestsOf);
  return [
    checkLimit({
      name: "subrequests of a tick of the ledger",
      value,
      limit,
      counted: `each prober once a lane, each webhook once${isUpstash ? ", Upstash at most" : ""}`,
      where: first ? `${ticked}; the first that does not fit is ${first.key}` : ticked,
    }),
    checkLimit({
      name: "time of the longest slot, s",
      value: longest.slot.usualMs / 1_000,
      limit: WALK_MS / 1_000,
      counted: `usual case (one report, each step once), ${latencyMs} ms a request, ${
        concurrentRounds(config)
      } at once`,
      where: `slot ${formatTime(longest.at)}, ${longest.slot.checks.length} checks; ` +
        `${heavy.key} has most requests, ${usualRequestsOf(heavy)}; what is not walked by then is missing`,
    }),
    busyLine(agenda, latencyMs),
  ];
}

/** What an object of a place is busy in the fullest minute: more than a minute, and its slots run into each other. */
function busyLine(agenda: BusiestDay["agenda"], latencyMs: number): BudgetLine {
  const minutes = [...Map.groupBy(agenda, ({ at }) => Math.floor(at / MINUTE_MS)).values()];
  const fullest = maxBy(minutes, (slots) => sum(slots, ({ slot }) => slot.usualMs));
  const [first] = fullest;
  return checkLimit({
    name: "busy seconds a minute of a place",
    value: sum(fullest, ({ slot }) => slot.usualMs) / 1_000,
    limit: MINUTE_MS / 1_000,
    counted: `the time of all slots of a minute (usual case), ${latencyMs} ms a request`,
    where: `minute ${formatTime(Math.floor(first!.at / MINUTE_MS) * MINUTE_MS)}, ${fullest.length} slots; ` +
      "what is not walked in time is missing",
  });
}
