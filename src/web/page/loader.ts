/** Gathers what the pages show, from the store and the views of the API. */
import { isFailed, isPoor } from "../../judgement/words.ts";
import {
  acknowledgementOf,
  type IncidentComment,
  listComments,
  listNewestComments,
} from "../../storage/records/comments.ts";
import type { CheckState } from "../../judgement/state.ts";
import { readSeries } from "../../storage/history/series.ts";
import { memoize } from "../../base/cache.ts";
import { checkView, commentView, targetView } from "../api/views/status.ts";
import type { Check, Config, Target } from "../../config/config.ts";
import { isAbout } from "../../config/maintenance_window.ts";
import { type Maintenance, maintenances } from "../api/views/maintenances.ts";
import { admissionFigures } from "../../judgement/admission.ts";
import type { Incident } from "../../judgement/incident.ts";
import type { Packing, States } from "../../storage/codec.ts";
import type { Ports } from "../../base/ports.ts";
import { type DeploymentStore, listDeployments } from "../../storage/records/deployments.ts";
import { requiredChecks } from "../../config/required.ts";
import { periodMs, staleAt } from "../../config/schedule.ts";
import { activeSilence, type Silence, subjectOf } from "../../storage/records/silences.ts";
import type {
  IncidentStore,
  OutboxStore,
  RecordStore,
  RollupStore,
  SampleStore,
} from "../../storage/store.ts";
import { DAY_MS, HOUR_MS, iso, MINUTE_MS } from "../../base/time.ts";
import type { Mark } from "./chart.tsx";
import type { Freshness } from "./layout.tsx";
import type { IncidentData } from "./incident_page.tsx";
import type { Row } from "./row.ts";
import type { ErrorBudgetReader } from "../../storage/history/slo.ts";
import { bandReader, type BandWindow, LEVEL_WINDOWS, slotsOf } from "../../storage/history/bands.ts";
import type { slo } from "./objective.tsx";
import { type CheckData, pointOf } from "./target_page.tsx";
import { type CheckView, outcomeRank } from "./words.ts";

/** Deployments of all targets that one overview looks at. */
const DEPLOYMENTS = 5_000;
/** A maintenance that begins later is not announced yet. */
const ANNOUNCED_MS = 30 * DAY_MS;
/** Incidents of a check that its status page is measured by, the newest ones. */
const INCIDENTS = 200;
/** Those that are drawn into a day of it. */
const DAY_INCIDENTS = 50;
/** Slots of a lane, and the least and the most time they cover. */
const SLOTS = 60;
/** Slots of an incident's lanes after it was opened. */
const INCIDENT_SLOTS = 360;
const [LEAST_MS, MOST_MS] = [5 * MINUTE_MS, 360 * MINUTE_MS];
/** What settling and telling of it may take on top of the age that evidence may have. */
const GRACE_MS = 10_000;

/** What it gathers from. */
export interface Sources {
  ports: Ports;
  config: Config;
  store: RollupStore & SampleStore & RecordStore & IncidentStore & OutboxStore;
  packing: Packing;
  rollouts: DeploymentStore;
  errorBudget: ErrorBudgetReader;
  /** Absent where no check has an objective. */
  slo?: typeof slo;
  silences(): Promise<readonly Silence[]>;
  /** Rises with each record that is put through this process. */
  changeCount(): number;
}

/** All that the pages ask for. Times are epoch ms. */
export interface PageLoader {
  /** One row for each of the targets. */
  rows(targets: readonly Target[], states: States, window: BandWindow, nowMs: number): Promise<Row[]>;
  checkData(check: Check, states: States, nowMs: number): Promise<CheckData>;
  incidentData(incident: Incident, operate: boolean, nowMs: number): Promise<IncidentData>;
  /** The newest ones, by incident. */
  comments(): Promise<ReadonlyMap<string, IncidentComment[]>>;
  /** Ninety days of any target, by the day. */
  pasts(nowMs: number): Promise<(target: Target) => Pick<Row, "band" | "from">>;
  /** What is announced to everybody and not over, of the next 30 days. */
  planned(nowMs: number): Promise<Maintenance[]>;
  /** Until when and why a target is silenced, or will be by its next maintenance, in words. */
  silenceText(target: Target, nowMs: number): Promise<string | undefined>;
  freshness(states: States, nowMs: number): Freshness;
}

