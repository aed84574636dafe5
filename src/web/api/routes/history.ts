import type { Context } from "hono";
import { Hono } from "../../hono.ts";
import * as z from "../../../base/zod.ts";
import type { Check, Target } from "../../../config/config.ts";
import { DURATION, parseDuration } from "../../../config/schema/duration.ts";
import {
  coveredSeconds,
  emptyFigures,
  type Figures,
  mergeFigures,
  percentile,
  serviceLevel,
} from "../../../judgement/service_level.ts";
import type { Trace } from "../../../judgement/assess.ts";
import { admissionFigures } from "../../../judgement/admission.ts";
import type { Incident } from "../../../judgement/incident.ts";
import { decodeHistory } from "../../../storage/codec.ts";
import type { IncidentStore } from "../../../storage/store.ts";
import { requiredChecks } from "../../../config/required.ts";
import { BAND_WINDOWS, bandReader, type BandSet, type BandWindow } from "../../../storage/history/bands.ts";
import { readSeries, type SeriesPoint } from "../../../storage/history/series.ts";
import { problem } from "../middleware/problem.ts";
import { instant, limit, parseQuery } from "../middleware/query.ts";
import { DAY_MS, HOUR_MS, iso } from "../../../base/time.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

/** Maximum number of incidents read per request, newest first. */
const INCIDENTS = 1_000;
const PAGE = 200;

/** Query of `history` and `sli`. */
const windowQuery = z.strictObject({
  window: z.pipe(
    z._default(z.string().check(z.regex(DURATION, "a duration such as 24h, 7d or 90d")), "24h"),
    z.transform(parseDuration),
  ).check(z.refine((ms) => ms >= HOUR_MS && ms <= 4_000 * DAY_MS, "a duration from 1h to 4000d")),
});
/** Query of a target's `sli`: the windows of the page, so that both show the same figures. */
const bandQuery = z.strictObject({
  window: z._default(z.enum(Object.keys(BAND_WINDOWS) as [BandWindow, ...BandWindow[]]), "24h"),
});
/** Query of `slots`. */
const slotsQuery = z.strictObject({
  limit,
  before: z.optional(instant),
});

/**
 * History of one check: `…/history?window=` by hour or day, `…/sli?window=` as totals, and `…/slots` verdict
 * by verdict for as long as raw rounds are kept.
 */
