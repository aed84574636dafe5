/** The metrics of `/metrics`: one table per kind of subject. */
import type { CheckState, LastRound } from "../../../judgement/state.ts";
import type { BurnRate, ErrorBudget } from "../../../judgement/slo.ts";
import { INCIDENT_FAMILIES, OUTCOMES } from "../../../judgement/words.ts";
import { DELIVERY_STATES } from "../../../storage/store.ts";
import { formatLabels, type MetricFamily, type Series } from "./exposition.ts";
import type { SinkView } from "./sinks.ts";
import type { CurrentOutcome } from "../../../judgement/current_outcome.ts";

/** A value, or one value per value of a further label. */
type Reading = number | undefined | { by: string; values: Record<string, number> };

/** One metric of a subject; `read` returns undefined if there is no value. */
export interface Gauge<Subject> {
  name: string;
  help: string;
  read(subject: Subject): Reading;
}

/** One prober's evidence on one check. */
export interface ProberSample {
  labels: string;
  /** Its last round; absent if stale, or if the prober's own fault or its network's makes it inconclusive. */
  witness?: LastRound;
  /** Expiry of the certificate it last saw, epoch ms; absent if it saw none recently. */
  certificateEndsAt?: number;
  /** Age of its last slot with evidence; absent if there never was one. */
  ageMs?: number;
  stale: boolean;
}

/** The current state of one check. */
export interface CheckSample {
  labels: string;
  /** Absent until the check is settled for the first time. */
  state?: CheckState;
  outcome: CurrentOutcome;
  nowMs: number;
}

/** One check with an objective. */
export interface BudgetSample {
  labels: string;
  budget: ErrorBudget;
}

const byWindow = (value: (one: BurnRate) => number | null): Gauge<BudgetSample>["read"] => ({ budget }) => ({
  by: "window",
  values: Object.fromEntries(budget.burn.flatMap((one) => {
    const found = value(one);
    return found === null ? [] : [[one.window, found]];
  })),
});

/** Metrics of each check with an objective: at most 14 series. */
export const PER_BUDGET: readonly Gauge<BudgetSample>[] = [
  {
    name: "readiness_slo_objective",
    help: "Objective: the share of judged time over 30 days that should be good.",
    read: ({ budget }) => budget.objective,
  },
  {
    name: "readiness_error_budget_left",
    help: "Remaining share of the 30-day error budget; negative once overspent.",
    read: ({ budget }) => budget.left ?? undefined,
  },
  {
    name: "readiness_burn_rate",
    help: "Burn rate of the error budget over judged time: 1 spends it in exactly 30 days.",
    read: byWindow(({ rate }) => rate),
  },
  {
    name: "readiness_slo_coverage",
    help: "Share of the window that was judged; the rest counts as neither good nor bad.",
    read: byWindow(({ coverage }) => coverage),
  },
];

/** Assay itself. */
export interface SelfSample {
  labels: string;
  slot: number | null;
  checks: number;
  /** States of the newest notices. Like `sinks`, only for a token that covers all targets. */
  deliveries?: string[];
  /** The state of each sink. */
  sinks?: readonly SinkView[];
  /**
   * Whether an incident about Assay itself is open, by its check; absent for a token that does not cover
   * them.
   */
  openByCheck?: Record<string, number>;
}

const serves = ({ outcome }: LastRound) => outcome === "fail" ? 0 : 1;

/** Phases as named by blackbox_exporter; `transfer` is the rest of the steps' time. */
const secondsByPhase = ({ phases, totalMs, stepMs, steps }: LastRound): Reading => {
  if (!phases) return undefined;
  const { dns, connect, tls, firstByte } = phases;
  const took = stepMs ?? steps?.map((step) => step.totalMs) ?? [totalMs];
  const transfer = took.reduce((sum, ms) => sum + ms, -(dns + connect + tls + firstByte));
  const values = { resolve: dns, connect, tls, processing: firstByte, transfer: Math.max(0, transfer) };
  return {
    by: "phase",
    values: Object.fromEntries(Object.entries(values).map(([phase, ms]) => [phase, ms / 1000])),
  };
};

/** Metrics of each prober's evidence on each check: at most 13 series. */
export const PER_PROBER: readonly Gauge<ProberSample>[] = [
  {
    name: "probe_success",
    help: "Whether the journey passed, as in blackbox_exporter.",
    read: ({ witness }) => witness && serves(witness),
  },
  {
    name: "probe_duration_seconds",
    help: "Duration of the journey, including all steps and polls.",
    read: ({ witness }) => witness && witness.totalMs / 1000,
  },
  {
    name: "probe_http_status_code",
    help: "HTTP status of the journey's last response, 0 if there was none; not kept for a passed journey.",
    read: ({ witness }) =>
      witness?.steps && (witness.steps.findLast(({ status }) => status !== undefined)?.status ?? 0),
  },
  {
    name: "probe_http_duration_seconds",
    help: "Phases of the journey's requests, summed over its steps; only from probers on Deno.",
    read: ({ witness }) => witness && secondsByPhase(witness),
  },
  {
    name: "probe_ssl_earliest_cert_expiry",
    help: "Earliest expiry of the certificates that the journey saw, in seconds since the epoch.",
    read: ({ certificateEndsAt }) => certificateEndsAt === undefined ? undefined : certificateEndsAt / 1000,
  },
  {
    name: "readiness_reported",
    help: "The state that the service claims; only the current one is exported, as 1.",
    read: ({ witness }) => {
      const report = witness?.after ?? witness?.before;
      return report ? { by: "state", values: { [report.state]: 1 } } : undefined;
    },
  },
  {
    name: "readiness_observed",
    help: "Whether the service worked: 1 if the journey passed, even slowly; 0 if it failed.",
    read: ({ witness }) => witness && serves(witness),
  },
  {
    name: "readiness_evidence_age_seconds",
    help: "Age of the prober's last evidence, even if stale.",
    read: ({ ageMs }) => ageMs === undefined ? undefined : ageMs / 1000,
  },
  {
    name: "readiness_stale",
    help: "Whether the prober's evidence is missing or too old to count.",
    read: ({ stale }) => stale ? 1 : 0,
  },
];

