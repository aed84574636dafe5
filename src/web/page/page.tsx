/** @jsxRuntime automatic */
/** @jsxImportSource hono/jsx */
/** The page: rendered here, whole without a script, for who is on call and, in coarse words, for everybody. */
import { type Context, Hono } from "hono";
import type { Child } from "hono/jsx";
import type { Access, Principal } from "../api/middleware/access.ts";
import { spells } from "../api/views/outages.ts";
import type { StatesReader } from "../../storage/states.ts";
import { checkView, publicStatus } from "../api/views/status.ts";
import { iso } from "../../base/time.ts";
import type { Check } from "../../config/config.ts";
import type { States } from "../../storage/codec.ts";
import { type ActionOptions, actions, pathOf } from "./actions.ts";
import { warning } from "./warning.ts";
import { Name, page as shown, type PageOptions } from "./frame.tsx";
import { IncidentList, IncidentPage, titleOf, told } from "./incident_page.tsx";
import { type Choice, chosen, headline, ordered, Overview } from "./overview.tsx";
import { BAND_WINDOWS, type BandWindow } from "../../storage/history/bands.ts";
import { card, Login, publicHeadline, PublicIncident, PublicPage, spellWords } from "./public.tsx";
import { Round } from "./round.tsx";
import { sights, type Sources } from "./loader.ts";
import { TargetPage } from "./target_page.tsx";
import type { CheckView } from "./words.ts";
import { memoize } from "../../base/cache.ts";
import { sieve } from "../api/views/filtered_page.ts";

/** What the pages are made of. */
export interface PagesOptions extends Sources, Pick<ActionOptions, "inside"> {
  states: StatesReader;
  access: Access;
  /** Checks can be walked on demand here. */
  walks: boolean;
}

const LISTED = 50;
/** Incidents that the public's list is made of. */
const LATELY = 50;
const CARD_S = 60;
/** Says that this answer is what everybody gets. */
const PUBLIC_HEADER = "x-assay-public";

