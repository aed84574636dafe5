/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** The pages, rendered on the server and complete without a script: in detail for readers, in coarse states for the public. */
import type { Context } from "hono";
import { Hono } from "../hono.ts";
import { outages } from "../api/views/outages.ts";
import { type ActionOptions, actionRoutes, localPath } from "./actions.ts";
import { type PageContext, pageContext, type PagesOptions, readerOf, toLogin } from "./context.ts";
import { notFound, renderPage } from "./layout.tsx";
import { Login } from "./public.tsx";
import { publicRoutes, renderOutage, renderPublic } from "./public_routes.tsx";
import { readerRoutes, renderIncident, renderOverview } from "./reader_routes.tsx";
import { RunResult } from "./round.tsx";
import { basePathOf, underPath } from "./sub_path.ts";

/** All pages, and the forms on them. */
export function pageRoutes(options: PagesOptions): Hono {
  const { config, access, callApi, acknowledge } = options;
  const context = pageContext(options);
  const app = new Hono();
  app.use(underPath(basePathOf(config)));
  app.get("/", async (c) => {
    const who = await readerOf(context, c);
    return who ? await renderOverview(context, c, who) : await renderPublic(context, c);
  });
  app.get("/incidents/:id", (c) => incidentOf(context, c, c.req.param("id")));
  app.route("/", readerRoutes(context));
  app.route("/", publicRoutes(context));
  if (acknowledge) app.route("/", acknowledge(options));

  const login = (c: Context, next: string, fault?: string) => {
    const main = <Login next={next} fault={fault} open={config.api.token !== undefined} />;
    return renderPage(c, { title: "Sign in", main, status: fault ? 401 : 200 });
  };
  app.get("/login", (c) => login(c, localPath(c.req.query("next") ?? "/")));
  app.route("/", actionRoutes({ config, access, callApi, login, ...actionResults(context) }));
  return app;
}

/** An incident's page: the evidence for a reader, the outage for the public. */
async function incidentOf(context: PageContext, c: Context, id: string): Promise<Response> {
  const { config, loader, store } = context;
  const path = `/incidents/${encodeURIComponent(id)}`;
  const [who, incident] = await Promise.all([readerOf(context, c), store.getIncident(id)]);
  const [outage] = incident ? outages(config, [incident], await loader.comments()) : [];
  if (who) {
    return incident && who.covers(incident.target)
      ? await renderIncident(context, c, who, { incident, outage })
      : await notFound(c, who);
  }
  return outage ? await renderOutage(context, c, outage, path) : toLogin(c, path);
}

/** The pages that actions respond with. */
function actionResults(context: PageContext): Pick<ActionOptions, "refuse" | "showRound"> {
  return {
    async refuse(c, status, why) {
      const main = (
        <>
          <h1>Request refused</h1>
          <p>{why}</p>
        </>
      );
      return await renderPage(c, {
        title: "Request refused",
        main,
        status,
        who: await readerOf(context, c),
      });
    },
    async showRound(c, key, view) {
      const check = context.config.checks.find((check) => check.key === key)!;
      return await renderPage(c, {
        title: `${key}, run now`,
        main: <RunResult check={check} view={view} />,
        who: await readerOf(context, c),
      });
    },
  };
}
