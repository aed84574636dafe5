/**
 * Schemas of `/api/v2/*.json` for the OpenAPI document: the part of Atlassian Statuspage's public "Status
 * API" that Assay fills in.
 */
import * as z from "../../../base/zod.ts";

const time = z.datetime();
const page = z.strictObject({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  time_zone: z.string(),
  updated_at: z.optional(time),
}).check(z.meta({ id: "StatuspagePage" }));
const component = z.strictObject({
  id: z.string(),
  name: z.string(),
  status: z.enum([
    "operational",
    "degraded_performance",
    "partial_outage",
    "major_outage",
    "under_maintenance",
  ]),
  created_at: time,
  updated_at: time,
  position: z.int(),
  description: z.nullable(z.string()),
  showcase: z.boolean(),
  start_date: z.null(),
  group_id: z.null(),
  page_id: z.string(),
  group: z.boolean(),
  only_show_if_degraded: z.boolean(),
}).check(z.meta({ id: "StatuspageComponent" }));
const updates = <Status extends z.ZodMiniType>(status: Status) =>
  z.array(z.strictObject({
    id: z.string(),
    incident_id: z.string(),
    status,
    body: z.string(),
    created_at: time,
    updated_at: time,
    display_at: time,
  }));
const incident = z.strictObject({
  id: z.string(),
  name: z.string(),
  status: z.enum(["investigating", "resolved"]),
  impact: z.enum(["major", "minor"]),
  created_at: time,
  started_at: time,
  updated_at: time,
  monitoring_at: z.null(),
  resolved_at: z.nullable(time),
  shortlink: z.string(),
  page_id: z.string(),
  incident_updates: updates(z.enum(["investigating", "identified", "resolved"])),
  components: z.array(component),
}).check(z.meta({ id: "StatuspageIncident" }));
const state = z.enum(["scheduled", "in_progress", "completed"]);
const maintenance = z.strictObject({
  id: z.string(),
  name: z.string(),
  status: state,
  impact: z.literal("maintenance"),
  created_at: time,
  updated_at: time,
  monitoring_at: z.null(),
  resolved_at: z.nullable(time),
  scheduled_for: time,
  scheduled_until: time,
  shortlink: z.string(),
  page_id: z.string(),
  incident_updates: updates(state),
  components: z.array(component),
}).check(z.meta({ id: "StatuspageMaintenance" }));
const status = z.strictObject({
  indicator: z.enum(["none", "minor", "major", "critical", "maintenance"]),
  description: z.string(),
}).check(z.meta({ id: "StatuspageStatus" }));

/** `status.json`. */
export const statusDocument = z.strictObject({ page, status });
/** `components.json`. */
export const componentsDocument = z.strictObject({ page, components: z.array(component) });
/** `incidents.json` and `incidents/unresolved.json`. */
export const incidentsDocument = z.strictObject({ page, incidents: z.array(incident) });
/** `scheduled-maintenances.json`, and `active.json` and `upcoming.json` below it. */
export const maintenancesDocument = z.strictObject({ page, scheduled_maintenances: z.array(maintenance) });
/** `summary.json`. */
export const summaryDocument = z.strictObject({
  page,
  components: z.array(component),
  incidents: z.array(incident),
  scheduled_maintenances: z.array(maintenance),
  status,
});
