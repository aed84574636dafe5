/** A small world of targets, votes and incidents for the tests of notices. */
import type { Check, Config, Quorum } from "../../../src/config/config.ts";
import type { Incident, Transition } from "../../../src/judgement/incident.ts";
import type { Failure } from "../../../src/evidence/probe/observation.ts";
import type { QuorumOutcome, Vote } from "../../../src/judgement/quorum.ts";
import type { CheckState, LastRound, ProberState } from "../../../src/judgement/state.ts";

/** 2026-11-20T10:00:00Z. */
export const SLOT = 1_795_168_800_000;

export const QUORUM: Quorum = { open: "majority", resolve: "majority", minReporting: 2 };

/** A config with one check `checkout/write` and the given probers by region. */
export function config(
  probers: Record<string, string[]>,
  { quorum = QUORUM, ...rest }: Partial<Config> & { quorum?: Quorum } = {},
): { config: Config; check: Check } {
  const target = {
    id: "checkout",
    name: "Checkout",
    url: "https://${env:SHOP_USER}.shop.example",
    labels: { team: "payments" },
    origins: [],
    dependsOn: [],
    checks: [] as Check[],
  };
  const check: Check = {
    key: "checkout/write",
    id: "write",
    target,
    contract: "An order placed can be read back.",
    schedule: { everyMs: 60_000 },
    journey: [],
    cleanup: [],
    timeoutMs: 10_000,
    quorum,
    scope: "global",
    failureThreshold: 2,
    successThreshold: 2,
    startupBudgetMs: 300_000,
    drainWindowMs: 150_000,
    flapWindowMs: 600_000,
    turns: 1,
    confirmMs: 25_000,
    retry: 1,
    releaseAfterMs: 3_600_000,
    certificateWarningMs: 1_209_600_000,
    evidence: { body: true },
    digest: "d",
  };
  target.checks.push(check);
  const own: Quorum = { open: "any", resolve: "all", minReporting: 1 };
  return {
    check,
    config: {
      publicUrl: "https://assay.example/",
      listen: 8080,
      store: { kind: "memory", options: {} },
      retention: { rawMs: 0, hoursMs: 0, daysMs: 0, incidentsMs: 0 },
      api: { token: "${env:ASSAY_TOKEN}", tokens: [], rateLimit: { perMinute: 600 }, cors: [], proxies: 0 },
      page: { name: "Assay", links: [], language: "en" },
      hooks: {},
      controls: [],
      allowPrivate: false,
      concurrency: 5,
      connectionsPerHost: 6,
      objects: 1,
      regions: Object.entries(probers).map(([id, ids]) => ({
        id,
        quorum: own,
        probers: ids.map((prober) => ({ id: prober, region: id, kind: "local" as const })),
      })),
      maintenance: [],
      targets: [target],
      checks: [check],
      webhooks: [{
        id: "oncall",
        kind: "webhook",
        settings: { url: "${env:URL}", secret: "${env:SECRET}" },
        events: ["incident.*"],
      }],
      ...rest,
    },
  };
}

export const FAILURE: Failure = {
  step: "place an order",
  reason: "expectation",
  expression: "body.state == 'accepted'",
  detail: "body.state is 'pending'",
  values: { "body.state": "'pending'" },
};

const brief = { dialect: "http", question: "readiness" as const, at: SLOT, durationMs: 3 };

/** A prober that says ready; its journey failed if its vote is bad. */
export function prober(vote: Vote, witness: Partial<LastRound> = {}): ProberState {
  const failed = ["drift", "not_ready", "down", "failing"].includes(vote);
  return {
    standing: { vote, recent: [], failed: [] },
    phases: { everReady: true },
    contradictions: 0,
    ...(vote !== "none" && {
      witness: {
        slot: SLOT,
        word: vote,
        before: { ...brief, state: "ready", httpStatus: 200 },
        ...(failed && { after: { ...brief, state: "ready" as const, httpStatus: 200 }, failure: FAILURE }),
        outcome: failed ? "fail" : "pass",
        totalMs: 42.4,
        ...(failed && { steps: [{ name: "place an order", status: 201, requests: 1, totalMs: 41.6 }] }),
        ...witness,
      },
    }),
  };
}

/** The state of a check with these probers and these regions' outcomes. */
export function state(
  probers: Record<string, ProberState>,
  regions: Record<string, QuorumOutcome>,
): CheckState {
  return {
    slot: SLOT,
    outcome: "pending",
    since: SLOT,
    probers,
    regions: Object.fromEntries(
      Object.entries(regions).map(([id, outcome]) => [id, { outcome, since: SLOT, wasBad: false }]),
    ),
    judgedAt: SLOT,
    scopes: {},
    incidents: [],
  };
}

/** A transition of an incident that opened twelve minutes before `SLOT`, or in it. */
export function transition(
  change: Transition["change"],
  { outcome = "drift", ...incident }: Partial<Incident> & { outcome?: QuorumOutcome } = {},
): Transition {
  const kind = incident.kind ?? "drift";
  const resolved = change === "resolved" && { resolvedAt: SLOT, reason: "recovered" };
  return {
    change,
    incident: {
      id: "inc_k3_0",
      target: "checkout",
      check: "write",
      scope: "global",
      family: "service",
      kind,
      severity: "critical",
      state: resolved ? "resolved" : "open",
      episode: 1,
      openedAt: change === "opened" ? SLOT : SLOT - 720_000,
      updatedAt: SLOT,
      timeline: [{ at: SLOT, change, kind, outcome }],
      ...resolved,
      ...incident,
    },
  };
}
