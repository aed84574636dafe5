/** `GET /metrics` for Prometheus. Stale evidence has no value: only its age, and the outcome `unknown`. */
import { Hono } from "../../hono.ts";
import type { Check, Config } from "../../../config/config.ts";
import { staleAt } from "../../../config/schedule.ts";
import type { Incident } from "../../../judgement/incident.ts";
import { OWN_TARGET } from "../../../judgement/own_incident.ts";
import type { CheckState } from "../../../judgement/state.ts";
import { OWN_KINDS } from "../../../judgement/words.ts";
import type { OutboxStore, RecordStore, StateStore } from "../../../storage/store.ts";
import { EXPOSITION, exposition, formatLabels } from "../views/exposition.ts";
import {
  type BudgetSample,
  type CheckSample,
  metricFamilies,
  OF_SELF,
  PER_BUDGET,
  PER_CHECK,
  PER_PROBER,
  type ProberSample,
  RECENT_DELIVERIES,
  type SelfSample,
} from "../views/gauges.ts";
import { sinkViews } from "../views/sinks.ts";
import { lastSlot } from "../views/last_slot.ts";
import { outcomeOf } from "../../../judgement/current_outcome.ts";
import type { Operation } from "../openapi/operation.ts";
import type { ResourceContext } from "../resource.ts";

/** Metrics of Assay, and of the checks that the token may read. */
export function routes(
  { ports: { clock }, config, store, states, ownIncidents, errorBudget, access }: Pick<
    ResourceContext,
    "ports" | "config" | "store" | "states" | "ownIncidents" | "errorBudget" | "access"
  >,
): Hono {
  const app = new Hono();
  let labelled: LabelledCheck[] | undefined;
  app.get("/metrics", access.allow("read"), async (c) => {
    const who = await access.principal(c);
    labelled ??= config.checks.map((check) => labelsOf(config, check));
    const mine = labelled.filter(({ check }) => who?.covers(check.target.id));
    const [known, own, budgets, self] = await Promise.all([
      states(),
      ownIncidents(),
      budgetSamples(mine, errorBudget),
      selfSample(config, store, mine.length, { all: !!who?.all, nowMs: clock.now() }),
    ]);
    const ailing = who?.covers(OWN_TARGET) ? { openByCheck: openByCheck(config, own) } : {};
    const nowMs = clock.now();
    const text = exposition([
      ...metricFamilies(PER_PROBER, mine.flatMap((one) => proberSamples(one, known[one.check.key], nowMs))),
      ...metricFamilies(PER_CHECK, mine.map((one) => checkSample(one, known[one.check.key], nowMs))),
      ...metricFamilies(PER_BUDGET, budgets),
      ...metricFamilies(OF_SELF, [{ ...self, ...ailing }]),
    ]);
    return c.body(text, 200, { "content-type": EXPOSITION });
  });
  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(): Operation[] {
  return [
    {
      method: "get",
      path: "/metrics",
      id: "getMetrics",
      summary: "Prometheus text format 0.0.4",
      tag: "metrics",
      access: "read",
      answers: { 200: { description: "Gauges", type: "text/plain" } },
    },
  ];
}

/** A check and its probers with their labels, which only depend on the config. */
interface LabelledCheck {
  check: Check;
  labels: string;
  probers: { id: string; labels: string }[];
}

/** `instance` is the check's key. In blackbox_exporter it is a URL, but a URL may contain a secret. */
function labelsOf({ regions }: Config, check: Check): LabelledCheck {
  const names = { instance: check.key, target: check.target.id, check: check.id };
  const probers = regions.flatMap((region) =>
    region.probers.map(({ id }) => ({
      id,
      labels: formatLabels({ ...names, region: region.id, prober: id }),
    }))
  );
  return { check, labels: formatLabels(names), probers };
}

async function budgetSamples(
  checks: readonly LabelledCheck[],
  read: ResourceContext["errorBudget"],
): Promise<BudgetSample[]> {
  const found = await Promise.all(
    checks.map(async ({ check, labels }) => ({ labels, budget: await read(check) })),
  );
  return found.flatMap(({ labels, budget }) => budget ? [{ labels, budget }] : []);
}

function checkSample(
  { check, labels }: LabelledCheck,
  state: CheckState | undefined,
  nowMs: number,
): CheckSample {
  return { labels, state, outcome: outcomeOf(check, state, nowMs), nowMs };
}

function proberSamples(
  { check, probers }: LabelledCheck,
  state: CheckState | undefined,
  nowMs: number,
): ProberSample[] {
  const old = staleness(check, nowMs);
  return probers.map(({ id, labels }) => {
    const { standing, witness, certificate } = state?.probers[id] ?? {};
    const freshAt = standing?.freshAt;
    // An inconclusive slot is the prober's own fault or its network's: it says nothing about the target.
    const usable = witness && witness.word !== "inconclusive" && !old(witness.slot);
    return {
      labels,
      witness: usable ? witness : undefined,
      certificateEndsAt: certificate && !old(certificate.at) ? certificate.notAfter : undefined,
      ageMs: freshAt === undefined ? undefined : Math.max(0, nowMs - freshAt),
      stale: freshAt === undefined || old(freshAt),
    };
  });
}

/**
 * Whether evidence of a slot is stale, memoized: most probers share a slot, and `cron` is slow to evaluate.
 */
function staleness(check: Check, nowMs: number): (slot: number) => boolean {
  const known = new Map<number, boolean>();
  return (slot) => {
    const old = known.get(slot) ?? nowMs > staleAt(check, slot);
    known.set(slot, old);
    return old;
  };
}

/** Whether an incident about Assay is open: by prober, and by component. */
const openByCheck = ({ regions }: Config, own: readonly Incident[]): Record<string, number> => {
  const probers = regions.flatMap((region) => region.probers.map(({ id }) => `prober-${id}`));
  const open = new Set(own.filter(({ state }) => state === "open").map(({ check }) => check));
  return Object.fromEntries([...OWN_KINDS, ...probers].map((check) => [check, Number(open.has(check))]));
};

/** Notices are not about a single target, so only a token for all targets sees them. */
async function selfSample(
  config: Config,
  store: OutboxStore & StateStore & RecordStore,
  checks: number,
  { all, nowMs }: { all: boolean; nowMs: number },
): Promise<SelfSample> {
  const self = { labels: "", slot: await lastSlot(store), checks };
  if (!all) return self;
  const [{ items }, sinks] = await Promise.all([
    store.listDeliveries({ limit: RECENT_DELIVERIES }),
    sinkViews(config, store, nowMs),
  ]);
  return { ...self, deliveries: items.map(({ state }) => state), sinks };
}
