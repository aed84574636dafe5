/** What Assay says of itself and of others in numbers: one table for each kind of subject. */
import type { CheckState, LastRound } from "../../../judgement/state.ts";
import type { BurnRate, ErrorBudget } from "../../../judgement/slo.ts";
import { INCIDENT_FAMILIES, OUTCOMES } from "../../../judgement/words.ts";
import { DELIVERY_STATES } from "../../../storage/store.ts";
import { formatLabels, type MetricFamily, type Series } from "./exposition.ts";
import type { SinkView } from "./sinks.ts";
import type { CurrentOutcome } from "../../../judgement/current_outcome.ts";

/** A value, or values by one further label. */
type Reading = number | undefined | { by: string; values: Record<string, number> };

/** One metric about a subject; `read` answers undefined where there is nothing to say. */
export interface Gauge<Subject> {
  name: string;
  help: string;
  read(subject: Subject): Reading;
}

/** One prober's evidence on one check. */
export interface ProberSample {
  labels: string;
  /** What it saw last; absent if that is stale, or if its own fault or its path's says nothing of the target. */
  witness?: LastRound;
  /** When the certificate that it saw last ends, epoch ms; absent: it saw none, or not lately. */
  certificateEndsAt?: number;
  /** Of its last conclusive or announced slot; absent if there never was one. */
  ageMs?: number;
  stale: boolean;
}