/** Every page, and the forms on them. */
export function pages(options: PagesOptions): Hono {
  const { ports: { clock }, config, store, states, access, walks } = options;
  const app = new Hono();
  const gather = sights(options);
  const names = new Map(config.targets.map(({ id, name }) => [id, name]));
  const newest = memoize(clock, () => store.listIncidents({ limit: LATELY }));

  const reader = async (c: Context): Promise<Principal | undefined> => {
    const who = await access.principal(c);
    return who?.scopes.has("read") ? who : undefined;
  };
  const login = (c: Context, next: string, fault?: string) => {
    const main = <Login next={next} fault={fault} open={config.api.token !== undefined} />;
    return shown(c, { title: "Sign in", main, status: fault ? 401 : 200 });
  };
  const refused: ActionOptions["refused"] = async (c, status, why) => {
    const main = (
      <>
        <h1>That is not possible</h1>
        <p>{why}</p>
      </>
    );
    return await shown(c, { title: "Not possible", main, status, who: await reader(c) });
  };
  const nothing = (c: Context, who?: Principal) =>
    shown(c, { title: "Not found", main: <h1>There is no such page</h1>, status: 404, who });

  /** A page that says how old it is, and warns of what is late. */
  const live = (
    c: Context,
    known: States,
    checks: readonly Check[],
    rest: Omit<PageOptions, "pulse" | "banner">,
  ) => {
    const nowMs = clock.now();
    const pulse = gather.pulse(known, nowMs);
    return shown(c, { ...rest, pulse, banner: warning(config, checks, known, pulse) });
  };

  const publicPage = async (c: Context, who?: Principal) => {
    const known = await states();
    const status = publicStatus(config, known, clock.now());
    const lately = spells((await newest()).items);
    const title = publicHeadline(status);
    const main = <PublicPage status={status} spells={lately} names={names} />;
    c.header(PUBLIC_HEADER, "1");
    return live(c, known, [], { title, summary: title, main, who, at: "/status" });
  };

  /** Only for who may read this target; others sign in first. */
  const guarded = (
    path: string,
    answer: (c: Context, who: Principal) => Response | Promise<Response>,
  ) =>
    app.get(path, async (c) => {
      const who = await reader(c);
      if (!who) return c.redirect(`/login?next=${encodeURIComponent(c.req.path)}`, 303);
      const target = c.req.param("id");
      return target !== undefined && !who.good(target) ? await nothing(c, who) : await answer(c, who);
    });

  app.get("/", async (c) => {
    const who = await reader(c);
    if (!who) return await publicPage(c);
    const known = await states();
    const targets = config.targets.filter(({ id }) => who.good(id));
    const choice = choiceOf(c);
    const all = ordered(await gather.rows(targets, known, choice.window, clock.now()));
    const main = <Overview all={all} rows={all.filter((row) => chosen(row, choice))} choice={choice} />;
    const title = headline(all);
    return live(c, known, targets.flatMap(({ checks }) => checks), { title, main, who, at: "/" });
  });

  app.get("/status", async (c) => await publicPage(c, await reader(c)));

  guarded("/targets/:id", async (c, who) => {
    const target = config.targets.find(({ id }) => id === c.req.param("id"));
    if (!target) return nothing(c, who);
    const known = await states();
    const nowMs = clock.now();
    const [silence, ...seen] = await Promise.all([
      gather.silence(target, nowMs),
      ...target.checks.map((check) => gather.sight(check, known, nowMs)),
    ]);
    const operate = who.scopes.has("operate");
    const deeds = { operate, walk: operate && walks };
    const main = <TargetPage target={target} sights={seen} deeds={deeds} silence={silence} />;
    return live(c, known, target.checks, { title: target.name, main, who });
  });

  guarded("/targets/:id/checks/:check/rounds/:prober", async (c, who) => {
    const check = config.checks.find(({ key }) => key === `${c.req.param("id")}/${c.req.param("check")}`);
    if (!check) return nothing(c, who);
    const known = await states();
    const view = checkView(config, check, known[check.key], clock.now());
    const prober = view.regions.flatMap(({ probers }) => probers).find(({ id }) =>
      id === c.req.param("prober")
    );
    if (!prober) return nothing(c, who);
    const main = (
      <>
        <Trail check={check} />
        <h1>The last round of {prober.id}</h1>
        <div id="round" data-live>
          <Round check={check} prober={prober} />
        </div>
      </>
    );
    return live(c, known, [check], { title: `${check.key} from ${prober.id}`, main, who });
  });

  guarded("/incidents", async (c, who) => {
    const { items, next } = await sieve(
      (page) => store.listIncidents(page),
      { limit: LISTED, before: c.req.query("before")?.slice(0, 200) },
      ({ target }) => who.good(target),
    );
    const main = <IncidentList incidents={items} next={next} />;
    const mine = config.checks.filter(({ target }) => who.good(target.id));
    return live(c, await states(), mine, { title: "Incidents", main, who, at: "/incidents" });
  });

  app.get("/incidents/:id", async (c) => {
    const [who, incident] = await Promise.all([reader(c), store.getIncident(c.req.param("id"))]);
    const path = `/incidents/${encodeURIComponent(c.req.param("id"))}`;
    const [spell] = incident ? spells([incident]) : [];
    if (!who && !spell) return c.redirect(`/login?next=${encodeURIComponent(path)}`, 303);
    if (!who) {
      const title = spellWords(spell!, names);
      const summary = `${iso(spell!.openedAt)} to ${iso(spell!.resolvedAt) ?? "now"}`;
      c.header(PUBLIC_HEADER, "1");
      return await shown(c, {
        title,
        summary,
        main: <PublicIncident spell={spell!} names={names} path={path} />,
      });
    }
    if (!incident || !who.good(incident.target)) return await nothing(c, who);
    const of = await gather.case(incident, who.scopes.has("operate"), clock.now());
    const main = <IncidentPage of={of} />;
    const title = titleOf(incident);
    const check = config.checks.filter(({ key }) => key === `${incident.target}/${incident.check}`);
    return await live(c, await states(), check, { title, summary: told(of)?.summary, main, who });
  });

  app.get("/login", (c) => login(c, pathOf(c.req.query("next") ?? "/")));

  app.get("/cards/:file{[a-z0-9-]+\\.svg}", async (c) => {
    const id = c.req.param("file").slice(0, -".svg".length);
    const targets = config.targets.filter((target) => target.id === id);
    const nowMs = clock.now();
    const [row] = publicStatus({ ...config, targets }, await states(), nowMs).targets;
    if (!row) return nothing(c);
    return c.body(`${card(row, iso(nowMs)!)}`, 200, {
      "content-type": "image/svg+xml; charset=utf-8",
      "cache-control": `public, max-age=${CARD_S}`,
      "cross-origin-resource-policy": "cross-origin",
    });
  });

  const walked = async (c: Context, key: string, view: CheckView) => {
    const check = config.checks.find((check) => check.key === key)!;
    return await shown(c, {
      title: `${key}, walked now`,
      main: <Walked check={check} view={view} />,
      who: await reader(c),
    });
  };
  app.route("/", actions({ config, access, inside: options.inside, refused, login, walked }));
  return app;
}

function Walked({ check, view }: { check: Check; view: CheckView }): Child {
  return (
    <>
      <Trail check={check} />
      <h1>Walked now</h1>
      <p>This was a look: nothing of it is stored and no vote has moved.</p>
      {view.regions.flatMap(({ id: region, probers }) =>
        probers.map((prober) => (
          <section>
            <h2>{region} · {prober.id}</h2>
            <Round check={check} prober={prober} />
          </section>
        ))
      )}
    </>
  );
}

const Trail = ({ check }: { check: Check }) => (
  <p>
    <a href={`/targets/${check.target.id}`}>
      <Name>{check.target.name}</Name>
    </a>{" "}
    / {check.id}
  </p>
);

function choiceOf(c: Context): Choice {
  const { q = "", label = "", group = "", window = "24h" } = c.req.query();
  const isKnown = Object.hasOwn(BAND_WINDOWS, window);
  return { q: q.slice(0, 100), label, group, window: isKnown ? window as BandWindow : "24h" };
}
