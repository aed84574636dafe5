/**
 * `/api/v2/*.json` in the format of Atlassian Statuspage (its public "Status API"), so that aggregators can
 * read Assay. Public, and as coarse as `/v1/status`: a component is a target; checks, regions and probers are
 * not visible.
 *
 * Without fresh evidence a component is `degraded_performance` and its description says so. The format has no
 * status for "unknown": green would be wrong, and a prober's fault is not an outage. A component that is not
 * operational during an announced maintenance is `under_maintenance`.
 */
import { Hono } from "../../hono.ts";
import { cors } from "hono/cors";
import type { Config, Target } from "../../../config/config.ts";
import type { Incident } from "../../../judgement/incident.ts";
import type { States } from "../../../storage/codec.ts";
import { isFailed } from "../../../judgement/words.ts";
import { requiredChecks } from "../../../config/required.ts";
import { memoize } from "../../../base/cache.ts";
import { outcomeOf } from "../../../judgement/current_outcome.ts";
import { inMaintenance, type Maintenance, maintenances } from "../views/maintenances.ts";
import { outages } from "../views/outages.ts";
import { publicStatus, type TargetStatus } from "../views/status.ts";
import { maintenancesOf, statusPageIncident } from "../views/statuspage.ts";
import { listNewestComments } from "../../../storage/records/comments.ts";
import { iso } from "../../../base/time.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

type ComponentStatus =
  | "operational"
  | "degraded_performance"
  | "partial_outage"
  | "major_outage"
  | "under_maintenance";

/** Number of incidents read. Several may be one public incident. */
const READ = 100;
/** Statuspage's own maximum. */
const SHOWN = 50;

