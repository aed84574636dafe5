import { describe, expect, test } from "vitest";
import * as z from "../../../../src/base/zod.ts";
import { openSqlite } from "../../../../functions/deno/sqlite.ts";
import { DIALECTS } from "../../../../src/evidence/report/mod.ts";
import { read } from "../../../../src/evidence/report/read.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import type { ScriptedAnswer } from "../../../world/scripted_probers.ts";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { START } from "../../../world/test_env.ts";
import { type ApiFixture, apiFixture, withToken } from "../api_fixture.ts";

const MINUTE = 60_000;
const iso = (at: number) => new Date(at).toISOString();

/** Two services, one of which has two checks, of which one judges each region apart; with words that nobody else uses. */
const TWO = withToken(threeRegions([
  ["version: 1", "version: 1\npublicUrl: https://status.public.example"],
  ["id: eu", "id: zoneone"],
  ["id: us", "id: zonetwo"],
  ["id: ap", "id: zonethree"],
  ["- id: shop", '- id: shop\n    name: "The <shop>"\n    labels: { labelkey: labelvalue }'],
  ["https://shop.example", "https://internal-host.example"],
  ["{ id: read,", '{ id: checkone, contract: "A sentence of contract.", scope: region,'],
  [
    "webhooks:",
    `      - { id: checktwo, journey: [{ request: { path: /secret-path }, expect: status == 200 }] }
  - { id: till, url: https://till.example, checks: [{ id: checkthree, journey: [{ request: { path: / }, expect: status == 200 }] }] }
maintenance:
  - { id: night, match: { labels: { labelkey: "*" } }, reason: "We sweep.", from: ${
      iso(START + 3 * MINUTE)
    }, duration: 5m }
  - { id: inner, match: { target: "*" }, reason: internal-host, from: ${
      iso(START + 3 * MINUTE)
    }, duration: 5m, public: false }
webhooks:`,
  ],
]));
const INTERNAL =
  /zone(one|two|three)|fra|iad|"sin|check(one|two|three)|contract|label(key|value)|internal-host|secret|look|body\.|global|quorum|tok-|hooks|inc_/;

const MAINTENANCES = [
  "scheduled-maintenances",
  "scheduled-maintenances/active",
  "scheduled-maintenances/upcoming",
] as const;
const PATHS = [
  "status",
  "summary",
  "components",
  "incidents",
  "incidents/unresolved",
  ...MAINTENANCES,
] as const;
const get = (shop: ApiFixture, path: string) => shop.call(`/api/v2/${path}.json`, { token: null });

/** The fields of the public "Status API" of a Statuspage, as each page documents them under /api. */
const instant = z.iso.datetime({ offset: true });
const page = z.object({ id: z.string(), name: z.string(), url: z.string(), updated_at: instant });
const status = z.strictObject({
  indicator: z.enum(["none", "minor", "major", "critical", "maintenance"]),
  description: z.string(),
});
const component = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum([
    "operational",
    "degraded_performance",
    "partial_outage",
    "major_outage",
    "under_maintenance",
  ]),
  created_at: instant,
  updated_at: instant,
  position: z.int(),
  description: z.nullable(z.string()),
  page_id: z.string(),
});
const state = z.enum(["investigating", "identified", "monitoring", "resolved", "postmortem"]);
const updates = <Status extends z.ZodMiniType>(status: Status) =>
  z.array(z.object({
    id: z.string(),
    incident_id: z.string(),
    status,
    body: z.string(),
    created_at: instant,
    updated_at: instant,
    display_at: instant,
  }));
const incident = z.object({
  id: z.string(),
  name: z.string(),
  status: state,
  impact: z.enum(["none", "minor", "major", "critical"]),
  created_at: instant,
  updated_at: instant,
  monitoring_at: z.nullable(instant),
  resolved_at: z.nullable(instant),
  shortlink: z.string(),
  page_id: z.string(),
  incident_updates: updates(state),
});
const maintained = z.enum(["scheduled", "in_progress", "verifying", "completed"]);
const maintenance = z.object({
  ...incident.shape,
  status: maintained,
  impact: z.literal("maintenance"),
  scheduled_for: instant,
  scheduled_until: instant,
  incident_updates: updates(maintained),
});
const maintenances = z.strictObject({ page, scheduled_maintenances: z.array(maintenance) });
const SHAPES = {
  status: z.strictObject({ page, status }),
  summary: z.strictObject({
    page,
    status,
    components: z.array(component),
    incidents: z.array(incident),
    scheduled_maintenances: z.array(maintenance),
  }),
  components: z.strictObject({ page, components: z.array(component) }),
  incidents: z.strictObject({ page, incidents: z.array(incident) }),
  "incidents/unresolved": z.strictObject({ page, incidents: z.array(incident) }),
  "scheduled-maintenances": maintenances,
  "scheduled-maintenances/active": maintenances,
  "scheduled-maintenances/upcoming": maintenances,
};

