/** Loads the data of a check on its target's page. */
import type { Check } from "../../config/config.ts";
import { isAbout } from "../../config/maintenance_window.ts";
import { periodMs } from "../../config/schedule.ts";
import { admissionFigures } from "../../judgement/admission.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../base/time.ts";
import { type BandSet, type BandWindow, LEVEL_WINDOWS } from "../../storage/history/bands.ts";
import { slotsOf } from "../../storage/history/slots.ts";
import { readSeries } from "../../storage/history/series.ts";
import { subjectOf } from "../../storage/records/silences.ts";
import type { States } from "../../storage/codec.ts";
import { checkView } from "../api/views/status.ts";
import type { Day } from "./day.tsx";
import { marksOf } from "./marks.ts";
import { MOST_LANE_MS, type Sources } from "./sources.ts";
import type { CheckData } from "./target_page.tsx";
import type { CheckView } from "./words.ts";

/** Slots of a lane, and the least time that they cover. */
const SLOTS = 60;
const LEAST_LANE_MS = 5 * MINUTE_MS;
/** Slots of the shortest lane, for a check that has been watched for a short time only. */
const LEAST_SLOTS = 10;
/** Maximum number of incidents that a status page is measured by, newest first. */
const MAX_INCIDENTS = 200;
/** Maximum number of incidents drawn into the last day. */
const MAX_DAY_INCIDENTS = 50;

/** Loads a check with its lanes, its last day and its service levels. */
export async function loadCheck(
  sources: Sources,
  readBands: (window: BandWindow, nowMs: number) => Promise<BandSet>,
  check: Check,
  { states, nowMs }: { states: States; nowMs: number },
): Promise<CheckData> {
  const { config, store, packing, rollouts, errorBudget, slo } = sources;
  const view = checkView(config, check, { state: states[check.key], nowMs });
  const stepMs = periodMs(check, nowMs);
  const oldest = nowMs - Math.min(MOST_LANE_MS, Math.max(LEAST_LANE_MS, SLOTS * stepMs));
  const deployments = await rollouts.list(check.target.id);
  const [slots, day, budget, ...bands] = await Promise.all([
    slotsOf(store, packing, check, { from: oldest, to: nowMs }),
    loadDay(sources, check, deployments, nowMs),
    errorBudget(check),
    ...LEVEL_WINDOWS.map((window) => readBands(window, nowMs)),
  ]);
  const from = Math.max(oldest, Math.min(slots[0]?.at ?? oldest, nowMs - LEAST_SLOTS * stepMs));
  return {
    ...{ check, view, slots, from, to: nowMs, stepMs, day },
    objective: budget && slo?.Objective({ budget }),
    marks: marksOf(from, nowMs).instants(deployments),
    bands: bands.map((past, i) => ({
      window: LEVEL_WINDOWS[i]!,
      from: past.from,
      ...past.bandOf(check.key),
    })),
    admission: isStatusPage(view) ? await loadAdmission(sources, check) : undefined,
  };
}

const isStatusPage = ({ regions }: CheckView) =>
  regions.some(({ probers }) => probers.some(({ reported }) => reported?.question === "status_page"));

async function loadAdmission({ store }: Pick<Sources, "store">, { id, target }: Check) {
  const { items } = await store.listIncidents({ target: target.id, check: id, limit: MAX_INCIDENTS });
  return admissionFigures(items);
}

/** The last day by hour, with its events. */
async function loadDay(
  { ports: { clock }, config, store, packing, silences: readSilences }: Sources,
  check: Check,
  deployments: readonly { at: number }[],
  nowMs: number,
): Promise<Day> {
  const from = Math.floor((nowMs - DAY_MS) / HOUR_MS) * HOUR_MS;
  const to = Math.floor(nowMs / HOUR_MS) * HOUR_MS + HOUR_MS;
  const [hours, silences, { items }] = await Promise.all([
    readSeries({ store, config, packing, clock }, check, { fromMs: from, nowMs }),
    readSilences(),
    store.listIncidents({ target: check.target.id, check: check.id, limit: MAX_DAY_INCIDENTS }),
  ]);
  const { instants, spans } = marksOf(from, to);
  const events = {
    deployments: instants(deployments),
    silences: spans(silences.filter(({ match }) => isAbout(match, subjectOf(check)))),
    incidents: spans(
      items.map(({ openedAt, resolvedAt = nowMs }) => ({ from: openedAt, until: resolvedAt })),
    ),
  };
  return { from, to, hours, events };
}
