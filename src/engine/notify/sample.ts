/** Made-up events that say so: for `assay notify`, and to hold templates against before there is an incident. */
import type { WebhookEvent } from "./event.ts";

const OPENED = "2026-01-05T03:00:00.000Z";
const RESOLVED = "2026-01-05T03:12:00.000Z";

const claim = { state: "ready" as const, dialect: "http", httpStatus: 200 };

const failed = {
  verdict: "drift" as const,
  vote: "drift" as const,
  slot: OPENED,
  ageMs: 0,
  reported: { before: claim, after: claim },
  observed: {
    outcome: "fail" as const,
    failedStep: "read the order back",
    expression: "status == 200 && body.state == 'accepted'",
    detail: "body.state is 'pending'",
    values: { "status": "200", "body.state": "'pending'" },
    totalMs: 412,
    steps: [
      { name: "place an order", status: 201, requests: 1, totalMs: 230 },
      { name: "read the order back", status: 200, requests: 1, totalMs: 182 },
    ],
  },
};

const passed = {
  verdict: "ready" as const,
  vote: "ready" as const,
  slot: RESOLVED,
  ageMs: 0,
  reported: { before: claim },
  observed: { outcome: "pass" as const, totalMs: 388 },
};

/** What is told of each change. */
const CHANGES = {
  opened: {
    timestamp: OPENED,
    kind: "drift" as const,
    account: failed,
    votes: { eu: "drift" as const, us: "drift" as const, ap: "ready" as const },
    counts: { reporting: 3, bad: 2, good: 1, split: 0, pending: 0 },
    summary: "This is a test: Sample shop / orders says ready but its journey fails: 2 of 3 regions agree " +
      "(read the order back: body.state is 'pending')",
  },
  updated: {
    timestamp: "2026-01-05T03:05:00.000Z",
    kind: "outage" as const,
    account: { ...failed, verdict: "failing" as const, vote: "failing" as const },
    votes: { eu: "failing" as const, us: "failing" as const, ap: "failing" as const },
    counts: { reporting: 3, bad: 3, good: 0, split: 0, pending: 0 },
    summary: "This is a test: Sample shop / orders now fails its journey: 3 of 3 regions agree " +
      "(read the order back: body.state is 'pending')",
  },
  resolved: {
    timestamp: RESOLVED,
    kind: "outage" as const,
    account: passed,
    votes: { eu: "ready" as const, us: "ready" as const, ap: "ready" as const },
    counts: { reporting: 3, bad: 0, good: 3, split: 0, pending: 0 },
    summary: "This is a test: Sample shop / orders has recovered after 12 min: " +
      "its journey passes in 3 of 3 regions",
  },
};

/** The changes that there is a sample of. */
export const SAMPLE_CHANGES = ["opened", "updated", "resolved"] as const;

/** An event of an incident that never was; `publicUrl` is where its links lead. */
export function sampleEvent(
  change: (typeof SAMPLE_CHANGES)[number],
  publicUrl = "https://assay.example",
): WebhookEvent {
  const { timestamp, kind, account, votes, counts, summary } = CHANGES[change];
  const isOver = change === "resolved";
  const outcome = votes.eu;
  const base = publicUrl.replace(/\/+$/, "");
  return {
    type: `incident.${change}`,
    timestamp,
    data: {
      incident: {
        ...{ id: "inc_sample", episode: 1, family: "service", kind, severity: "critical", scope: "global" },
        state: isOver ? "resolved" : "open",
        openedAt: OPENED,
        ...(isOver && { resolvedAt: RESOLVED, reason: "recovered", durationMs: 720_000 }),
      },
      target: { id: "sample-shop", name: "Sample shop", labels: { team: "payments" } },
      check: { id: "orders", contract: "An order placed can be read back." },
      summary,
      decision: {
        outcome,
        over: "regions",
        rule:
          `a majority of the 3 regions reporting${
            isOver ? " not failing (and at most half failing)" : ""
          }, ` +
          "at least 2 must report",
        votes,
        counts,
      },
      evidence: { eu: { fra: account }, us: { iad: account }, ap: { nrt: { ...passed, slot: timestamp } } },
      links: {
        page: `${base}/incidents/inc_sample`,
        api: `${base}/v1/incidents/inc_sample`,
        target: `${base}/v1/targets/sample-shop`,
      },
    },
  };
}
