/** What a slot takes of the ledger, and of the time of its probers. */
import type { Check, Config } from "../config/config.ts";
import { usualRequestsOf } from "../config/requests.ts";
import { WALK_MS } from "../config/schedule.ts";
import { INVOCATION, type Plan } from "../base/limits.ts";
import { MINUTE_MS } from "../base/time.ts";
import { type BusiestDay, concurrentRounds, type DayAsk, type DaySlot } from "./busiest_day.ts";
import { type BudgetLine, checkLimit, formatTime, maxBy, probersOf, sum } from "./line.ts";
import { REQUESTS } from "./upstash_commands.ts";

/** The lines of a slot; `latencyMs` is assumed of every request. */
export function slotLines(
  config: Config,
  { agenda }: BusiestDay,
  { plan, latencyMs }: { plan: Plan; latencyMs: number },
): BudgetLine[] {
  const probers = probersOf(config);
  const places = probers.filter(({ kind }) => kind === "place").length;
  const isUpstash = config.store.kind === "upstash";
  const lane = ({ objects }: DayAsk) =>
    probers.length - places + places * objects + (isUpstash ? REQUESTS.aLane : 0);
  const widest = maxBy(agenda, ({ slot }) => sum(slot.asks, lane));
  const { asks } = widest.slot;
  const besides = config.webhooks.length + (isUpstash ? REQUESTS.besides : 0);
  const limit = INVOCATION[plan].subrequests;
  const value = besides + sum(asks, lane);
  const first = firstUnasked(widest.slot, { lane, places, left: limit - besides });
  const ticked = `slot ${formatTime(widest.at)}, ${asks.length} lanes, ${probers.length} probers` +
    (config.objects > 1 ? ` of ${config.objects} objects` : "");
  const longest = maxBy(agenda, ({ slot }) => slot.usualMs);
  const heavy = maxBy(longest.slot.checks, usualRequestsOf);
  return [
    checkLimit({
      name: "subrequests of a tick of the ledger",
      value,
      limit,
      counted: `each prober once a lane, a place once for each object, each webhook once${
        isUpstash ? ", Upstash at most" : ""
      }`,
      where: first ? `${ticked}; the first that does not fit is ${first.key}` : ticked,
    }),
    checkLimit({
      name: "time of the longest slot, s",
      value: longest.slot.usualMs / 1_000,
      limit: WALK_MS / 1_000,
      counted:
        `usual case (one report, each step once), ${latencyMs} ms a request, ${
          concurrentRounds(config)
        } at once` + (config.objects > 1 ? ` in each of ${config.objects} objects` : ""),
      where: `slot ${formatTime(longest.at)}, ${longest.slot.checks.length} checks; ` +
        `${heavy.key} has most requests, ${usualRequestsOf(heavy)}; what is not walked by then is missing`,
    }),
    busyLine(agenda, latencyMs),
  ];
}

/** The first check, lane by lane and object by object, that is not walked once `left` requests are sent. */
function firstUnasked(
  { asks, shares }: DaySlot,
  { lane, places, left }: { lane(ask: DayAsk): number; places: number; left: number },
): Check | undefined {
  for (const ask of asks) {
    const own = new Set(ask.checks);
    const parts = shares.map((share) => share.filter((check) => own.has(check))).filter(({ length }) =>
      length
    );
    const fixed = lane(ask) - places * ask.objects;
    if (left < lane(ask)) {
      return parts[places === 0 ? 0 : Math.max(0, Math.floor((left - fixed) / places))]?.[0];
    }
    left -= lane(ask);
  }
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
