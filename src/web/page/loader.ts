/** Loads what the pages show, from the store and the views of the API. */
import { memoize } from "../../base/cache.ts";
import { DAY_MS, iso } from "../../base/time.ts";
import type { Check, Config, Target } from "../../config/config.ts";
import { isAbout } from "../../config/maintenance_window.ts";
import { requiredChecks } from "../../config/required.ts";
import { staleAt } from "../../config/schedule.ts";
import type { Incident } from "../../judgement/incident.ts";
import type { CheckState } from "../../judgement/state.ts";
import type { States } from "../../storage/codec.ts";
import { bandReader, type BandSet, type BandWindow } from "../../storage/history/bands.ts";
import {
  acknowledgementOf,
  type IncidentComment,
  listNewestComments,
} from "../../storage/records/comments.ts";
import { type Deployment, listDeployments } from "../../storage/records/deployments.ts";
import { activeSilence, type Silence, subjectOf } from "../../storage/records/silences.ts";
import { type Maintenance, maintenances } from "../api/views/maintenances.ts";
import { targetView } from "../api/views/status.ts";
import { loadCheck } from "./check_loader.ts";
import { loadIncident } from "./incident_loader.ts";
import type { IncidentData } from "./incident_page.tsx";
import type { Freshness } from "./layout.tsx";
import { marksOf } from "./marks.ts";
import type { Row } from "./row.ts";
import type { Sources } from "./sources.ts";
import type { CheckData } from "./target_page.tsx";
import { outcomeRank } from "./words.ts";

/** Maximum number of deployments, of all targets, that an overview reads. */
const MAX_DEPLOYMENTS = 5_000;
/** Maintenances that start later are not announced yet. */
const ANNOUNCED_MS = 30 * DAY_MS;
/** How much longer than the age limit of evidence a slot may take to be settled and shown. */
const GRACE_MS = 10_000;

/** The data of all pages. Times are epoch ms. */
export interface PageLoader {
  /** One row per target. */
  rows(targets: readonly Target[], states: States, window: BandWindow, nowMs: number): Promise<Row[]>;
  checkData(check: Check, states: States, nowMs: number): Promise<CheckData>;
  incidentData(incident: Incident, operate: boolean, nowMs: number): Promise<IncidentData>;
  /** The newest comments by incident id. */
  comments(): Promise<ReadonlyMap<string, IncidentComment[]>>;
  /** A 90-day history of any target. */
  histories(nowMs: number): Promise<(target: Target) => Pick<Row, "band" | "from">>;
  /** Public maintenances that are in progress or start within 30 days. */
  planned(nowMs: number): Promise<Maintenance[]>;
  /** Text about the target's active silence, or else its next maintenance. */
  silenceText(target: Target, nowMs: number): Promise<string | undefined>;
  freshness(states: States, nowMs: number): Freshness;
}

/** Creates a loader. */
export function pageLoader(sources: Sources): PageLoader {
  const { ports: { clock }, config, store, packing, silences, changeCount } = sources;
  const readBands = bandReader(config, store, packing, clock);
  const comments = memoize(clock, () => listNewestComments(store), changeCount);
  const readDeployments = memoize(
    clock,
    async () => Map.groupBy(await listDeployments(store, MAX_DEPLOYMENTS), ({ target }) => target),
    changeCount,
  );
  const lateMs = lateness(config);
  return {
    comments,
    async rows(targets, states, window, nowMs) {
      const [bands, silenced, deployments, commentsById] = await Promise.all([
        readBands(window, nowMs),
        silences(),
        readDeployments(),
        comments(),
      ]);
      const lately = silenced.filter(({ until }) => until > bands.from);
      const records = { bands, silences: lately, deployments, comments: commentsById };
      return targets.map((target) => rowOf(config, target, records, { states, nowMs }));
    },
    checkData: (check, states, nowMs) => loadCheck(sources, readBands, check, { states, nowMs }),
    incidentData: (incident, operate, nowMs) => loadIncident(sources, incident, operate, nowMs),
    async histories(nowMs) {
      const { from, bandOfTarget } = await readBands("90d", nowMs);
      return (target) => ({ band: bandOfTarget(target), from });
    },
    async planned(nowMs) {
      const all = maintenances(config, await silences(), nowMs);
      return all.filter(({ state, from }) => state !== "completed" && from - nowMs <= ANNOUNCED_MS)
        .toReversed();
    },
    silenceText: async (target, nowMs) => silenceText(target, await silences(), nowMs),
    freshness(states, nowMs) {
      const newest = Math.max(...Object.values(states).map(({ slot }) => slot));
      const slot = Number.isFinite(newest) ? newest : undefined;
      return { nowMs, lateMs: lateMs(slot ?? nowMs), slot };
    },
  };
}

