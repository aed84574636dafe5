/** How many objects each place of a config needs on Cloudflare. */
import type { Check, Config } from "../config/config.ts";
import { dealObjects, MOST_OBJECTS } from "../config/objects.ts";
import { overheadOf, requestsOf } from "../config/requests.ts";
import { WALK_MS } from "../config/schedule.ts";
import { INVOCATION, type Plan } from "../base/limits.ts";
import { busiestDay, concurrentRounds, usualWalkMs } from "./busiest_day.ts";
import { type BudgetLine, checkLimit, objectsOf, sum } from "./line.ts";

/** What one object may do. `latencyMs` is assumed of every request. */
export interface ObjectPlan {
  plan: Plan;
  latencyMs: number;
}

/** As for phases: half of what a walk may last, for latencies differ. */
const SHARE_MS = WALK_MS / 2;

/** The config with as many objects of each place as it needs: each walks its checks of a slot in time, and may send their requests. */
export const withObjects = (config: Config, plan: ObjectPlan): Config => ({
  ...config,
  objects: objectsFor(config, plan),
});

/** So many, at most 64; of a check that is too much by itself the others are relieved. */
export function objectsFor(config: Config, { plan, latencyMs }: ObjectPlan): number {
  const places = objectsOf(config);
  if (places.length === 0) return 1;
  const probers = Math.max(...places);
  const { agenda } = busiestDay({ ...config, objects: 1 }, latencyMs);
  const together = [...new Set(agenda.map(({ slot }) => slot))].map(({ checks }) => checks);
  const mayRequest = INVOCATION[plan].subrequests - overheadOf(config);
  const walk = { probers, places: concurrentRounds(config), latencyMs };
  const fits = (share: readonly Check[]) =>
    share.length === 1 ||
    (probers * sum(share, requestsOf) <= mayRequest && usualWalkMs(share, walk) <= SHARE_MS);
  for (let objects = 1; objects < MOST_OBJECTS; objects++) {
    const dealt = dealObjects(config.checks, objects);
    const shares = together.flatMap((checks) => [
      ...Map.groupBy(checks, (check) => dealt.get(check)).values(),
    ]);
    if (shares.every(fits)) return objects;
  }
  return MOST_OBJECTS;
}

/** The line that says how many. */
export const objectsLine = ({ objects }: Config, { plan, latencyMs }: ObjectPlan): BudgetLine =>
  checkLimit({
    name: "objects of each place",
    value: objects,
    limit: MOST_OBJECTS,
    counted: `so many that each may send its requests (${INVOCATION[plan].subrequests}) and walks in ${
      SHARE_MS / 1_000
    } s, ${latencyMs} ms a request; the checks are dealt evenly`,
  });
