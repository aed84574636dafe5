/** What a prober is asked, against what its object may send and compute. */
import type { Check, Config } from "../config/config.ts";
import { furtherRequestsOf, overheadOf, requestsOf } from "../config/requests.ts";
import { INVOCATION, OBJECT_CPU_MS, type Plan } from "../base/limits.ts";
import type { BusiestDay } from "./busiest_day.ts";
import { type BudgetLine, checkLimit, formatTime, maxBy, objectsOf, probersOf, sum } from "./line.ts";
import { CPU_MS_A_REQUEST, CPU_MS_TO_WAKE } from "./prices.ts";

/**
 * An object is topped up with each event, so all lanes of a slot, and all probers of one place, share what it may send. All probers are
 * asked the same, so one stands for all; the objects of a place are dealt checks of their own.
 */
export function askLines(config: Config, day: BusiestDay, plan: Plan): BudgetLine[] {
  const probers = probersOf(config);
  const place = probers.find(({ kind }) => kind === "place");
  const { subrequests: limit, cpuMs } = INVOCATION[plan];
  const prober = `prober ${(place ?? probers[0])?.id}`;
  const shared = Math.max(1, ...objectsOf(config));
  const object = { config, day, limit, shared };
  const direct = fullestSlot(object, requestsOf);
  const redirected = fullestSlot(object, (check) => requestsOf(check) + furtherRequestsOf(check));
  const ask = fullestAsk(config, day);
  const heavy = maxBy(ask.checks, requestsOf);
  return [
    checkLimit({
      name: "subrequests of an ask of a prober",
      value: direct.value,
      limit,
      counted:
        "worst case, no redirects: each source of a report twice, every poll, cleanup, controls, trace; " +
        "all lanes of a slot" + (shared > 1 ? ` and the ${shared} probers of one place` : "") + " together" +
        (config.objects > 1 ? `, in the fullest of ${config.objects} objects` : "") +
        (place ? "" : "; probers with a url as Workers of this plan"),
      where: `${prober}, ${direct.where}`,
    }),
    checkLimit({
      name: "the same with all redirects",
      value: redirected.value,
      limit,
      counted: "each request of a step redirected as often as it may be",
      where: `${prober}, ${redirected.where}`,
      doubt:
        "it depends on the targets, and what redirects bring past it is our error or missing, never down",
    }),
    checkLimit({
      name: "CPU of an ask of a prober, ms",
      value: CPU_MS_TO_WAKE.object + config.checks.length * CPU_MS_TO_WAKE.check +
        ask.requests * CPU_MS_A_REQUEST,
      limit: place ? OBJECT_CPU_MS : cpuMs,
      counted:
        `${CPU_MS_TO_WAKE.object} ms to wake, ${CPU_MS_TO_WAKE.check} ms a check of the config, ${CPU_MS_A_REQUEST} ms a subrequest; ` +
        "measured in workerd, with the ledger's part",
      where: `${prober}, ${ask.where}; ${heavy.key} has most requests, ${requestsOf(heavy)}`,
      doubt: place ? OBJECT_DOUBT : WORKER_DOUBT,
    }, plan === "free" ? cpuMs : Infinity),
  ];
}

const OBJECT_DOUBT =
  `Cloudflare's page on objects gives that without a plan, but says that those of Workers apply, ${INVOCATION.free.cpuMs} ms`;
const WORKER_DOUBT =
  "Cloudflare lets a Worker pass it now and then, and a prober elsewhere has no such limit";

/** Slots of the same checks are one object: a second of them says nothing new. */
const distinctSlots = ({ agenda }: BusiestDay) =>
  [...Map.groupBy(agenda, ({ slot }) => slot).values()].map(([first]) => first!);

/** The ask with most requests. */
function fullestAsk(config: Config, day: BusiestDay) {
  const asks = distinctSlots(day).flatMap(({ at, slot }) =>
    slot.asks.flatMap((lane) => {
      const own = new Set(lane.checks);
      return slot.shares.map((share) => ({ at, checks: share.filter((check) => own.has(check)) }));
    })
  );
  const { at, checks } = maxBy(asks, (ask) => sum(ask.checks, requestsOf));
  const requests = overheadOf(config) + sum(checks, requestsOf);
  return { checks, requests, where: `slot ${formatTime(at)}, ${checks.length} checks` };
}

/** An object that `shared` probers have in common, and what it may send. */
interface SharedObject {
  config: Config;
  day: BusiestDay;
  limit: number;
  shared: number;
}

/** The slot with most requests, and the first check with which they pass the limit. */
function fullestSlot({ config, day, limit, shared }: SharedObject, requests: (check: Check) => number) {
  const overhead = overheadOf(config);
  const cost = (check: Check) => shared * requests(check);
  const shares = distinctSlots(day).flatMap(({ at, slot }) =>
    slot.shares.map((checks) => ({ at, checks, asks: slot.asks }))
  );
  const { at, checks, asks } = maxBy(shares, (share) => sum(share.checks, requests));
  let left = limit - overhead;
  const first = checks.find((check) => (left -= cost(check)) < 0);
  const lanes = asks.length > 1 ? ` in ${asks.length} lanes` : "";
  const asked = `slot ${formatTime(at)}, ${checks.length} checks${lanes}`;
  return {
    value: overhead + sum(checks, cost),
    where: first ? `${asked}; the first that does not fit is ${first.key}` : asked,
  };
}