/** The records that rows are made of. */
interface RowRecords {
  bands: BandSet;
  silences: readonly Silence[];
  deployments: ReadonlyMap<string, readonly Pick<Deployment, "at">[]>;
  comments: ReadonlyMap<string, IncidentComment[]>;
}

function rowOf(
  config: Config,
  target: Target,
  { bands: { from, to, bandOfTarget }, silences, deployments, comments }: RowRecords,
  { states, nowMs }: { states: States; nowMs: number },
): Row {
  const required = new Set(requiredChecks(target).map(({ id }) => id));
  const views = targetView(config, target, { states, nowMs }).checks.filter(({ id }) => required.has(id));
  const check = views.reduce((worst, view) =>
    outcomeRank(view.outcome) < outcomeRank(worst.outcome) ? view : worst
  );
  const subject = subjectOf(target.checks.find(({ id }) => id === check.id)!);
  const own = silences.filter(({ match }) => isAbout(match, subject));
  const { instants, spans } = marksOf(from, to);
  const active = activeSilence(own, subject, nowMs);
  return {
    target,
    check,
    band: bandOfTarget(target),
    from,
    events: { deployments: instants(deployments.get(target.id) ?? []), silences: spans(own) },
    silenced: active && (active.window ? "maintenance" : "silenced"),
    taken: takenOf(states[`${target.id}/${check.id}`], comments),
  };
}

/** The acknowledgement of a check's open incident; a service incident comes first. */
function takenOf(
  state: CheckState | undefined,
  comments: ReadonlyMap<string, IncidentComment[]>,
): IncidentComment | undefined {
  const open = state?.incidents.filter((incident) => incident.state === "open") ?? [];
  const worst = open.find(({ family }) => family === "service") ?? open[0];
  return worst && acknowledgementOf(worst, comments.get(worst.id));
}

function silenceText(target: Target, silences: readonly Silence[], nowMs: number): string | undefined {
  const subjects = target.checks.map(subjectOf);
  const silence = subjects.map((subject) => activeSilence(silences, subject, nowMs)).find(Boolean);
  if (silence) {
    const { window, until, by, reason } = silence;
    return window
      ? `Maintenance until ${minute(until)} UTC, notices are held: ${reason}`
      : `Silenced until ${minute(until)} UTC by ${by}: ${reason}`;
  }
  const next = silences
    .filter(({ match, from, window }) =>
      window && from > nowMs && subjects.some((subject) => isAbout(match, subject))
    ).toSorted((a, b) => a.from - b.from)[0];
  return next && `Maintenance from ${minute(next.from)} to ${minute(next.until)} UTC: ${next.reason}`;
}

const minute = (at: number) => iso(at).slice(0, 16).replace("T", " ");

/**
 * How long after a slot the next one must be settled: as long as evidence of the most frequent check is fresh.
 * It depends on the slot, because a `cron` may pause overnight.
 */
function lateness({ checks }: Config): (slot: number) => number {
  const schedules = new Map(checks.map((check) => [JSON.stringify([check.schedule, check.maxAgeMs]), check]));
  return (slot) =>
    Math.min(...[...schedules.values()].map((check) => staleAt(check, slot))) - slot + GRACE_MS;
}
