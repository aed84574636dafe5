/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** The page: rendered here, whole without a script, for who is on call and, in coarse words, for everybody. */
import type { ThresholdHint } from "../../storage/history/threshold_hint.ts";
import type { Context } from "hono";
import { Hono } from "../hono.ts";
import type { Access, Principal } from "../api/middleware/access.ts";
import { sinkViews } from "../api/views/sinks.ts";
import { type Outage, outages } from "../api/views/outages.ts";
import type { StatesReader } from "../../storage/states.ts";
import { checkView, publicStatus } from "../api/views/status.ts";
import { iso } from "../../base/time.ts";
import type { Check } from "../../config/config.ts";
import { holdersOf, incidentNotes } from "../../judgement/notes.ts";
import { INCIDENT_STATES } from "../../judgement/words.ts";
import type { States } from "../../storage/codec.ts";
import type { AcknowledgeOptions } from "./acknowledge.tsx";
import { type ActionOptions, actionRoutes, localPath } from "./actions.ts";
import { sinkWarnings, warning } from "./warning.ts";
import { atomFeed } from "./feed.ts";
import { FEED_PATH, type PageOptions, renderPage, THEME_PATH } from "./layout.tsx";
import { type IncidentChoice, IncidentList } from "./incident_list.tsx";
import { IncidentPage, newestNotice, titleOf } from "./incident_page.tsx";
import { headline, iconOf } from "./headline.tsx";
import { choiceOf, matchesChoice } from "./choice.ts";
import { Overview, sortWorstFirst } from "./overview.tsx";
import { card, Login, outageText, PublicIncident, PublicPage, withoutDrift } from "./public.tsx";
import { isRoundName, RoundPage, RunResult } from "./round.tsx";
import { pageLoader, type Sources } from "./loader.ts";
import { basePathOf, underPath } from "./sub_path.ts";
import { en, type PublicTexts } from "./texts/en.ts";
import { TargetPage } from "./target_page.tsx";
import type { CheckView } from "./words.ts";
import { memoize } from "../../base/cache.ts";
import { filterPage } from "../api/views/filtered_page.ts";

/** What the pages are made of. */
export interface PagesOptions extends Sources, Pick<ActionOptions, "callApi"> {
  /** When another threshold would have opened an incident. */
  thresholdHint?: ThresholdHint;
  /** Why the config on the disk is not the one that runs. */
  configFault?: () => string | undefined;
  states: StatesReader;
  access: Access;
  /** The routes of acknowledge.tsx; absent where no message has a link. */
  acknowledge?: (options: AcknowledgeOptions) => Hono;
  /** The public page's, besides English. */
  translations?: readonly PublicTexts[];
  /** Checks can be walked on demand here. */
  canRunChecks: boolean;
}

const LISTED = 50;
/** Incidents that the public's list is made of. */
const RECENT_INCIDENTS = 50;
const CARD_S = 60;
/** Says that this answer is what everybody gets. */
const PUBLIC_HEADER = "x-assay-public";

