import { expect, test } from "vitest";
import { summary } from "../../../src/engine/notify/summary.ts";
import type { Incident } from "../../../src/judgement/incident.ts";
import { IncidentList } from "../../../src/web/page/incident_list.tsx";

const OPENED = 1_795_168_800_000;

test.each([
  [59_000, "59 s"],
  [170_000, "2 min 50 s"],
  [12_600_000, "3 h 30 min"],
  [200_000_000, "2 d 7 h"],
])("page and webhook give an incident of %s ms one length", (ms, span) => {
  const incident: Incident = {
    id: "inc_a",

    target: "shop",
    check: "orders",
    kind: "outage",
    family: "service",
    scope: "global",
    severity: "critical",
    state: "resolved",
    episode: 1,
    openedAt: OPENED,
    updatedAt: OPENED + ms,
    resolvedAt: OPENED + ms,
    reason: "recovered",
    timeline: [],
  };
  const list = { comments: new Map(), next: null, targets: [], choice: {}, nowMs: OPENED + ms };
  const page = String(IncidentList({ incidents: [incident], ...list }));
  const decision = {
    outcome: "ready",
    over: "regions",
    votes: {},
    counts: { reporting: 3, bad: 0, good: 3, split: 0, pending: 0 },
  } as const;
  const notice = summary({ subject: "Shop", incident, change: "resolved", decision, witnesses: [] });
  expect(page).toContain(` \u00b7 ${span}<`);
  expect(notice).toContain(`has recovered after ${span}: `);
});
