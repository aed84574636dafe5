import { expect, test } from "vitest";
import { rebase } from "../../src/judgement/rebase.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import type { Incident } from "../../src/judgement/incident.ts";

const incident = (resolvedAt?: number): Incident => ({
  ...{ id: "i", target: "shop", check: "read", scope: "global", family: "service", kind: "outage" },
  ...{ severity: "critical", state: resolvedAt === undefined ? "open" : "resolved", episode: 1 },
  ...{ openedAt: 100, updatedAt: 700, timeline: [] },
  resolvedAt,
});
const round = { word: "down", before: null, outcome: "fail", totalMs: 1 } as const;

/** A state in which everything is of the instant `at`, but for what is of 100. */
const stateOf = (at: number): CheckState => ({
  slot: at,
  judgedAt: at,
  outcome: "down",
  since: at,
  probers: {
    fra: {
      standing: { vote: "down", recent: ["down"], failed: ["down"], freshAt: at, conclusiveAt: at },
      phases: { everReady: true, startingAt: at, drainingAt: at, believed: [[at, at]] },
      contradictions: 0,
      witness: { slot: 100, at, ...round },
      certificate: { notAfter: 9_000, issuer: "a CA", at },
      captured: { revision: { value: "41", at } },
      kept: { lastGood: { slot: at, ...round } },
      missed: { slot: at, reason: "timeout" },
      heardAt: at,
    },
    iad: {
      standing: { vote: "none", recent: [], failed: [] },
      phases: { everReady: false },
      contradictions: 0,
      witness: { slot: at, ...round },
    },
  },
  regions: { eu: { outcome: "down", since: at, wasBad: true, badSince: at } },
  scopes: {
    global: {
      confirmation: { at, direction: "down" },
      begun: { down: { at, calledAt: at } },
      resolvableSince: at,
      readySince: at,
      heldBy: [{ id: "fra", silentSince: 100 }],
      partial: { sums: { eu: 1 }, passes: 1, counted: 1, failed: 1 },
    },
  },
  agreement: { revision: [{ value: "41", since: at }] },
  incidents: [incident(at), incident()],
});

test.each<[at: number, now: number, clock: number, walked: number]>([
  // What is later than the new instant counts as of then, a walk as of just before it.
  [900, 500, 500, 499],
  [500, 500, 500, 499],
  [400, 500, 400, 400],
])("a state of the instant %d, by a clock that says %d", (at, now, clock, walked) => {
  const { agreement: _, scopes: { global }, probers: { fra, iad }, ...before } = stateOf(at);
  const { captured: _captured, kept: _kept, missed: _missed, ...prober } = fra!;
  expect(rebase(stateOf(at), now)).toEqual({
    ...before,
    slot: -Infinity,
    judgedAt: now,
    since: clock,
    probers: {
      fra: {
        ...prober,
        standing: { ...prober.standing, freshAt: clock, conclusiveAt: clock },
        phases: { everReady: true, startingAt: clock, drainingAt: clock },
        witness: { slot: 100, at: walked, ...round },
        certificate: { ...prober.certificate!, at: clock },
        heardAt: clock,
      },
      iad: { ...iad, witness: { slot: walked, at: walked, ...round } },
    },
    regions: { eu: { outcome: "down", since: clock, wasBad: true, badSince: clock } },
    scopes: {
      global: {
        resolvableSince: clock,
        readySince: clock,
        heldBy: global!.heldBy,
        partial: global!.partial,
      },
    },
    incidents: [incident(clock), incident()],
  });
});