/** One check as it stands. */
export interface CheckSample {
  labels: string;
  /** Absent until it is settled for the first time. */
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

/** Of each check with an objective: at most 14 series. */
export const PER_BUDGET: readonly Gauge<BudgetSample>[] = [
  {
    name: "readiness_slo_objective",
    help: "The share of judged time over 30 days that is to be good.",
    read: ({ budget }) => budget.objective,
  },
  {
    name: "readiness_error_budget_left",
    help: "The share of the error budget of 30 days that is left; below 0 once it is overspent.",
    read: ({ budget }) => budget.left ?? undefined,
  },
  {
    name: "readiness_burn_rate",
    help: "How fast the error budget is spent: 1 spends it in just 30 days. Over judged time only.",
    read: byWindow(({ rate }) => rate),
  },
  {
    name: "readiness_slo_coverage",
    help: "Judged time over all of the window: the rest is neither good nor bad.",
    read: byWindow(({ coverage }) => coverage),
  },
];

/** Assay itself. */
export interface SelfSample {
  labels: string;
  slot: number | null;
  checks: number;
  /** States of the newest notices; like `sinks` only for a token that is good for every target. */
  deliveries?: string[];
  /** How each sink does. */
  sinks?: readonly SinkView[];
  /** Whether an own incident is open, by its check; absent for a token that is not good for them. */
  openByCheck?: Record<string, number>;
}

const serves = ({ outcome }: LastRound) => outcome === "fail" ? 0 : 1;

/** blackbox_exporter's words; `transfer` is all that is left of the steps. */
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

/** Of each prober's evidence on each check: at most 13 series. */
export const PER_PROBER: readonly Gauge<ProberSample>[] = [
  {
    name: "probe_success",
    help: "Whether the journey passed, as blackbox_exporter says it.",
    read: ({ witness }) => witness && serves(witness),
  },
  {
    name: "probe_duration_seconds",
    help: "How long the journey took, all steps and polls included.",
    read: ({ witness }) => witness && witness.totalMs / 1000,
  },
  {
    name: "probe_http_status_code",
    help: "Status of the journey's last answer, 0 without any; of a passed journey it is not kept.",
    read: ({ witness }) =>
      witness?.steps && (witness.steps.findLast(({ status }) => status !== undefined)?.status ?? 0),
  },
  {
    name: "probe_http_duration_seconds",
    help: "Phases of the journey's requests, summed over its steps; of probers on Deno.",
    read: ({ witness }) => witness && secondsByPhase(witness),
  },
  {
    name: "probe_ssl_earliest_cert_expiry",
    help: "When the certificate that the journey saw, and that ends first, ends; in seconds since the epoch.",
    read: ({ certificateEndsAt }) => certificateEndsAt === undefined ? undefined : certificateEndsAt / 1000,
  },
  {
    name: "readiness_reported",
    help: "The state that the service claims; only the present one is there, as 1.",
    read: ({ witness }) => {
      const report = witness?.after ?? witness?.before;
      return report ? { by: "state", values: { [report.state]: 1 } } : undefined;
    },
  },
  {
    name: "readiness_observed",
    help: "Whether the service did what it is for: 1 the journey passed, perhaps slowly, 0 it failed.",
    read: ({ witness }) => witness && serves(witness),
  },
  {
    name: "readiness_evidence_age_seconds",
    help: "Age of the prober's last evidence, stale or not.",
    read: ({ ageMs }) => ageMs === undefined ? undefined : ageMs / 1000,
  },
  {
    name: "readiness_stale",
    help: "Whether the prober's evidence is too old to count, or there is none.",
    read: ({ stale }) => stale ? 1 : 0,
  },
];

function countByWord(known: readonly string[], found: readonly string[]): Record<string, number> {
  const counts = Object.fromEntries(known.map((word) => [word, 0]));
  for (const word of found) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** Of each check: at most 28 series. */
export const PER_CHECK: readonly Gauge<CheckSample>[] = [
  {
    name: "readiness_verdict",
    help: "The outcome that the regions agree on; without fresh evidence only unknown is there.",
    read: ({ outcome }) => ({
      by: "outcome",
      values: outcome === "unknown" ? { unknown: 1 } : { ...countByWord(OUTCOMES, [outcome]), unknown: 0 },
    }),
  },
  {
    name: "readiness_drift_seconds",
    help: "For how long the claim has been wrong; 0 while it is not known to be.",
    read: ({ outcome, state, nowMs }) =>
      outcome === "unknown" ? undefined : outcome === "drift" ? Math.max(0, nowMs - state!.since) / 1000 : 0,
  },
  {
    name: "readiness_quorum_votes",
    help: "Regions by what they hold.",
    read: ({ outcome, state }) =>
      outcome === "unknown" ? undefined : {
        by: "vote",
        values: countByWord(OUTCOMES, Object.values(state!.regions).map(({ outcome }) => outcome)),
      },
  },
  {
    name: "readiness_incident_open",
    help: "Open incidents; silence of the probers closes none.",
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

/** How many notices are looked at: to count the whole outbox would take longer with every notice ever sent. */
export const RECENT_DELIVERIES = 50;

const bySink = (value: (sink: SinkView) => number): Gauge<SelfSample>["read"] => ({ sinks }) =>
  sinks && { by: "webhook", values: Object.fromEntries(sinks.map((sink) => [sink.id, value(sink)])) };

/** Of Assay: 8 series, one for each prober, and three for each webhook. */
export const OF_SELF: readonly Gauge<SelfSample>[] = [
  {
    name: "assay_checks",
    help: "Checks of the config that the token may see.",
    read: ({ checks }) => checks,
  },
  {
    name: "assay_last_settled_slot_timestamp_seconds",
    help: "The newest slot that was settled, by any process.",
    read: ({ slot }) => slot === null ? undefined : slot / 1000,
  },
  {
    name: "assay_incident_open",
    help: "Whether an incident about Assay itself is open: a prober that is silent, or a part that ails.",
    read: ({ openByCheck }) => openByCheck && { by: "check", values: openByCheck },
  },
  {
    name: "assay_recent_deliveries",
    help: `Of the newest ${RECENT_DELIVERIES} notices to webhooks, how many are in which state.`,
    read: ({ deliveries }) => deliveries && { by: "state", values: countByWord(DELIVERY_STATES, deliveries) },
  },
  {
    name: "assay_webhook_disabled",
    help: "Whether the webhook answered 410 Gone and gets nothing until somebody sends again.",
    read: bySink(({ state }) => Number(state === "disabled")),
  },
  {
    name: "assay_sink_failing",
    help: "Whether the sink has failed three times in a row, and taken nothing since.",
    read: bySink(({ state }) => Number(state === "failing")),
  },
  {
    name: "assay_sink_pending",
    help: "Notices that wait for the sink, counted up to 1,000 over all sinks.",
    read: bySink(({ pending }) => pending),
  },
];

/** The metrics of a table over all its subjects. */
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
