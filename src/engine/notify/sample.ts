/** Sample events, marked as a test: for `assay notify`, and to validate templates when the config is read. */
import { iso, MINUTE_MS } from "../../base/time.ts";
import type { WebhookEvent } from "./event.ts";

/** 2026-01-05T03:00:00Z. */
const OPENED_MS = 1_767_582_000_000;

const claim = { state: "ready" as const, dialect: "http", httpStatus: 200 };

const failed = {
  verdict: "drift" as const,
  vote: "drift" as const,
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
  ageMs: 0,
  reported: { before: claim },
  observed: { outcome: "pass" as const, totalMs: 388 },
};

/** The sample of each change. */
const CHANGES = {
  opened: {
    afterMs: 0,
    kind: "drift" as const,
    account: failed,
    votes: { eu: "drift" as const, us: "drift" as const, ap: "ready" as const },
    counts: { reporting: 3, bad: 2, good: 1, split: 0, pending: 0 },
    summary: "This is a test: Sample shop / orders says ready but its journey fails: 2 of 3 regions agree " +
      "(read the order back: body.state is 'pending')",
  },
  updated: {
    afterMs: 5 * MINUTE_MS,
    kind: "outage" as const,
    account: { ...failed, verdict: "failing" as const, vote: "failing" as const },
    votes: { eu: "failing" as const, us: "failing" as const, ap: "failing" as const },
    counts: { reporting: 3, bad: 3, good: 0, split: 0, pending: 0 },
    summary: "This is a test: Sample shop / orders now fails its journey: 3 of 3 regions agree " +
      "(read the order back: body.state is 'pending')",
  },
  acknowledged: {
    afterMs: 6 * MINUTE_MS,
    kind: "outage" as const,
    account: { ...failed, verdict: "failing" as const, vote: "failing" as const },
    votes: { eu: "failing" as const, us: "failing" as const, ap: "failing" as const },
    counts: { reporting: 3, bad: 3, good: 0, split: 0, pending: 0 },
    summary: "This is a test: Sample shop / orders (outage) is acknowledged by ada: I am on it",
  },
  resolved: {
    afterMs: 12 * MINUTE_MS,
    kind: "outage" as const,
    account: passed,
    votes: { eu: "ready" as const, us: "ready" as const, ap: "ready" as const },
    counts: { reporting: 3, bad: 0, good: 3, split: 0, pending: 0 },
    summary: "This is a test: Sample shop / orders has recovered after 12 min: " +
      "its journey passes in 3 of 3 regions",
  },
};

/** The changes that have a sample. */
export const SAMPLE_CHANGES = ["opened", "updated", "acknowledged", "resolved"] as const;

/** Options of a sample. */
export interface SampleOptions {
  /** Base of its links. */
  publicUrl?: string;
  /** The incident's id; a receiver may already know the default one. */
  id?: string;
  /** When it opened, epoch ms. */
  openedAt?: number;
}

/** An event of a made-up incident. */
export function sampleEvent(
  change: (typeof SAMPLE_CHANGES)[number],
  { publicUrl = "https://assay.example", id = "inc_sample", openedAt = OPENED_MS }: SampleOptions = {},
): WebhookEvent {
  const { afterMs, kind, account, votes, counts, summary } = CHANGES[change];
  const isOver = change === "resolved";
  const [opened, timestamp] = [iso(openedAt), iso(openedAt + afterMs)];
  const base = publicUrl.replace(/\/+$/, "");
  const seen = { ...account, slot: timestamp };
  return {
    type: `incident.${change}`,
    timestamp,
    data: {
      incident: {
        ...{ id, episode: 1, family: "service", kind, severity: "critical", scope: "global" },
        state: isOver ? "resolved" : "open",
        openedAt: opened,
        ...(isOver && { resolvedAt: timestamp, reason: "recovered", durationMs: afterMs }),
      },
      target: { id: "sample-shop", name: "Sample shop", labels: { team: "payments" } },
      check: { id: "orders", contract: "An order placed can be read back." },
      summary,
      decision: {
        outcome: votes.eu,
        over: "regions",
        rule:
          `a majority of the 3 regions reporting${
            isOver ? " not failing (and at most half failing)" : ""
          }, ` +
          "at least 2 must report",
        votes,
        counts,
      },
      evidence: { eu: { fra: seen }, us: { iad: seen }, ap: { nrt: { ...passed, slot: timestamp } } },
      ...(change === "acknowledged" && {
        acknowledgement: { at: timestamp, by: "ada", text: "I am on it" },
      }),
      links: {
        page: `${base}/incidents/${id}`,
        api: `${base}/v1/incidents/${id}`,
        target: `${base}/v1/targets/sample-shop`,
        ...((change === "opened" || change === "updated") && {
          acknowledge: `${base}/acknowledge/${id}/1/oncall/1768186800000/0000`,
        }),
      },
    },
  };
}
