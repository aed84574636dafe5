/** `GET /metrics`: what is so now, for Prometheus. Of stale evidence there is no value: only its age, and the word `unknown`. */
import { Hono } from "hono";
import type { Check, Config } from "../../../config/config.ts";
import type { Ports } from "../../../base/ports.ts";
import { staleAt } from "../../../config/schedule.ts";
import type { CheckState } from "../../../judgement/state.ts";
import type { Store } from "../../../storage/store.ts";
import type { Access } from "../middleware/access.ts";
import { EXPOSITION, exposition, labels } from "../views/exposition.ts";
import {
  families,
  type Held,
  OF_SELF,
  PER_CHECK,
  PER_PROBER,
  RECENT,
  type Seen,
  type Self,
} from "../views/gauges.ts";
import { lastSlot } from "../views/last_slot.ts";
import type { StatesReader } from "../../../storage/states.ts";
import { wordOf } from "../views/status.ts";

/** The metrics of Assay, and of each check of the targets that the token may read. */
export function metrics(
  { clock }: Ports,
  config: Config,
  store: Store,
  states: StatesReader,
  access: Access,
): Hono {
  const app = new Hono();
  let named: Named[] | undefined;
  app.get("/metrics", access.allow("read"), async (c) => {
    const who = await access.principal(c);
    named ??= config.checks.map((check) => naming(config, check));
    const mine = named.filter(({ check }) => who?.good(check.target.id));
    const [known, self] = await Promise.all([states(), selfOf(config, store, mine.length, !!who?.all)]);
    const nowMs = clock.now();
    const text = exposition([
      ...families(PER_PROBER, mine.flatMap((one) => seen(one, known[one.check.key], nowMs))),
      ...families(PER_CHECK, mine.map((one) => held(one, known[one.check.key], nowMs))),
      ...families(OF_SELF, [self]),
    ]);
    return c.body(text, 200, { "content-type": EXPOSITION });
  });
  return app;
}

/** A check and its probers with their labels, which the config fixes. */
interface Named {
  check: Check;
  labels: string;
  probers: { id: string; labels: string }[];
}

/** `instance` is what was probed, as with blackbox_exporter; it is no URL, because a URL may hold a secret. */
function naming({ regions }: Config, check: Check): Named {
  const names = { instance: check.key, target: check.target.id, check: check.id };
  const probers = regions.flatMap((region) =>
    region.probers.map(({ id }) => ({ id, labels: labels({ ...names, region: region.id, prober: id }) }))
  );
  return { check, labels: labels(names), probers };
}

function held({ check, labels }: Named, state: CheckState | undefined, nowMs: number): Held {
  return { labels, state, word: wordOf(check, state, nowMs), nowMs };
}

function seen({ check, probers }: Named, state: CheckState | undefined, nowMs: number): Seen[] {
  const old = aging(check, nowMs);
  return probers.map(({ id, labels }) => {
    const { standing, witness } = state?.probers[id] ?? {};
    const freshAt = standing?.freshAt;
    // An inconclusive slot is the prober's own fault, or its path's: it says nothing of the target.
    const usable = witness && witness.word !== "inconclusive" && !old(witness.slot);
    return {
      labels,
      witness: usable ? witness : undefined,
      ageMs: freshAt === undefined ? undefined : Math.max(0, nowMs - freshAt),
      stale: freshAt === undefined || old(freshAt),
    };
  });
}

/** Whether evidence of a slot is too old. Most probers share their slot, and with `cron` the answer takes a while. */
function aging(check: Check, nowMs: number): (slot: number) => boolean {
  const known = new Map<number, boolean>();
  return (slot) => {
    const old = known.get(slot) ?? nowMs > staleAt(check, slot);
    known.set(slot, old);
    return old;
  };
}

/** Notices are about no single target. */
async function selfOf({ webhooks }: Config, store: Store, checks: number, all: boolean): Promise<Self> {
  const self = { labels: "", slot: await lastSlot(store), checks };
  if (!all) return self;
  const [{ items }, off] = await Promise.all([
    store.listDeliveries({ limit: RECENT }),
    store.listDisabledWebhooks(),
  ]);
  return {
    ...self,
    deliveries: items.map(({ state }) => state),
    disabled: Object.fromEntries(webhooks.map(({ id }) => [id, Object.hasOwn(off, id) ? 1 : 0])),
  };
}