/** Routes of all documents. */
export function routes(
  { ports: { clock }, config, store, states, silences }: Pick<
    ResourceContext,
    "ports" | "config" | "store" | "states" | "silences"
  >,
): Hono {
  const app = new Hono();
  app.use("/api/v2/*", cors({ origin: "*", allowMethods: ["GET", "HEAD"] }));
  const readView = memoize(clock, async () => {
    const nowMs = clock.now();
    const planned = maintenances(config, await silences(), nowMs);
    const comments = await listNewestComments(store);
    return { ...view(config, await states(), { nowMs, planned, comments }), planned, comments };
  });
  const readNewest = memoize(clock, () => store.listIncidents({ limit: READ }));

  app.get("/api/v2/status.json", async (c) => {
    const { page, status } = await readView();
    return c.json({ page, status });
  });
  app.get("/api/v2/components.json", async (c) => {
    const { page, components } = await readView();
    return c.json({ page, components });
  });
  app.get("/api/v2/summary.json", async (c) => {
    const { page, status, components, open, planned } = await readView();
    const scheduled_maintenances = maintenancesOf(
      planned.filter(({ state }) => state !== "completed"),
      components,
      page.url,
    );
    return c.json({ page, components, incidents: open, scheduled_maintenances, status });
  });
  for (const [path, states] of Object.entries(MAINTENANCES)) {
    app.get(`/api/v2/${path}.json`, async (c) => {
      const { page, components, planned } = await readView();
      const shown = planned.filter(({ state }) => states.includes(state)).slice(0, SHOWN);
      return c.json({ page, scheduled_maintenances: maintenancesOf(shown, components, page.url) });
    });
  }
  app.get("/api/v2/incidents/unresolved.json", async (c) => {
    const { page, open } = await readView();
    return c.json({ page, incidents: open });
  });
  app.get("/api/v2/incidents.json", async (c) => {
    const { page, components, unresolved, comments } = await readView();
    const { items } = await readNewest();
    const all = new Map([...items, ...unresolved].map((incident) => [incident.id, incident]));
    const incidents = publicIncidents(config, [...all.values()], { components, comments });
    return c.json({ page, incidents: incidents.slice(0, SHOWN) });
  });
  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(schemas: Schemas): Operation[] {
  const pages = [
    ["status", "getPageStatus", "The overall status", schemas.statusDocument],
    ["components", "listPageComponents", "Targets as components", schemas.componentsDocument],
    ["summary", "getPageSummary", "Status, components, open incidents", schemas.summaryDocument],
    ["incidents", "listPageIncidents", "The newest 50 incidents", schemas.incidentsDocument],
    ["incidents/unresolved", "listPageUnresolved", "Open incidents", schemas.incidentsDocument],
    [
      "scheduled-maintenances",
      "listPageMaintenances",
      "Past (one week), current and planned maintenances",
      schemas.maintenancesDocument,
    ],
    [
      "scheduled-maintenances/active",
      "listPageActiveMaintenances",
      "Current maintenances",
      schemas.maintenancesDocument,
    ],
    [
      "scheduled-maintenances/upcoming",
      "listPageUpcomingMaintenances",
      "Planned maintenances",
      schemas.maintenancesDocument,
    ],
  ] as const;
  return pages.map(([name, id, summary, schema]): Operation => ({
    method: "get",
    path: `/api/v2/${name}.json`,
    id,
    summary,
    tag: "statuspage",
    access: "public",
    answers: { 200: jsonAnswer("In the format of Statuspage's status API", schema) },
  }));
}

type Component = ReturnType<typeof componentOf>;
type Comments = Awaited<ReturnType<typeof listNewestComments>>;

/** The maintenance documents, and the states that each includes. */
const MAINTENANCES: Record<string, readonly Maintenance["state"][]> = {
  "scheduled-maintenances": ["scheduled", "in_progress", "completed"],
  "scheduled-maintenances/active": ["in_progress"],
  "scheduled-maintenances/upcoming": ["scheduled"],
};

function view(
  config: Config,
  states: States,
  { nowMs, planned, comments }: { nowMs: number; planned: readonly Maintenance[]; comments: Comments },
) {
  const maintained = inMaintenance(planned);
  const coarse = new Map(publicStatus(config, states, nowMs).targets.map(({ id, status }) => [id, status]));
  const unresolved = config.checks.flatMap(({ key }) => states[key]?.incidents ?? [])
    .filter(({ state }) => state === "open");
  const majorOutages = new Set(
    outages(config, unresolved).filter(({ impact }) => impact === "major").map(({ target }) => target),
  );
  const components = config.targets.map((target, at) => {
    const word = coarse.get(target.id) ?? "unknown";
    const failed = requiredChecks(target).map((check) =>
      isFailed(outcomeOf(check, states[check.key], nowMs))
    );
    const own = statusOf(word, failed.every(Boolean), majorOutages.has(target.id));
    const isExcused = maintained.has(target.id) && own !== "operational" && word !== "unknown";
    const status = isExcused ? "under_maintenance" : own;
    const changes = target.checks.flatMap(({ key }) => states[key]?.since ?? []);
    return componentOf(target, {
      position: at + 1,
      status,
      unknown: word === "unknown",
      since: iso(Math.max(...changes, 0) || nowMs)!,
    });
  });
  const updated_at = components.map((component) => component.updated_at).toSorted().at(-1);
  return {
    page: { id: "assay", name: "Assay", url: config.publicUrl ?? "", time_zone: "Etc/UTC", updated_at },
    status: overallStatus(components),
    components,
    unresolved,
    open: publicIncidents(config, unresolved, { components, comments }).slice(0, SHOWN),
  };
}

/** `partial_outage`: some required checks failed, or a major outage is not over. */
function statusOf(word: TargetStatus, allFailed: boolean, hasMajorOutage: boolean): ComponentStatus {
  if (allFailed) return "major_outage";
  if (word === "not_ready" || hasMajorOutage) return "partial_outage";
  return word === "ready" ? "operational" : "degraded_performance";
}

function componentOf(
  { id, name }: Target,
  { position, status, unknown, since }: {
    position: number;
    status: ComponentStatus;
    unknown: boolean;
    since: string;
  },
) {
  return {
    id,
    name,
    status,
    created_at: since,
    updated_at: since,
    position,
    description: unknown ? "Status unknown: there is not enough evidence" : null,
    showcase: false,
    start_date: null,
    group_id: null,
    page_id: "assay",
    group: false,
    only_show_if_degraded: false,
  };
}

/** Overall status, worst first. */
const OVERALL: readonly [
  holds: (all: readonly Component[]) => boolean,
  indicator: string,
  description: string,
][] = [
  [(all) => all.every(({ status }) => status === "major_outage"), "critical", "Major System Outage"],
  [(all) => all.some(({ status }) => status === "major_outage"), "major", "Partial System Outage"],
  [(all) => all.some(({ status }) => status === "partial_outage"), "major", "Partial System Outage"],
  [(all) => all.every(({ description }) => description !== null), "minor", "Status Unknown"],
  [(all) => all.some(({ description }) => description !== null), "minor", "Status Partially Unknown"],
  [
    (all) => all.some(({ status }) => status === "degraded_performance"),
    "minor",
    "Partially Degraded Service",
  ],
  [
    (all) => all.some(({ status }) => status === "under_maintenance"),
    "maintenance",
    "Service Under Maintenance",
  ],
  [() => true, "none", "All Systems Operational"],
];

function overallStatus(components: readonly Component[]) {
  const [, indicator, description] = OVERALL.find(([holds]) => holds(components))!;
  return { indicator, description };
}

/** Public incidents, newest first, without targets that left the config. */
function publicIncidents(
  config: Config,
  incidents: readonly Incident[],
  { components, comments }: { components: readonly Component[]; comments: Comments },
) {
  const known = new Map(components.map((component) => [component.id, component]));
  return outages(config, incidents, comments).filter(({ target }) => known.has(target))
    .map((outage) => statusPageIncident(outage, known.get(outage.target)!, config.publicUrl ?? ""));
}
