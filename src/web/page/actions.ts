/** What may be done on a page, as plain forms. Each is one request to the API, which decides, checks and answers. */
import type { Context } from "hono";
import { Hono } from "../hono.ts";
import type { Access } from "../api/middleware/access.ts";
import { limitBody } from "../api/middleware/body.ts";
import { isSameOriginRequest } from "../api/middleware/session.ts";
import type { Config } from "../../config/config.ts";
import type { CheckView } from "./words.ts";

/** What says who asks, and from where. */
const FORWARDED_HEADERS = ["cookie", "origin", "sec-fetch-site", "authorization"];

/** What the actions need of the rest. */
export interface ActionOptions {
  config: Config;
  access: Access;
  /** Answers a request as the API does. */
  callApi(request: Request): Response | Promise<Response>;
  refuse(c: Context, status: 400 | 401 | 403 | 404 | 409, why: string): Response | Promise<Response>;
  login(c: Context, next: string, fault: string): Response | Promise<Response>;
  showRound(c: Context, key: string, view: CheckView): Response | Promise<Response>;
}

/** A path of ours to come back to; anything else is the overview. */
export const localPath = (next: string): string =>
  /^\/(?![/\\])[\x21-\x7e]*$/.test(next) && !next.includes("\\") ? next : "/";

/** `POST` of every form. All but the last two go on to a page (303), so that a reload repeats nothing. */
export function actionRoutes({ config, access, callApi, refuse, login, showRound }: ActionOptions): Hono {
  const app = new Hono();
  const limit = limitBody();

  const field = async (c: Context, name: string): Promise<string> => {
    const value = (await c.req.parseBody())[name];
    return typeof value === "string" ? value : "";
  };

  const post = (c: Context, path: string, body?: unknown, method = "POST") => {
    const headers = new Headers({ "content-type": "application/json" });
    for (const name of FORWARDED_HEADERS) {
      const value = c.req.header(name);
      if (value !== undefined) headers.set(name, value);
    }
    const init = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
    return callApi(new Request(new URL(path, c.req.url), init));
  };

  const showFailure = async (c: Context, answer: Response) => {
    const { detail, errors = [] } = await answer.json() as {
      detail: string;
      errors?: { field: string; message: string }[];
    };
    if (answer.status === 401) {
      return refuse(c, 403, "You are not signed in, or this form was sent from another page.");
    }
    const status = ([400, 403, 404, 409] as const).find((known) => known === answer.status) ?? 409;
    return refuse(
      c,
      status,
      [detail, ...errors.map(({ field, message }) => `${field}: ${message}`)].join(". "),
    );
  };

  /** Asks the API, and goes on to `next`. */
  const act = async (c: Context, path: string, body: unknown, next: string) => {
    const answer = await post(c, path, body);
    return answer.ok ? c.redirect(next, 303) : await showFailure(c, answer);
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
    const answer = await post(c, `/v1/targets/${check.target.id}/checks/${check.id}/rounds`);
    return answer.ok ? await showRound(c, check.key, await answer.json()) : await showFailure(c, answer);
  });

  app.post("/login", limit, async (c) => {
    const next = localPath(await field(c, "next"));
    if (!isSameOriginRequest(c, config.publicUrl)) {
      return refuse(c, 403, "This form was sent from another page.");
    }
    if (await access.signIn(c, (await field(c, "token")).trim())) return c.redirect(next, 303);
    return login(c, next, "This token is not known, has expired, or may not read.");
  });

  app.post("/logout", limit, async (c) => {
    if (!isSameOriginRequest(c, config.publicUrl)) {
      return refuse(c, 403, "This form was sent from another page.");
    }
    if (await field(c, "everywhere")) {
      const answer = await post(c, "/v1/sessions", undefined, "DELETE");
      if (!answer.ok) return await showFailure(c, answer);
    }
    access.signOut(c);
    return c.redirect("/", 303);
  });

  return app;
}
