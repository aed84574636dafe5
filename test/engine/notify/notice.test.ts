import { describe, expect, test } from "vitest";
import type { Quorum } from "../../../src/config/config.ts";
import type { Incident } from "../../../src/judgement/incident.ts";
import { event } from "../../../src/engine/notify/event.ts";
import { notices, type WebhookEvent } from "../../../src/engine/notify/mod.ts";
import type { QuorumOutcome } from "../../../src/judgement/quorum.ts";
import { config, prober, QUORUM, SLOT, state, transition } from "./incident_fixture.ts";

const THREE = { eu: ["home"], us: ["iad"], ap: ["nrt"] };
const ALL = (outcome: QuorumOutcome) => ({ eu: outcome, us: outcome, ap: outcome });
const drifting = () =>
  state({ home: prober("drift"), iad: prober("drift"), nrt: prober("drift") }, ALL("drift"));

const parsed = (body: string): WebhookEvent => event.parse(JSON.parse(body));

describe("notices", () => {
  test("two changes of one instant are two notices, and a repeat of each is none", () => {
    const { config: whole, check } = config(THREE);
    const first = transition("updated");
    const again = transition("updated");
    again.incident.timeline.push({ ...first.incident.timeline.at(-1)! });
    const ids = [first, again, first, again].map((one) =>
      notices(one, { check, state: drifting(), config: whole, slot: first.incident.timeline.at(-1)!.at })[0]!
        .id
    );
    expect(new Set(ids).size).toBe(2);
    expect(ids.slice(2)).toEqual(ids.slice(0, 2));
  });

  test("tell a person and a machine what happened, with the evidence", () => {
    const { config: whole, check } = config(THREE);
    const known = drifting();
    known.probers.nrt!.missed = { slot: SLOT, reason: "timeout" };
    known.probers.nrt!.witness!.slot = SLOT - 60_000;
    const [notice, ...others] = notices(transition("opened"), {
      check,
      state: known,
      config: whole,
      slot: SLOT,
    });
    expect(others).toEqual([]);
    expect(notice).toMatchObject({
      webhook: "oncall",
      incident: "inc_k3_0",
      type: "incident.opened",
      createdAt: SLOT,
    });
    const claim = { state: "ready", dialect: "http", httpStatus: 200 };
    const account = {
      verdict: "drift",
      vote: "drift",
      slot: "2026-11-20T10:00:00.000Z",
      ageMs: 0,
      reported: { before: claim, after: claim },
      observed: {
        outcome: "fail",
        failedStep: "place an order",
        expression: "body.state == 'accepted'",
        detail: "body.state is 'pending'",
        values: { "body.state": "'pending'" },
        totalMs: 42,
        steps: [{ name: "place an order", status: 201, requests: 1, totalMs: 42 }],
      },
    };
    expect(parsed(notice!.body)).toEqual({
      type: "incident.opened",
      timestamp: "2026-11-20T10:00:00.000Z",
      data: {
        incident: {
          id: "inc_k3_0",
          episode: 1,
          family: "service",
          kind: "drift",
          severity: "critical",
          state: "open",
          scope: "global",
          openedAt: "2026-11-20T10:00:00.000Z",
        },
        target: { id: "checkout", name: "Checkout", labels: { team: "payments" } },
        check: { id: "write", contract: "An order placed can be read back." },
        summary: "Checkout / write says ready but its journey fails: 3 of 3 regions agree " +
          "(place an order: body.state is 'pending')",
        decision: {
          outcome: "drift",
          over: "regions",
          rule: "a majority of the 3 regions reporting, at least 2 must report",
          votes: ALL("drift"),
          counts: { reporting: 3, bad: 3, good: 0, split: 0, pending: 0 },
        },
        evidence: {
          eu: { home: account },
          us: { iad: account },
          ap: {
            nrt: {
              ...account,
              slot: "2026-11-20T09:59:00.000Z",
              ageMs: 60_000,
              missed: { slot: "2026-11-20T10:00:00.000Z", reason: "timeout" },
            },
          },
        },
        links: {
          page: "https://assay.example/incidents/inc_k3_0",
          api: "https://assay.example/v1/incidents/inc_k3_0",
          target: "https://assay.example/v1/targets/checkout",
        },
      },
    });
  });

  test("of a resolved incident say when, why and how long it was", () => {
    const { config: whole, check } = config(THREE);
    const known = state({ home: prober("ready") }, { eu: "ready", us: "degraded", ap: "drift" });
    const [notice] = notices(transition("resolved", { outcome: "ready" }), {
      check,
      state: known,
      config: whole,
      slot: SLOT,
    });
    const { incident, summary, decision } = parsed(notice!.body).data;
    expect(incident).toMatchObject({
      state: "resolved",
      openedAt: "2026-11-20T09:48:00.000Z",
      resolvedAt: "2026-11-20T10:00:00.000Z",
      durationMs: 720_000,
      reason: "recovered",
    });
    expect(summary).toBe("Checkout / write has recovered after 12 min: its journey passes in 2 of 3 regions");
    expect(decision.counts).toEqual({ reporting: 3, bad: 1, good: 2, split: 0, pending: 0 });
  });

  test("of a check that has left the configuration need neither check nor state", () => {
    const { config: whole } = config(THREE);
    const [notice] = notices(transition("resolved", { outcome: "pending", reason: "removed" }), {
      config: whole,
      slot: SLOT,
    });
    const { summary, decision, target } = parsed(notice!.body).data;
    expect(summary).toBe("checkout / write has left the configuration: its incident (drift) is closed");
    expect(target).toEqual({ id: "checkout", name: "checkout", labels: {} });
    expect(decision).toMatchObject({ votes: {}, rule: "none: it has left the configuration" });
  });

  test("of an incident in one region carry that region's probers as voters, and no other evidence", () => {
    const { config: whole, check } = config({ eu: ["home", "fra", "ams"], us: ["iad"] });
    const suspect = { ...prober("drift"), aside: "suspect" as const };
    const known = state(
      { home: prober("drift"), fra: prober("ready"), ams: suspect, iad: prober("ready") },
      { eu: "drift", us: "ready" },
    );
    const [notice] = notices(transition("opened", { scope: "eu" }), {
      check,
      state: known,
      config: whole,
      slot: SLOT,
    });
    const { summary, decision, evidence } = parsed(notice!.body).data;
    expect(summary).toBe(
      "Checkout / write in eu says ready but its journey fails: 1 of 2 probers agree, 1 not reporting " +
        "(place an order: body.state is 'pending')",
    );
    expect(decision).toEqual({
      outcome: "drift",
      over: "probers",
      rule: "any one of the 2 probers reporting, at least 1 must report",
      votes: { home: "drift", fra: "ready", ams: "pending" },
      counts: { reporting: 2, bad: 1, good: 1, split: 0, pending: 1 },
    });
    expect(Object.keys(evidence)).toEqual(["eu"]);
    expect(evidence.eu!.ams!.excluded).toBe("suspect");
  });

  test.each<[string, Partial<Incident> & { outcome?: QuorumOutcome }, QuorumOutcome[], string]>([
    [
      "drift seen by a majority",
      {},
      ["drift", "drift", "ready"],
      "Checkout / write says ready but its journey fails: 2 of 3 regions agree",
    ],
    [
      "an outage of several words",
      { kind: "outage", outcome: "failing" },
      ["drift", "down", "pending"],
      "Checkout / write fails its journey: 2 of 2 regions agree, 1 not reporting",
    ],
    [
      "an honest outage",
      { kind: "outage", outcome: "not_ready" },
      ["not_ready", "not_ready", "split"],
      "Checkout / write says it is not ready, and its journey fails: 2 of 3 regions agree",
    ],
    [
      "down",
      { kind: "outage", outcome: "down" },
      ["down", "down", "down"],
      "Checkout / write does not answer its health check, and its journey fails: 3 of 3 regions agree",
    ],
    [
      "an underclaim",
      { family: "quality", kind: "underclaim", outcome: "underclaim" },
      ["underclaim", "underclaim", "unreported"],
      "Checkout / write says it is not ready but its journey passes: 2 of 3 regions agree",
    ],
    [
      "no readable report",
      { family: "quality", kind: "unreported", outcome: "unreported" },
      ["underclaim", "unreported", "ready"],
      "Checkout / write passes its journey but gives no readable health report: 2 of 3 regions agree",
    ],
    [
      "degraded",
      { family: "quality", kind: "degraded", outcome: "degraded" },
      ["degraded", "drift", "split"],
      "Checkout / write is degraded (slow, or failing in part): 2 of 3 regions agree",
    ],
    [
      "blind",
      { family: "evidence", kind: "blind", outcome: "pending" },
      ["ready", "pending", "pending"],
      "Checkout / write cannot be judged: 1 of 3 regions reporting, at least 2 needed",
    ],
    [
      "a contradiction",
      { family: "claim", kind: "contradiction", outcome: "ready" },
      ["ready", "ready", "ready"],
      "Checkout / write contradicts itself in its health report",
    ],
  ])("say in one sentence: %s", (_name, incident, [eu, us, ap], summary) => {
    const { config: whole, check } = config(THREE);
    const known = state({}, { eu: eu!, us: us!, ap: ap! });
    const told = (change: "opened" | "updated") =>
      parsed(
        notices(transition(change, incident), { check, state: known, config: whole, slot: SLOT })[0]!.body,
      ).data.summary;
    expect(told("opened")).toBe(summary);
    expect(told("updated")).toBe(summary.replace("write ", "write now "));
  });

  test.each<[name: string, incident: Partial<Incident>, reason: string | undefined, summary: string]>([
    [
      "a confirmation",
      {},
      "confirmed 25 s later by 2 of 3",
      "Checkout / write says ready but its journey fails: 3 of 3 regions agree, confirmed 25 s later by 2 of 3 (place an order: body.state is 'pending')",
    ],
    [
      "a share of the requests",
      { family: "advisory", kind: "partial" },
      "about 1 in 5",
      "Checkout / write: part of the requests fail: about 1 in 5 from every region",
    ],
    [
      "one region",
      { family: "advisory", kind: "region", scope: "eu" },
      undefined,
      "Checkout / write in eu fails its journey, and the other regions do not agree: 1 of 1 prober agrees (place an order: body.state is 'pending')",
    ],
    [
      "a certificate",
      { family: "certificate", kind: "certificate" },
      "in 5 d, 2023-11-19, issued by Example CA",
      "Checkout / write has a certificate that ends in 5 d, 2023-11-19, issued by Example CA",
    ],
    [
      "a prober",
      { family: "advisory", kind: "prober", target: "_assay", check: "prober-sin" },
      "3 min",
      "prober sin has brought nothing for 3 min",
    ],
  ])("tell what the judgement noted: %s", (_name, incident, reason, summary) => {
    const { config: whole, check } = config(THREE);
    const known = state({ home: prober("drift") }, ALL("drift"));
    const { incident: opened, change } = transition("opened", incident);
    const noted = { ...opened, timeline: opened.timeline.map((entry) => ({ ...entry, reason })) };
    const [notice] = notices({ change, incident: noted }, { check, state: known, config: whole, slot: SLOT });
    expect(parsed(notice!.body).data.summary).toBe(summary);
  });

  test("leave the id of an only check out of the sentence", () => {
    const { config: whole, check } = config(THREE);
    const [notice] = notices(transition("opened"), {
      check: { ...check, id: "default" },
      state: state({}, ALL("drift")),
      config: whole,
      slot: SLOT,
    });
    expect(parsed(notice!.body).data.summary).toBe(
      "Checkout says ready but its journey fails: 3 of 3 regions agree",
    );
  });

  test("quote the report itself where it is the matter", () => {
    const { config: whole, check } = config(THREE);
    const before = {
      state: "unreachable",
      dialect: "http",
      question: "readiness",
      at: SLOT,
      durationMs: 1,
    } as const;
    const known = state({
      home: prober("unreported", { before: { ...before, reason: "timeout: nothing within 2 s" } }),
      iad: prober("ready", { before: { ...before, contradictions: ["200 with a body that says DOWN"] } }),
    }, ALL("unreported"));
    const told = (incident: Partial<Incident>) =>
      parsed(
        notices(transition("opened", incident), { check, state: known, config: whole, slot: SLOT })[0]!.body,
      ).data.summary;
    expect(told({ family: "quality", kind: "unreported" })).toMatch(/\(timeout: nothing within 2 s\)$/);
    expect(told({ family: "claim", kind: "contradiction" })).toMatch(/\(200 with a body that says DOWN\)$/);
  });

  test.each<[string, Partial<Quorum>, string]>([
    ["all", { open: "all" }, "all of the 3 regions reporting, at least 2 must report"],
    ["any", { open: "any", minReporting: 1 }, "any one of the 3 regions reporting, at least 1 must report"],
    ["a number", { open: { atLeast: 2 } }, "at least 2 of the 3 regions reporting, at least 2 must report"],
    [
      "a fraction",
      { open: { fraction: 0.6 } },
      "at least 60 % of the 3 regions reporting, at least 2 must report",
    ],
  ])("put the rule in words: %s", (_name, quorum, words) => {
    const { config: whole, check } = config(THREE, { quorum: { ...QUORUM, ...quorum } });
    const [notice] = notices(transition("opened"), { check, state: drifting(), config: whole, slot: SLOT });
    expect(parsed(notice!.body).data.decision.rule).toBe(words);
  });

  test("resolve by the resolve rule", () => {
    const quorum = { open: "any", resolve: "all", minReporting: 2 } as const;
    const { config: whole, check } = config(THREE, { quorum });
    const [notice] = notices(transition("resolved"), { check, state: drifting(), config: whole, slot: SLOT });
    expect(parsed(notice!.body).data.decision.rule)
      .toBe("all of the 3 regions reporting not failing (and at most half failing), at least 2 must report");
  });

  test.each([
    ["incident.*", true],
    ["*", true],
    ["incident.opened", true],
    ["*.opened", true],
    ["incident.resolved", false],
    ["incident", false],
    ["incidentXopened", false],
    ["region.*", false],
  ])("go to a webhook that takes %s: %s", (glob, wanted) => {
    const webhook = { id: "hook", kind: "webhook", settings: {}, events: ["nothing", glob] };
    const { config: whole, check } = config(THREE, { webhooks: [webhook] });
    const sent = notices(transition("opened"), { check, state: drifting(), config: whole, slot: SLOT });
    expect(sent.map(({ webhook }) => webhook)).toEqual(wanted ? ["hook"] : []);
  });

  test("have ids that are stable, unique and fit for signing", () => {
    const idsOf = (
      incident: Partial<Incident>,
      slot: number,
      change: "opened" | "resolved",
      hooks: string[],
    ) => {
      const webhooks = hooks.map((id) => ({ id, kind: "webhook", settings: {}, events: ["*"] }));
      const { config: whole, check } = config(THREE, { webhooks });
      return notices(transition(change, incident), { check, state: drifting(), config: whole, slot })
        .map(({ id }) => id);
    };
    const once = () => [
      ...idsOf({ id: "inc.a" }, SLOT, "opened", ["a", "a-b", "a_b", "é"]),
      ...idsOf({ id: "inc-a" }, SLOT, "opened", ["a"]),
      ...idsOf({ id: "inc_a" }, SLOT, "opened", ["a"]),
      ...idsOf({ id: "inc_a" }, SLOT, "resolved", ["a"]),
      ...idsOf({ id: "inc_a", episode: 2 }, SLOT, "opened", ["a"]),
      ...idsOf({ id: "inc_a" }, SLOT + 1, "opened", ["a"]),
    ];
    expect(once()).toEqual(once());
    expect(new Set(once()).size).toBe(9);
    expect(once().filter((id) => !/^[A-Za-z0-9_-]+$/.test(id))).toEqual([]);
  });

  test("hold no address, reference or token of the config", () => {
    const { config: whole, check } = config(THREE);
    const [notice] = notices(transition("opened"), { check, state: drifting(), config: whole, slot: SLOT });
    expect(notice!.body).not.toMatch(/\$\{env:|shop\.example|ASSAY_TOKEN|SECRET/);
  });
});

test("evidence names the trace of a walk, and where it is looked at", () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const { config: whole, check } = config({ eu: ["fra"] });
  const traced = { ...check, trace: { url: "https://traces.example/{traceId}" } };
  const drift = state({ fra: prober("drift", { traceId }) }, { eu: "drift" });
  const observedOf = (check: typeof traced | typeof whole.checks[0]) => {
    const [notice] = notices(transition("opened"), { check, state: drift, config: whole, slot: SLOT });
    return JSON.parse(notice!.body).data.evidence.eu.fra.observed;
  };
  expect(observedOf(traced)).toMatchObject({ traceId, traceUrl: `https://traces.example/${traceId}` });
  expect(observedOf(check)).toMatchObject({ traceId });
  expect(observedOf(check)).not.toHaveProperty("traceUrl");
});
