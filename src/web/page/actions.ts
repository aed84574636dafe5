/**
 * The page's actions, as plain forms. Each one is a request to the API, which authorizes and validates it.
 */
import type { Context } from "hono";
import { Hono } from "../hono.ts";
import type { Access } from "../api/middleware/access.ts";
import { limitBody } from "../api/middleware/body.ts";
import { isSameOriginRequest } from "../api/middleware/session.ts";
import type { Config } from "../../config/config.ts";
import type { CheckView } from "./words.ts";

/** Headers that identify the client and the page it came from. */
const FORWARDED_HEADERS = ["cookie", "origin", "sec-fetch-site", "authorization"];

/** Dependencies of the actions. */
export interface ActionOptions {
  config: Config;
  access: Access;
  /** Sends a request to the API. */
  callApi(request: Request): Response | Promise<Response>;
  refuse(c: Context, status: 400 | 401 | 403 | 404 | 409, why: string): Response | Promise<Response>;
  login(c: Context, next: string, fault: string): Response | Promise<Response>;
  showRound(c: Context, key: string, view: CheckView): Response | Promise<Response>;
}

/** `next` if it is a path of this site, otherwise `/`. */
export const localPath = (next: string): string =>
  /^\/(?![/\\])[\x21-\x7e]*$/.test(next) && !next.includes("\\") ? next : "/";

/** The `POST` routes of all forms. Most redirect to a page (303), so that a reload does not repeat them. */
export function actionRoutes({ config, access, callApi, refuse, login, showRound }: ActionOptions): Hono {
  const app = new Hono();
  const limit = limitBody();

  /** Calls the API, then redirects to `next`. */
  const act = async (c: Context, path: string, body: unknown, next: string) => {
    const answer = await post(callApi, c, path, { body });
    return answer.ok ? c.redirect(next, 303) : await showFailure(refuse, c, answer);
  };

  app.post("/incidents/:id/:verb{acknowledge|comments|announcements}", limit, async (c) => {
    const { id, verb } = c.req.param();
    const text = await field(c, "text");
    const path = `/incidents/${encodeURIComponent(id)}`;
    return await act(c, `/v1${path}/${verb}`, text || verb !== "acknowledge" ? { text } : {}, path);
  });

  app.post("/targets/:id/silence", limit, async (c) => {
    const id = c.req.param("id");
    if (!config.targets.some((target) => target.id === id)) return refuse(c, 404, "No target has this id.");
    const [until, reason] = [await field(c, "until"), await field(c, "reason")];
    return await act(c, "/v1/silences", { match: { target: id }, until, reason }, `/targets/${id}`);
  });

  app.post("/targets/:id/checks/:check/walk", limit, async (c) => {
    const check = config.checks.find(({ key }) => key === `${c.req.param("id")}/${c.req.param("check")}`);
    if (!check) return refuse(c, 404, "No target and check have these ids.");
    const answer = await post(callApi, c, `/v1/targets/${check.target.id}/checks/${check.id}/rounds`);
    return answer.ok
      ? await showRound(c, check.key, await answer.json())
      : await showFailure(refuse, c, answer);
  });

  app.post("/login", limit, async (c) => {
    const next = localPath(await field(c, "next"));
    if (!isSameOriginRequest(c, config.publicUrl)) {
      return refuse(c, 403, "This form was sent from another page.");
    }
    if (await access.signIn(c, (await field(c, "token")).trim())) return c.redirect(next, 303);
    return login(c, next, "This token is unknown, has expired, or may not read.");
  });

  app.post("/logout", limit, async (c) => {
    if (!isSameOriginRequest(c, config.publicUrl)) {
      return refuse(c, 403, "This form was sent from another page.");
    }
    if (await field(c, "everywhere")) {
      const answer = await post(callApi, c, "/v1/sessions", { method: "DELETE" });
      if (!answer.ok) return await showFailure(refuse, c, answer);
    }
    access.signOut(c);
    return c.redirect("/", 303);
  });

  return app;
}

/** A field of the submitted form; empty if it is missing or a file. */
async function field(c: Context, name: string): Promise<string> {
  const value = (await c.req.parseBody())[name];
  return typeof value === "string" ? value : "";
}

/** Calls the API as the client of this request. */
function post(
  callApi: ActionOptions["callApi"],
  c: Context,
  path: string,
  { body, method = "POST" }: { body?: unknown; method?: string } = {},
) {
  const headers = new Headers({ "content-type": "application/json" });
  for (const name of FORWARDED_HEADERS) {
    const value = c.req.header(name);
    if (value !== undefined) headers.set(name, value);
  }
  const init = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
  return callApi(new Request(new URL(path, c.req.url), init));
}

/** Shows the problem document of a failed call. */
async function showFailure(refuse: ActionOptions["refuse"], c: Context, answer: Response) {
  const { detail, errors = [] } = await answer.json() as {
    detail: string;
    errors?: { field: string; message: string }[];
  };
  if (answer.status === 401) {
    return refuse(c, 403, "You are not signed in, or this form was sent from another page.");
  }
  const status = ([400, 403, 404, 409] as const).find((known) => known === answer.status) ?? 409;
  const details = [detail, ...errors.map(({ field, message }) => `${field}: ${message}`)];
  return refuse(c, status, details.join(". "));
}