function countByWord(known: readonly string[], found: readonly string[]): Record<string, number> {
  const counts = Object.fromEntries(known.map((word) => [word, 0]));
  for (const word of found) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** Metrics of each check: at most 28 series. */
export const PER_CHECK: readonly Gauge<CheckSample>[] = [
  {
    name: "readiness_verdict",
    help: "The outcome that the regions agree on; without fresh evidence only unknown is exported.",
    read: ({ outcome }) => ({
      by: "outcome",
      values: outcome === "unknown" ? { unknown: 1 } : { ...countByWord(OUTCOMES, [outcome]), unknown: 0 },
    }),
  },
  {
    name: "readiness_drift_seconds",
    help: "How long the claim has been wrong; 0 if it is not known to be wrong.",
    read: ({ outcome, state, nowMs }) =>
      outcome === "unknown" ? undefined : outcome === "drift" ? Math.max(0, nowMs - state!.since) / 1000 : 0,
  },
  {
    name: "readiness_quorum_votes",
    help: "Regions by outcome.",
    read: ({ outcome, state }) =>
      outcome === "unknown" ? undefined : {
        by: "vote",
        values: countByWord(OUTCOMES, Object.values(state!.regions).map(({ outcome }) => outcome)),
      },
  },
  {
    name: "readiness_incident_open",
    help: "Open incidents; they stay open when probers stop reporting.",
    read: ({ state }) =>
      state && {
        by: "family",
        values: countByWord(
          INCIDENT_FAMILIES,
          state.incidents.filter(({ state }) => state === "open").map(({ family }) => family),
        ),
      },
  },
];

/** Number of notices read. Counting the whole outbox would take longer with every notice ever sent. */
export const RECENT_DELIVERIES = 50;

const bySink = (value: (sink: SinkView) => number): Gauge<SelfSample>["read"] => ({ sinks }) =>
  sinks && { by: "webhook", values: Object.fromEntries(sinks.map((sink) => [sink.id, value(sink)])) };

/** Metrics of Assay itself: 8 series, one per prober, and three per webhook. */
export const OF_SELF: readonly Gauge<SelfSample>[] = [
  {
    name: "assay_checks",
    help: "Checks that the token may read.",
    read: ({ checks }) => checks,
  },
  {
    name: "assay_last_settled_slot_timestamp_seconds",
    help: "The newest slot settled by any process.",
    read: ({ slot }) => slot === null ? undefined : slot / 1000,
  },
  {
    name: "assay_incident_open",
    help: "Whether an incident about Assay itself is open: a silent prober or a failing component.",
    read: ({ openByCheck }) => openByCheck && { by: "check", values: openByCheck },
  },
  {
    name: "assay_recent_deliveries",
    help: `The newest ${RECENT_DELIVERIES} webhook notices by state.`,
    read: ({ deliveries }) => deliveries && { by: "state", values: countByWord(DELIVERY_STATES, deliveries) },
  },
  {
    name: "assay_webhook_disabled",
    help: "Whether the webhook responded 410 Gone and gets nothing until a resend or flush.",
    read: bySink(({ state }) => Number(state === "disabled")),
  },
  {
    name: "assay_sink_failing",
    help: "Whether the sink failed three times in a row and has accepted nothing since.",
    read: bySink(({ state }) => Number(state === "failing")),
  },
  {
    name: "assay_sink_pending",
    help: "Notices waiting for the sink; at most 1,000 are counted over all sinks.",
    read: bySink(({ pending }) => pending),
  },
];

/** The metrics of a table for all its subjects. */
export const metricFamilies = <Subject extends { labels: string }>(
  table: readonly Gauge<Subject>[],
  subjects: readonly Subject[],
): MetricFamily[] =>
  table.map(({ name, help, read }) => ({
    name,
    help,
    series: subjects.flatMap((subject) => seriesOf(subject.labels, read(subject))),
  }));

function seriesOf(labels: string, reading: Reading): Series[] {
  if (reading === undefined) return [];
  if (typeof reading === "number") return [{ labels, value: reading }];
  const { by, values } = reading;
  const before = labels && `${labels},`;
  return Object.entries(values).map(([word, value]) => ({
    labels: before + formatLabels({ [by]: word }),
    value,
  }));
}
