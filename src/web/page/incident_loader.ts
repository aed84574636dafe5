/** Loads the data of an incident's page. */
import type { Config } from "../../config/config.ts";
import { periodMs } from "../../config/schedule.ts";
import type { Incident } from "../../judgement/incident.ts";
import { isFailed, isPoor } from "../../judgement/words.ts";
import { DAY_MS, MINUTE_MS } from "../../base/time.ts";
import { type Slot, slotsOf } from "../../storage/history/slots.ts";
import { acknowledgementOf, listComments } from "../../storage/records/comments.ts";
import { commentView } from "../api/views/status.ts";
import type { IncidentLanes } from "./incident_evidence.tsx";
import type { IncidentData } from "./incident_page.tsx";
import { MOST_LANE_MS, type Sources } from "./sources.ts";
import { marksOf } from "./marks.ts";
import { pointOf } from "./target_page.tsx";

/** Maximum number of slots in the lanes after the opening. */
const MAX_SLOTS = 360;
/** Slots before the opening and after the end. */
const SLOTS_BEFORE = 12;
const SLOTS_AFTER = 6;

/** Loads an incident with its comments, notices, deployments and lanes. `operate`: whether the reader may act. */
export async function loadIncident(
  { config, store, packing, rollouts }: Pick<Sources, "config" | "store" | "packing" | "rollouts">,
  incident: Incident,
  operate: boolean,
  nowMs: number,
): Promise<IncidentData> {
  const { id, target, openedAt, scope } = incident;
  const check = config.checks.find(({ key }) => key === `${target}/${incident.check}`);
  const stepMs = check ? periodMs(check, openedAt) : MINUTE_MS;
  const { from, to } = rangeOf(incident, stepMs, nowMs);
  const [comments, { items: deliveries }, rolledOut, slots] = await Promise.all([
    listComments(store, id),
    store.listDeliveries({ incident: id, limit: 200 }),
    rollouts.list(target),
    check ? slotsOf(store, packing, check, { from, to }) : [],
  ]);
  const deployments = rolledOut.filter(({ at }) =>
    at >= openedAt - DAY_MS && at <= (incident.resolvedAt ?? nowMs)
  );
  return {
    ...{ incident, nowMs, deliveries, deployments, operate, from, to, stepMs },
    comments: comments.map(commentView),
    taken: acknowledgementOf(incident, comments),
    badSince: badSinceOf(incident, slots),
    lanes: slots.length === 0 ? [] : lanesOf(config, scope, slots),
    marks: marksOf(from, to).instants(deployments),
  };
}

/** The period of the lanes. It is limited, because reading it reads every slot of the check's shard. */
function rangeOf({ openedAt, resolvedAt }: Incident, stepMs: number, nowMs: number) {
  const end = (resolvedAt ?? nowMs) + SLOTS_AFTER * stepMs;
  return {
    from: openedAt - Math.min(MOST_LANE_MS, SLOTS_BEFORE * stepMs),
    to: Math.min(nowMs, end, openedAt + Math.min(MOST_LANE_MS, MAX_SLOTS * stepMs)),
  };
}

/** When the run of failed or flawed slots that led to the incident began. */
function badSinceOf({ family, openedAt }: Incident, slots: readonly Slot[]): number | undefined {
  if (family === "evidence" || family === "claim") return undefined;
  const isBad = family === "quality" ? isPoor : isFailed;
  const before = slots.filter(({ at }) => at <= openedAt);
  const first = before.findLastIndex(({ traces }) => !traces.some(({ word }) => isBad(word))) + 1;
  return before[first]?.at;
}

/** One lane per prober in the incident's scope. */
const lanesOf = ({ regions }: Config, scope: string, slots: readonly Slot[]): IncidentLanes["lanes"] =>
  regions.filter(({ id }) => scope === "global" || id === scope)
    .flatMap(({ probers }) => probers)
    .map(({ id }) => ({ prober: id, points: slots.map((slot) => pointOf(slot, id)) }));