/** Every page, and the forms on them. */
export function pageRoutes(options: PagesOptions): Hono {
  const { ports: { clock }, config, store, states, access, canRunChecks, configFault } = options;
  const app = new Hono();
  app.use(underPath(basePathOf(config)));
  const loader = pageLoader(options);
  const names = new Map(config.targets.map(({ id, name }) => [id, name]));
  const texts = options.translations?.find(({ kind }) => kind === config.page.language) ?? en;
  const site = { ...config.page, texts };
  const readOutages = async () => outages(config, (await readNewest()).items, await loader.comments());
  const readNewest = memoize(clock, () => store.listIncidents({ limit: RECENT_INCIDENTS }));

  const readSinks = memoize(clock, () => sinkViews(config, store, clock.now()));

  const reader = async (c: Context): Promise<Principal | undefined> => {
    const who = await access.principal(c);
    return who?.scopes.has("read") ? who : undefined;
  };
  const login = (c: Context, next: string, fault?: string) => {
    const main = <Login next={next} fault={fault} open={config.api.token !== undefined} />;
    return renderPage(c, { title: "Sign in", main, status: fault ? 401 : 200 });
  };
  const refuse: ActionOptions["refuse"] = async (c, status, why) => {
    const main = (
      <>
        <h1>That is not possible</h1>
        <p>{why}</p>
      </>
    );
    return await renderPage(c, { title: "Not possible", main, status, who: await reader(c) });
  };
  const notFound = (c: Context, who?: Principal) =>
    renderPage(c, { title: "Not found", main: <h1>There is no such page</h1>, status: 404, who });

  /** A page that says how old it is, and warns of what is late. */
  const livePage = (
    c: Context,
    known: States,
    checks: readonly Check[],
    { sinks = [], ...rest }: Omit<PageOptions, "freshness" | "banner"> & { sinks?: readonly string[] },
  ) => {
    const nowMs = clock.now();
    const freshness = loader.freshness(known, nowMs);
    // Without checks it is the public page, which shows targets alone.
    const fault = checks.length > 0 ? configFault?.() : undefined;
    const late = warning(config, checks, known, { ...freshness, texts: rest.site?.texts });
    const said = [fault && `${fault}.`, late, ...sinks].filter(Boolean);
    return renderPage(c, { ...rest, freshness, banner: said.length > 0 ? said.join(" ") : undefined });
  };

  const publicPage = async (c: Context, who?: Principal) => {
    const known = await states();
    const nowMs = clock.now();
    const status = publicStatus(config, known, nowMs);
    const [lately, pasts, planned] = await Promise.all([
      readOutages(),
      loader.pasts(nowMs),
      loader.planned(nowMs),
    ]);
    const title = texts.headlines[status.status];
    const icon = iconOf(status.status);
    const services = status.targets.map((service, i) => {
      const target = config.targets[i]!;
      return { service, past: withoutDrift(pasts(target)), group: target.labels[site.groupBy ?? ""] ?? "" };
    });
    const main = <PublicPage {...{ status, services, planned, names, site }} outages={lately} />;
    c.header(PUBLIC_HEADER, "1");
    return livePage(c, known, [], { title, summary: title, main, who, at: "/status", site, icon });
  };

  const publicIncident = (c: Context, outage: Outage, path: string) => {
    const title = outageText(outage, names, texts);
    const summary = `${iso(outage.openedAt)} ${texts.until} ${iso(outage.resolvedAt) ?? texts.now}`;
    c.header(PUBLIC_HEADER, "1");
    return renderPage(c, {
      title,
      summary,
      site,
      main: <PublicIncident {...{ outage, names, path, site }} />,
    });
  };

  /** Only for who may read this target; others sign in first. */
  const readerRoute = (
    path: string,
    answer: (c: Context, who: Principal) => Response | Promise<Response>,
  ) =>
    app.get(path, async (c) => {
      const who = await reader(c);
      if (!who) return c.redirect(`/login?next=${encodeURIComponent(c.req.path)}`, 303);
      const target = c.req.param("id");
      return target !== undefined && !who.covers(target) ? await notFound(c, who) : await answer(c, who);
    });

  app.get("/", async (c) => {
    const who = await reader(c);
    if (!who) return await publicPage(c);
    const known = await states();
    const targets = config.targets.filter(({ id }) => who.covers(id));
    const choice = choiceOf(c);
    const all = sortWorstFirst(await loader.rows(targets, known, choice.window, clock.now()));
    const main = (
      <Overview
        all={all}
        rows={all.filter((row) => matchesChoice(row, choice))}
        choice={choice}
      />
    );
    const title = headline(all);
    const icon = iconOf(all[0]?.check.outcome ?? "pending");
    // Notices are about no single target.
    const sinks = who.all ? sinkWarnings(await readSinks(), clock.now()) : [];
    return livePage(c, known, targets.flatMap(({ checks }) => checks), {
      title,
      main,
      who,
      at: "/",
      icon,
      sinks,
    });
  });

  app.get("/status", async (c) => await publicPage(c, await reader(c)));

  app.get(FEED_PATH, async (c) => {
    const lately = await readOutages();
    const url = (config.publicUrl ?? new URL(c.req.url).origin).replace(/\/+$/, "");
    const { texts } = site;
    const feed = atomFeed(lately, { url, name: site.name, names, texts, updatedAt: clock.now() });
    return c.body(feed, 200, {
      "content-type": "application/atom+xml; charset=utf-8",
      "cache-control": "public, max-age=60",
    });
  });

  app.get(THEME_PATH, (c) => {
    const rule = site.colour ? `header{border-bottom:3px solid ${site.colour}}` : "";
    return c.body(rule, 200, {
      "content-type": "text/css; charset=utf-8",
      "cache-control": "public, max-age=300",
    });
  });

  readerRoute("/targets/:id", async (c, who) => {
    const target = config.targets.find(({ id }) => id === c.req.param("id"));
    if (!target) return notFound(c, who);
    const known = await states();
    const nowMs = clock.now();
    const [silence, ...checks] = await Promise.all([
      loader.silenceText(target, nowMs),
      ...target.checks.map((check) => loader.checkData(check, known, nowMs)),
    ]);
    const operate = who.scopes.has("operate");
    const allowed = { operate, walk: operate && canRunChecks };
    const main = <TargetPage target={target} checks={checks} allowed={allowed} silence={silence} />;
    return livePage(c, known, target.checks, { title: target.name, main, who });
  });

  readerRoute("/targets/:id/checks/:check/rounds/:prober", async (c, who) => {
    const check = config.checks.find(({ key }) => key === `${c.req.param("id")}/${c.req.param("check")}`);
    if (!check) return notFound(c, who);
    const known = await states();
    const view = checkView(config, check, { state: known[check.key], nowMs: clock.now(), rounds: true });
    const prober = view.regions.flatMap(({ probers }) => probers).find(({ id }) =>
      id === c.req.param("prober")
    );
    if (!prober) return notFound(c, who);
    const asked = c.req.query("round") ?? "latest";
    const main = (
      <RoundPage
        {...{ check, prober }}
        path={`/targets/${check.target.id}/checks/${check.id}/rounds/${prober.id}`}
        name={isRoundName(asked) ? asked : "latest"}
        captured={known[check.key]?.probers[prober.id]?.captured}
      />
    );
    return livePage(c, known, [check], { title: `${check.key} from ${prober.id}`, main, who });
  });

  readerRoute("/incidents", async (c, who) => {
    const targets = config.targets.filter(({ id }) => who.covers(id));
    const { before, ...asked } = c.req.query();
    const choice: IncidentChoice = {
      state: INCIDENT_STATES.find((state) => state === asked.state),
      target: targets.find(({ id }) => id === asked.target)?.id,
    };
    const { items, next } = await filterPage(
      (page) => store.listIncidents({ ...choice, ...page }),
      { limit: LISTED, before: before?.slice(0, 200) },
      ({ target }) => who.covers(target),
    );
    const comments = await loader.comments();
    const main = (
      <IncidentList incidents={items} {...{ comments, next, targets, choice }} nowMs={clock.now()} />
    );
    const mine = targets.flatMap(({ checks }) => checks);
    return livePage(c, await states(), mine, { title: "Incidents", main, who, at: "/incidents" });
  });

  app.get("/incidents/:id", async (c) => {
    const [who, incident] = await Promise.all([reader(c), store.getIncident(c.req.param("id"))]);
    const path = `/incidents/${encodeURIComponent(c.req.param("id"))}`;
    const [outage] = incident ? outages(config, [incident], await loader.comments()) : [];
    if (!who && !outage) return c.redirect(`/login?next=${encodeURIComponent(path)}`, 303);
    if (!who) return await publicIncident(c, outage!, path);
    if (!incident || !who.covers(incident.target)) return await notFound(c, who);
    const nowMs = clock.now();
    const [known, hint, data] = await Promise.all([
      states(),
      options.thresholdHint?.(incident),
      loader.incidentData(incident, who.scopes.has("operate"), nowMs),
    ]);
    const key = `${incident.target}/${incident.check}`;
    const notes = incidentNotes(incident, holdersOf(incident, known[key]?.scopes), nowMs);
    const check = config.checks.filter((check) => check.key === key);
    const view = check[0] && checkView(config, check[0], { state: known[key], nowMs, rounds: true });
    const name = names.get(incident.target) ?? incident.target;
    const title = titleOf(incident, name);
    const isPartial = view?.regions.some(({ outcome }) => outcome === "ready") ?? false;
    const announcement = outage &&
      (outage.announcement?.text ?? site.texts.draft(name, outage, isPartial));
    const main = (
      <IncidentPage {...{ title, data, view, announcement }} notes={hint ? [...notes, hint] : notes} />
    );
    return await livePage(c, known, check, {
      title,
      summary: newestNotice(data)?.summary,
      main,
      who,
    });
  });

  if (options.acknowledge) app.route("/", options.acknowledge(options));

  app.get("/login", (c) => login(c, localPath(c.req.query("next") ?? "/")));

  app.get("/cards/:file{[a-z0-9-]+\\.svg}", async (c) => {
    const id = c.req.param("file").slice(0, -".svg".length);
    const targets = config.targets.filter((target) => target.id === id);
    const nowMs = clock.now();
    const [row] = publicStatus({ ...config, targets }, await states(), nowMs).targets;
    if (!row) return notFound(c);
    return c.body(`${card(row, iso(nowMs)!, texts)}`, 200, {
      "content-type": "image/svg+xml; charset=utf-8",
      "cache-control": `public, max-age=${CARD_S}`,
      "cross-origin-resource-policy": "cross-origin",
    });
  });

  const showRound = async (c: Context, key: string, view: CheckView) => {
    const check = config.checks.find((check) => check.key === key)!;
    return await renderPage(c, {
      title: `${key}, walked now`,
      main: <RunResult check={check} view={view} />,
      who: await reader(c),
    });
  };
  app.route("/", actionRoutes({ config, access, callApi: options.callApi, refuse, login, showRound }));
  return app;
}