export function routes(
  { ports: { clock }, config, store, packing, access }: Pick<
    ResourceContext,
    "ports" | "config" | "store" | "packing" | "access"
  >,
): Hono {
  const app = new Hono();
  const checks = new Map(config.checks.map((check) => [check.key, check]));
  const checkOf = (c: Context) => checks.get(`${c.req.param("id")}/${c.req.param("check")}`);
  const unknown = (c: Context) => problem(c, "not-found", "No target and check have these ids");
  const path = "/v1/targets/:id/checks/:check";

  /** The stretches of the requested window, or an error response. */
  const readRange = async (c: Context): Promise<Range | { response: Response }> => {
    const check = checkOf(c);
    if (!check || !await access.may(c, "read", check.target.id)) return { response: unknown(c) };
    const read = parseQuery(c, windowQuery);
    if ("response" in read) return read;
    const nowMs = clock.now();
    const fromMs = nowMs - read.value.window;
    return {
      check,
      fromMs,
      nowMs,
      found: await readSeries({ store, config, packing, clock }, check, { fromMs, nowMs }),
    };
  };

  app.get(`${path}/history`, access.allow("read"), async (c) => {
    const range = await readRange(c);
    if ("response" in range) return range.response;
    return c.json(historyView(range));
  });

  app.get(`${path}/sli`, access.allow("read"), async (c) => {
    const range = await readRange(c);
    if ("response" in range) return range.response;
    return c.json(await sliView(store, range));
  });

  const readBands = bandReader(config, store, packing, clock);
  app.get("/v1/targets/:id/sli", access.allow("read", "id"), async (c) => {
    const target = config.targets.find(({ id }) => id === c.req.param("id"));
    if (!target) return problem(c, "not-found", "No target has this id");
    const read = parseQuery(c, bandQuery);
    if ("response" in read) return read.response;
    return c.json(targetSliView(target, await readBands(read.value.window, clock.now())));
  });

  app.get(`${path}/slots`, access.allow("read"), async (c) => {
    const check = checkOf(c);
    if (!check || !await access.may(c, "read", check.target.id)) return unknown(c);
    const read = parseQuery(c, slotsQuery);
    if ("response" in read) return read.response;
    return c.json(await slotsOf({ config, store, packing }, check, { ...read.value, nowMs: clock.now() }));
  });

  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(schemas: Schemas): Operation[] {
  const check = "/v1/targets/{id}/checks/{check}";
  return [
    {
      method: "get",
      path: `${check}/history`,
      id: "getHistory",
      summary: "Service level by hour (at most a week) or by day",
      tag: "past",
      access: "read",
      query: windowQuery,
      answers: { 200: jsonAnswer("Stretches, oldest first", schemas.historySchema) },
      problems: [400, 404],
    },
    {
      method: "get",
      path: `${check}/sli`,
      id: "getServiceLevel",
      summary: "Availability, drift time, detection delay, MTTR and latency percentiles of a window",
      tag: "past",
      access: "read",
      query: windowQuery,
      answers: { 200: jsonAnswer("The figures", schemas.sliSchema) },
      problems: [400, 404],
    },
    {
      method: "get",
      path: "/v1/targets/{id}/sli",
      id: "getTargetServiceLevel",
      summary: "Availability and drift time of a target, over all its required checks",
      tag: "past",
      access: "read",
      query: bandQuery,
      answers: { 200: jsonAnswer("The figures", schemas.targetSliSchema) },
      problems: [400, 404],
    },
    {
      method: "get",
      path: `${check}/slots`,
      id: "listSlots",
      summary: "Verdicts slot by slot, newest first, for as long as raw rounds are kept",
      tag: "past",
      access: "read",
      query: slotsQuery,
      answers: { 200: jsonAnswer("One page", schemas.slotsSchema) },
      problems: [400, 404],
    },
  ];
}

/** The series of a check over a window. */
interface Range {
  check: Check;
  fromMs: number;
  nowMs: number;
  found: readonly SeriesPoint[];
}

const historyView = ({ fromMs, nowMs, found }: Range) => ({
  from: iso(fromMs),
  to: iso(nowMs),
  stretches: found.map(({ unit, start, figures }) => ({
    unit,
    start: iso(start),
    seconds: figures.seconds,
    ...serviceLevel(figures),
  })),
});

async function sliView(store: IncidentStore, { check, fromMs, nowMs, found }: Range) {
  const figures = found.reduce((all, { figures }) => mergeFigures(all, figures), emptyFigures());
  const { list, complete } = await incidentsOf(store, check, fromMs);
  return {
    from: iso(found[0]?.start ?? fromMs),
    to: iso(nowMs),
    ...serviceLevel(figures),
    incidents: { complete, ...repairFigures(list, fromMs) },
    probers: probersOf(figures),
  };
}

function targetSliView(target: Target, { from, to, bandOfTarget }: BandSet) {
  const { whole } = bandOfTarget(target);
  return {
    from: iso(from),
    to: iso(to),
    checks: requiredChecks(target).map(({ id }) => id),
    ...whole,
    coverage: { dataSeconds: coveredSeconds(whole), windowSeconds: (to - from) / 1_000 },
  };
}

/** One page of slots, newest first; `next` is the `before` of the next page. */
async function slotsOf(
  { config: { retention }, store, packing: { shardOf } }: Pick<
    ResourceContext,
    "config" | "store" | "packing"
  >,
  check: Check,
  { limit, before, nowMs }: { limit: number; before?: number; nowMs: number },
) {
  const shard = shardOf.get(check.key)!;
  const oldest = nowMs - retention.rawMs;
  const lines: object[] = [];
  let end = Math.min(nowMs, (before ?? Infinity) - 1);
  // Read hour by hour, so that a page costs only what it shows.
  for (; end >= oldest && lines.length < limit; end -= HOUR_MS) {
    const samples = await store.readSamples({ shard, from: Math.max(oldest, end - HOUR_MS + 1), to: end });
    for (const { slot, data } of samples.reverse()) {
      const line = decodeHistory(data, shard)[check.key];
      if (line) lines.push({ slot: iso(slot), outcome: line.outcome, probers: line.traces.map(traceView) });
    }
  }
  const page = lines.slice(0, limit) as { slot: string }[];
  const more = lines.length > limit || end >= oldest;
  return { slots: page, next: more ? page.at(-1)?.slot ?? null : null };
}

const traceView = ({ prober, word, reason, reported, totalMs }: Trace) => (
  { prober, verdict: word, verdictReason: reason, reported, totalMs }
);

/** The incidents of a check that were open at some time since `fromMs`. */
async function incidentsOf(store: IncidentStore, check: Check, fromMs: number) {
  const list: Incident[] = [];
  let before: string | undefined;
  for (let seen = 0; seen < INCIDENTS; seen += PAGE) {
    const { items, next } = await store.listIncidents({
      target: check.target.id,
      check: check.id,
      limit: PAGE,
      before,
    });
    list.push(...items.filter(({ state, resolvedAt }) => state === "open" || resolvedAt! >= fromMs));
    if (next === null) return { list, complete: true };
    before = next;
  }
  return { list, complete: false };
}

/**
 * Figures of service incidents: mean time to repair of the resolved ones, and how long after the opening the
 * service's own report admitted it (outcome `not_ready`). `neverAdmitted` counts resolved ones without that.
 */
function repairFigures(incidents: readonly Incident[], fromMs: number) {
  const service = incidents.filter(({ family }) => family === "service");
  const ended = service.filter(({ resolvedAt }) => resolvedAt !== undefined && resolvedAt >= fromMs);
  const admitted = service.map((incident) => [incident, admissionDelay(incident)] as const);
  const delays = admitted.flatMap(([, at]) => at === undefined ? [] : at);
  return {
    service: service.length,
    open: service.filter(({ state }) => state === "open").length,
    mttrSeconds: mean(ended.map(({ openedAt, resolvedAt }) => (resolvedAt! - openedAt) / 1_000)),
    detectionDelaySeconds: mean(delays),
    statusPage: admissionFigures(service),
    neverAdmitted: admitted.filter(([{ state }, at]) => state === "resolved" && at === undefined).length,
  };
}

/** Seconds from the opening until the report admitted the incident. */
function admissionDelay({ openedAt, timeline }: Incident): number | undefined {
  const entry = timeline.find(({ outcome }) => outcome === "not_ready");
  return entry && (entry.at - openedAt) / 1_000;
}

const mean = (values: number[]) =>
  values.length === 0 ? null : values.reduce((all, value) => all + value, 0) / values.length;

/** Rounds by verdict, and latency percentiles of journeys in ms, accurate to 9 %. */
const probersOf = ({ probers }: Figures) =>
  Object.entries(probers).map(([id, { words, latency }]) => ({
    id,
    rounds: words,
    latencyMs: {
      p50: percentile(latency, 0.5),
      p90: percentile(latency, 0.9),
      p95: percentile(latency, 0.95),
      p99: percentile(latency, 0.99),
    },
  }));