const STORES = [["memory", memoryStore], ["sqlite", () => openSqlite(":memory:")]] as const;

describe.each(STORES)("the Statuspage shape over the %s store", (_, open) => {
  test("holds through an outage and after it, for anybody, and tells nothing internal", async () => {
    const shop = await apiFixture({ text: TWO, store: open() });
    for (const said of ["ready", "drift", "underclaim", "silent", "ready"] as const) {
      shop.script.set(said);
      await shop.runMinutes(3);
      for (const path of PATHS) {
        const { status, headers, body, text } = await get(shop, path);
        expect([status, headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
        expect(SHAPES[path].safeParse(body).error, path).toBe(undefined);
        expect(text, path).not.toMatch(INTERNAL);
      }
    }
    expect((await get(shop, "incidents")).body.incidents.length).toBeGreaterThan(0);
  });

  test("an incident is opened and resolved, by name, impact and times", async () => {
    const shop = await apiFixture({ store: open() });
    shop.script.set("drift");
    await shop.runMinutes(2);
    const { body: { incidents: [unresolved] } } = await get(shop, "incidents/unresolved");
    expect(unresolved).toMatchObject({
      name: "shop is not ready",
      status: "investigating",
      impact: "major",
      created_at: iso(START + MINUTE),
      resolved_at: null,
      components: [{ id: "shop", status: "major_outage" }],
    });
    shop.script.set("ready");
    await shop.runMinutes(2);
    expect((await get(shop, "incidents/unresolved")).body.incidents).toEqual([]);
    const { body: { incidents } } = await get(shop, "incidents");
    expect(incidents).toMatchObject([{
      id: unresolved.id,
      status: "resolved",
      resolved_at: iso(START + 3 * MINUTE),
    }]);
    expect(incidents[0].incident_updates.map(({ status }: { status: string }) => status)).toEqual([
      "resolved",
      "investigating",
    ]);
  });
});

describe("the word of a component", () => {
  /** What the check of the threefold shop says, the component, the indicator of the page, and what our own reader makes of it. */
  const WORDS: [said: ScriptedAnswer, status: string, indicator: string, read: string][] = [
    ["ready", "operational", "none", "ready"],
    ["underclaim", "degraded_performance", "minor", "degraded"],
    ["drift", "major_outage", "critical", "not_ready"],
    ["down", "major_outage", "critical", "not_ready"],
    ["inconclusive", "degraded_performance", "minor", "degraded"],
  ];

  test.each(WORDS)(
    "where it is %s is %s, the page %s, and reads back as %s",
    async (said, status, indicator, state) => {
      const shop = await apiFixture();
      shop.script.set(said);
      await shop.runMinutes(2);
      const { body, text, headers } = await get(shop, "summary");
      expect(body.components).toMatchObject([{ id: "shop", name: "shop", status }]);
      expect(body.status.indicator).toBe(indicator);
      const url = new URL("https://assay.example/api/v2/summary.json");
      const report = read({ url, status: 200, headers, text }, { dialect: "auto" }, DIALECTS);
      expect([report.dialect, report.state]).toEqual(["statuspage", state]);
    },
  );

  test("is never green once the evidence is stale, and says that it is not known", async () => {
    const shop = await apiFixture();
    await shop.runMinutes();
    expect((await get(shop, "status")).body.status).toEqual({
      indicator: "none",
      description: "All Systems Operational",
    });
    await shop.clock.advance(10 * MINUTE);
    expect((await get(shop, "status")).body.status).toEqual({
      indicator: "minor",
      description: "Status Unknown",
    });
    expect((await get(shop, "components")).body.components).toMatchObject([{
      status: "degraded_performance",
      description: "Status unknown: there is not enough evidence",
    }]);
  });

  test("is partial_outage where one of its checks failed and another did not", async () => {
    const shop = await apiFixture({ text: TWO });
    for (const prober of ["fra", "iad", "sin"]) shop.script.set("down", prober, "shop/checktwo");
    await shop.runMinutes(2);
    const { body } = await get(shop, "summary");
    expect(body.components.map(({ id, status }: { id: string; status: string }) => [id, status])).toEqual([
      ["shop", "partial_outage"],
      ["till", "operational"],
    ]);
    expect(body.status).toEqual({ indicator: "major", description: "Partial System Outage" });
  });

  test("is partial_outage while a region that is judged apart is out, though the others outvote it", async () => {
    const shop = await apiFixture({ text: TWO });
    shop.script.set("drift", "fra", "shop/checkone");
    await shop.runMinutes(2);
    expect((await get(shop, "components")).body.components[0].status).toBe("partial_outage");
  });
});

describe("incidents to the public", () => {
  test("of all checks and regions of a service are one while they overlap, so that nobody can count them", async () => {
    const shop = await apiFixture({ text: TWO });
    shop.script.set("drift");
    await shop.runMinutes(3);
    // Three regions of one check, and another check; and the one check of the till.
    expect((await shop.call("/v1/incidents")).body.incidents).toHaveLength(5);
    for (const path of ["incidents", "incidents/unresolved"]) {
      expect((await get(shop, path)).body.incidents.map(({ name }: { name: string }) => name).toSorted())
        .toEqual(["The <shop> is not ready", "till is not ready"]);
    }
  });

  test("that do not overlap are two, newest first", async () => {
    const shop = await apiFixture({ text: TWO });
    for (const said of ["drift", "ready", "down", "ready"] as const) {
      for (const prober of ["fra", "iad", "sin"]) shop.script.set(said, prober, "till/checkthree");
      await shop.runMinutes(2 + 11);
    }
    const { incidents } = (await get(shop, "incidents")).body;
    expect(incidents).toHaveLength(2);
    expect(incidents[0].created_at > incidents[1].created_at).toBe(true);
    expect(new Set(incidents.map(({ id }: { id: string }) => id)).size).toBe(2);
  });

  test("are none where only the probers are blind", async () => {
    const shop = await apiFixture();
    await shop.runMinutes();
    shop.script.set("silent");
    await shop.runMinutes(7);
    const { incidents } = (await shop.call("/v1/incidents")).body;
    expect(incidents.map(({ kind }: { kind: string }) => kind)).toEqual([
      "blind",
      "prober",
      "prober",
      "prober",
    ]);
    expect((await get(shop, "incidents")).body.incidents).toEqual([]);
  });
});

describe("a maintenance that the config announces", () => {
  const counts = async (shop: ApiFixture) => {
    const all = await Promise.all(
      MAINTENANCES.map(async (path) => (await get(shop, path)).body.scheduled_maintenances.length),
    );
    const { scheduled_maintenances } = (await get(shop, "summary")).body;
    return [...all, scheduled_maintenances.length];
  };

  test("is upcoming, active and over, by name and times", async () => {
    const shop = await apiFixture({ text: TWO });
    const read = async () => (await get(shop, "scheduled-maintenances")).body.scheduled_maintenances[0];
    await shop.runMinutes(1);
    expect(await counts(shop)).toEqual([1, 0, 1, 1]);
    expect(await read()).toMatchObject({
      ...{ name: "We sweep.", status: "scheduled", impact: "maintenance", resolved_at: null },
      ...{ scheduled_for: iso(START + 3 * MINUTE), scheduled_until: iso(START + 8 * MINUTE) },
      components: [{ id: "shop", status: "operational" }],
    });
    await shop.runMinutes(3);
    expect(await counts(shop)).toEqual([1, 1, 0, 1]);
    expect(await read()).toMatchObject({ status: "in_progress", components: [{ status: "operational" }] });
    await shop.runMinutes(4);
    expect(await counts(shop)).toEqual([1, 0, 0, 0]);
    expect(await read()).toMatchObject({ status: "completed", resolved_at: iso(START + 8 * MINUTE) });
  });

  test("excuses what is not well while it lasts, and nothing else", async () => {
    const shop = await apiFixture({ text: TWO });
    const components = async () => {
      const { status, components } = (await get(shop, "summary")).body;
      return [status.indicator, ...components.map(({ status }: { status: string }) => status)];
    };
    await shop.runMinutes(4);
    shop.script.set("down", undefined, "shop/checkone");
    shop.script.set("down", undefined, "shop/checktwo");
    await shop.runMinutes(2);
    expect(await components()).toEqual(["maintenance", "under_maintenance", "operational"]);
    shop.script.set("down", undefined, "till/checkthree");
    await shop.runMinutes(1);
    expect(await components()).toEqual(["major", "under_maintenance", "major_outage"]);
    await shop.runMinutes(1);
    // It is over.
    expect(await components()).toEqual(["critical", "major_outage", "major_outage"]);
  });
});