/** Gathers over one store. */
export function pageLoader(
  {
    ports: { clock },
    config,
    store,
    packing,
    rollouts,
    errorBudget,
    slo,
    silences: readSilences,
    changeCount,
  }: Sources,
): PageLoader {
  const readBands = bandReader(config, store, packing, clock);
  const readComments = memoize(clock, () => listNewestComments(store), changeCount);
  const readDeployments = memoize(
    clock,
    async () => Map.groupBy(await listDeployments(store, DEPLOYMENTS), ({ target }) => target),
    changeCount,
  );
  const lateMs = lateness(config);

  const rows: PageLoader["rows"] = async (targets, states, window, nowMs) => {
    const [{ from, to, bandOfTarget }, silenced, deployed, comments] = await Promise.all([
      readBands(window, nowMs),
      readSilences(),
      readDeployments(),
      readComments(),
    ]);
    const { instants, spans } = marksOf(from, to);
    const lately = silenced.filter(({ until }) => until > from);
    return targets.map((target) => {
      const views = targetView(config, target, { states, nowMs }).checks;
      const required = new Set(requiredChecks(target).map(({ id }) => id));
      const check = views.filter(({ id }) => required.has(id)).reduce((worst, view) =>
        outcomeRank(view.outcome) < outcomeRank(worst.outcome) ? view : worst
      );
      const subject = subjectOf(target.checks.find(({ id }) => id === check.id)!);
      const mine = lately.filter(({ match }) => isAbout(match, subject));
      return {
        target,
        check,
        band: bandOfTarget(target),
        from,
        events: { deployments: instants(deployed.get(target.id) ?? []), silences: spans(mine) },
        silenced: silencedWord(activeSilence(mine, subject, nowMs)),
        taken: takenOf(states[`${target.id}/${check.id}`], comments),
      };
    });
  };

  const readAdmission = async ({ id, target }: Check) => {
    const { items } = await store.listIncidents({ target: target.id, check: id, limit: INCIDENTS });
    return admissionFigures(items);
  };

  /** The last day by the hour, and what happened in it. */
  const readDay = async (check: Check, deployments: readonly { at: number }[], nowMs: number) => {
    const from = Math.floor((nowMs - DAY_MS) / HOUR_MS) * HOUR_MS;
    const to = Math.floor(nowMs / HOUR_MS) * HOUR_MS + HOUR_MS;
    const [hours, silenced, { items }] = await Promise.all([
      readSeries({ store, config, packing }, check, { fromMs: from, nowMs }),
      readSilences(),
      store.listIncidents({ target: check.target.id, check: check.id, limit: DAY_INCIDENTS }),
    ]);
    const { instants, spans } = marksOf(from, to);
    const incidents = items.map(({ openedAt, resolvedAt = nowMs }) => ({
      from: openedAt,
      until: resolvedAt,
    }));
    const silences = silenced.filter(({ match }) => isAbout(match, subjectOf(check)));
    const events = {
      deployments: instants(deployments),
      silences: spans(silences),
      incidents: spans(incidents),
    };
    return { from, to, hours, events };
  };

  const checkData: PageLoader["checkData"] = async (check, states, nowMs) => {
    const view = checkView(config, check, { state: states[check.key], nowMs });
    const stepMs = periodMs(check, nowMs);
    const oldest = nowMs - Math.min(MOST_MS, Math.max(LEAST_MS, SLOTS * stepMs));
    const deployments = await rollouts.list(check.target.id);
    const [slots, day, budget, ...bands] = await Promise.all([
      slotsOf(store, packing, check, { from: oldest, to: nowMs }),
      readDay(check, deployments, nowMs),
      errorBudget(check),
      ...LEVEL_WINDOWS.map((window) => readBands(window, nowMs)),
    ]);
    // What has been watched for a short time only is drawn larger.
    const from = Math.max(oldest, Math.min(slots[0]?.at ?? oldest, nowMs - 10 * stepMs));
    return {
      ...{ check, view, slots, from, to: nowMs, stepMs, day },
      objective: budget && slo?.Objective({ budget }),
      marks: marksOf(from, nowMs).instants(deployments),
      bands: bands.map((past, i) => ({
        window: LEVEL_WINDOWS[i]!,
        from: past.from,
        ...past.bandOf(check.key),
      })),
      admission: isStatusPage(view) ? await readAdmission(check) : undefined,
    };
  };

  return {
    rows,
    async pasts(nowMs) {
      const { from, bandOfTarget } = await readBands("90d", nowMs);
      return (target) => ({ band: bandOfTarget(target), from });
    },
    checkData,
    comments: readComments,
    incidentData: (incident, operate, nowMs) =>
      loadIncident({ config, store, packing, rollouts }, incident, operate, nowMs),
    async planned(nowMs) {
      const all = maintenances(config, await readSilences(), nowMs);
      return all.filter(({ state, from }) => state !== "completed" && from - nowMs <= ANNOUNCED_MS)
        .toReversed();
    },
    async silenceText(target, nowMs) {
      const found = target.checks.map((check) => subjectOf(check));
      const all = await readSilences();
      const silence = found.map((subject) => activeSilence(all, subject, nowMs)).find(Boolean);
      if (silence) return describeSilence(silence);
      const next =
        all.filter(({ match, from, window }) =>
          window && from > nowMs && found.some((subject) => isAbout(match, subject))
        ).toSorted((a, b) => a.from - b.from)[0];
      return next && `Maintenance from ${minute(next.from)} to ${minute(next.until)} UTC: ${next.reason}`;
    },
    freshness: (states, nowMs) => {
      const newest = Math.max(...Object.values(states).map(({ slot }) => slot));
      const slot = Number.isFinite(newest) ? newest : undefined;
      return { nowMs, lateMs: lateMs(slot ?? nowMs), slot };
    },
  };
}

