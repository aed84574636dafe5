/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** The pages of signed-in readers. */
import type { Context } from "hono";
import { Hono } from "../hono.ts";
import type { Principal } from "../api/middleware/principals.ts";
import { filterPage } from "../api/views/filtered_page.ts";
import type { Outage } from "../api/views/outages.ts";
import { checkView } from "../api/views/status.ts";
import type { Incident } from "../../judgement/incident.ts";
import { holdersOf, incidentNotes } from "../../judgement/notes.ts";
import { INCIDENT_STATES } from "../../judgement/words.ts";
import { choiceOf, matchesChoice } from "./choice.ts";
import { livePage, type PageContext, readerOf, toLogin } from "./context.ts";
import { headline, iconOf } from "./headline.tsx";
import { type IncidentChoice, IncidentList } from "./incident_list.tsx";
import { IncidentPage, newestNotice, titleOf } from "./incident_page.tsx";
import { notFound } from "./layout.tsx";
import { Overview, sortWorstFirst } from "./overview.tsx";
import { isRoundName, RoundPage } from "./round.tsx";
import { TargetPage } from "./target_page.tsx";
import { sinkWarnings } from "./warning.ts";

/** Incidents per page of the list. */
const LISTED = 50;

type View = (context: PageContext, c: Context, who: Principal) => Response | Promise<Response>;

/** Pages that require a reader. `:id` is a target, which the reader's token must cover. */
const VIEWS: Record<string, View> = {
  "/targets/:id": renderTarget,
  "/targets/:id/checks/:check/rounds/:prober": renderRound,
  "/incidents": renderIncidents,
};

/** The routes of {@linkcode VIEWS}. */
export function readerRoutes(context: PageContext): Hono {
  const app = new Hono();
  for (const [path, view] of Object.entries(VIEWS)) {
    app.get(path, async (c) => {
      const who = await readerOf(context, c);
      if (!who) return toLogin(c, c.req.path);
      const target = c.req.param("id");
      return target === undefined || who.covers(target)
        ? await view(context, c, who)
        : await notFound(c, who);
    });
  }
  return app;
}

/** `/` for a reader: the overview of the targets that the token covers. */
export async function renderOverview(context: PageContext, c: Context, who: Principal) {
  const { ports: { clock }, config, loader, readSinks } = context;
  const states = await context.states();
  const targets = config.targets.filter(({ id }) => who.covers(id));
  const choice = choiceOf(c);
  const all = sortWorstFirst(await loader.rows(targets, states, choice.window, clock.now()));
  return livePage(context, c, {
    states,
    checks: targets.flatMap(({ checks }) => checks),
    title: headline(all),
    main: <Overview all={all} rows={all.filter((row) => matchesChoice(row, choice))} choice={choice} />,
    who,
    at: "/",
    icon: iconOf(all[0]?.check.outcome ?? "pending"),
    // Notices are not about a single target.
    sinkWarnings: who.all ? sinkWarnings(await readSinks(), clock.now()) : [],
  });
}

async function renderTarget(context: PageContext, c: Context, who: Principal) {
  const { ports: { clock }, config, loader, canRunChecks } = context;
  const target = config.targets.find(({ id }) => id === c.req.param("id"));
  if (!target) return notFound(c, who);
  const states = await context.states();
  const nowMs = clock.now();
  const [silence, ...checks] = await Promise.all([
    loader.silenceText(target, nowMs),
    ...target.checks.map((check) => loader.checkData(check, states, nowMs)),
  ]);
  const operate = who.scopes.has("operate");
  const allowed = { operate, walk: operate && canRunChecks };
  const main = <TargetPage target={target} checks={checks} allowed={allowed} silence={silence} />;
  return livePage(context, c, { states, checks: target.checks, title: target.name, main, who });
}

async function renderRound(context: PageContext, c: Context, who: Principal) {
  const { ports: { clock }, config } = context;
  const check = config.checks.find(({ key }) => key === `${c.req.param("id")}/${c.req.param("check")}`);
  if (!check) return notFound(c, who);
  const states = await context.states();
  const state = states[check.key];
  const { regions } = checkView(config, check, { state, nowMs: clock.now(), rounds: true });
  const prober = regions.flatMap(({ probers }) => probers).find(({ id }) => id === c.req.param("prober"));
  if (!prober) return notFound(c, who);
  const name = c.req.query("round") ?? "latest";
  const main = (
    <RoundPage
      {...{ check, prober }}
      path={`/targets/${check.target.id}/checks/${check.id}/rounds/${prober.id}`}
      name={isRoundName(name) ? name : "latest"}
      captured={state?.probers[prober.id]?.captured}
    />
  );
  return livePage(context, c, {
    states,
    checks: [check],
    title: `${check.key} from ${prober.id}`,
    main,
    who,
  });
}

async function renderIncidents(context: PageContext, c: Context, who: Principal) {
  const { ports: { clock }, config, loader, store } = context;
  const targets = config.targets.filter(({ id }) => who.covers(id));
  const { before, ...query } = c.req.query();
  const choice: IncidentChoice = {
    state: INCIDENT_STATES.find((state) => state === query.state),
    target: targets.find(({ id }) => id === query.target)?.id,
  };
  const { items, next } = await filterPage(
    (page) => store.listIncidents({ ...choice, ...page }),
    { limit: LISTED, before: before?.slice(0, 200) },
    ({ target }) => who.covers(target),
  );
  const comments = await loader.comments();
  return livePage(context, c, {
    states: await context.states(),
    checks: targets.flatMap(({ checks }) => checks),
    title: "Incidents",
    main: <IncidentList incidents={items} {...{ comments, next, targets, choice }} nowMs={clock.now()} />,
    who,
    at: "/incidents",
  });
}

/** `/incidents/{id}` for a reader; `outage` is its public form, if it has one. */
export async function renderIncident(
  context: PageContext,
  c: Context,
  who: Principal,
  { incident, outage }: { incident: Incident; outage?: Outage },
) {
  const { ports: { clock }, config, loader, names, site, thresholdHint } = context;
  const nowMs = clock.now();
  const [states, hint, data] = await Promise.all([
    context.states(),
    thresholdHint?.(incident),
    loader.incidentData(incident, who.scopes.has("operate"), nowMs),
  ]);
  const key = `${incident.target}/${incident.check}`;
  const state = states[key];
  const notes = incidentNotes(incident, holdersOf(incident, state?.scopes), nowMs);
  const check = config.checks.find((check) => check.key === key);
  const view = check && checkView(config, check, { state, nowMs, rounds: true });
  const name = names.get(incident.target) ?? incident.target;
  const title = titleOf(incident, name);
  const isPartial = view?.regions.some(({ outcome }) => outcome === "ready") ?? false;
  const announcement = outage && (outage.announcement?.text ?? site.texts.draft(name, outage, isPartial));
  return livePage(context, c, {
    states,
    checks: check ? [check] : [],
    title,
    summary: newestNotice(data)?.summary,
    main: <IncidentPage {...{ title, data, view, announcement }} notes={hint ? [...notes, hint] : notes} />,
    who,
  });
}