const minute = (at: number) => iso(at).slice(0, 16).replace("T", " ");

const silencedWord = (silence: Silence | undefined): Row["silenced"] =>
  silence && (silence.window ? "maintenance" : "silenced");

const describeSilence = ({ window, until, by, reason }: Silence) =>
  window
    ? `Maintenance until ${minute(until)} UTC, its notices are held: ${reason}`
    : `Its notices are held until ${minute(until)} UTC by ${by}: ${reason}`;
/** Who has taken on the open incident of a check: of a service, if there is one. */
function takenOf(
  state: CheckState | undefined,
  comments: ReadonlyMap<string, IncidentComment[]>,
): IncidentComment | undefined {
  const open = state?.incidents.filter((incident) => incident.state === "open") ?? [];
  const worst = open.find(({ family }) => family === "service") ?? open[0];
  return worst && acknowledgementOf(worst, comments.get(worst.id));
}

const isStatusPage = ({ regions }: CheckView) =>
  regions.some(({ probers }) => probers.some(({ reported }) => reported?.question === "status_page"));

/** Puts what happened (epoch ms) into a drawing of this time. */
function marksOf(from: number, to: number) {
  const share = (at: number) => Math.min(1, Math.max(0, (at - from) / (to - from)));
  return {
    instants: (all: readonly { at: number }[]): Mark[] =>
      all.filter(({ at }) => at >= from && at <= to).map(({ at }) => ({ from: share(at) })),
    spans: (all: readonly { from: number; until: number }[]): Mark[] =>
      all.filter((one) => one.from < to && one.until > from)
        .map((one) => ({ from: share(one.from), to: share(one.until) })),
  };
}

/** How long nothing may be settled after a slot: as long as evidence of the most frequent check may be used. `cron` may pause for a night. */
function lateness({ checks }: Config): (slot: number) => number {
  const schedules = new Map(checks.map((check) => [JSON.stringify([check.schedule, check.maxAgeMs]), check]));
  return (slot) =>
    Math.min(...[...schedules.values()].map((check) => staleAt(check, slot))) - slot + GRACE_MS;
}

async function loadIncident(
  { config, store, packing, rollouts }: Pick<Sources, "config" | "store" | "packing" | "rollouts">,
  incident: Incident,
  operate: boolean,
  nowMs: number,
): Promise<IncidentData> {
  const { id, target, family, openedAt, scope } = incident;
  const end = incident.resolvedAt ?? nowMs;
  const check = config.checks.find(({ key }) => key === `${target}/${incident.check}`);
  const stepMs = check ? periodMs(check, openedAt) : MINUTE_MS;
  // Every slot of the whole shard is read for these lanes, whatever the period of this check is.
  const from = openedAt - Math.min(MOST_MS, 12 * stepMs);
  const to = Math.min(nowMs, end + 6 * stepMs, openedAt + Math.min(MOST_MS, INCIDENT_SLOTS * stepMs));
  const [comments, { items: deliveries }, all, slots] = await Promise.all([
    listComments(store, id),
    store.listDeliveries({ incident: id, limit: 200 }),
    rollouts.list(target),
    check ? slotsOf(store, packing, check, { from, to }) : [],
  ]);
  const isBad = family === "quality" ? isPoor : isFailed;
  const before = slots.filter(({ at }) => at <= openedAt);
  const first = before.findLastIndex(({ traces }) => !traces.some(({ word }) => isBad(word))) + 1;
  const near = all.filter(({ at }) => at >= openedAt - DAY_MS && at <= end);
  const probers = config.regions.filter((region) => scope === "global" || region.id === scope)
    .flatMap((region) => region.probers);
  return {
    ...{ incident, nowMs, deliveries, operate, from, to, stepMs },
    comments: comments.map(commentView),
    taken: acknowledgementOf(incident, comments),
    deployments: near,
    dissentAt: family === "evidence" || family === "claim" ? undefined : before[first]?.at,
    lanes: slots.length === 0
      ? []
      : probers.map(({ id }) => ({ prober: id, points: slots.map((slot) => pointOf(slot, id)) })),
    marks: marksOf(from, to).instants(near),
  };
}
