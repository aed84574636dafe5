/** What may be done on a page, as plain forms. Each is one request to the API, which decides, checks and answers. */
import { type Context, Hono } from "hono";
import type { Access } from "../api/middleware/access.ts";
import { capped } from "../api/middleware/body.ts";
import { ownOrigin } from "../api/middleware/session.ts";
import type { Config } from "../../config/config.ts";
import type { CheckView } from "./words.ts";

const CAP_BYTES = 64 * 1024;
/** What says who asks, and from where. */
const SHOWN = ["cookie", "origin", "sec-fetch-site", "authorization"];

/** What the actions need of the rest. */
export interface ActionOptions {
  config: Config;
  access: Access;
  /** Answers a request as the API does. */
  inside(request: Request): Response | Promise<Response>;
  refused(c: Context, status: 400 | 401 | 403 | 404 | 409, why: string): Response | Promise<Response>;
  login(c: Context, next: string, fault: string): Response | Promise<Response>;
  walked(c: Context, key: string, view: CheckView): Response | Promise<Response>;
}

/** A path of ours to come back to; anything else is the overview. */
export const pathOf = (next: string): string =>
  /^\/(?![/\\])[\x21-\x7e]*$/.test(next) && !next.includes("\\") ? next : "/";

/** `POST` of every form. All but the last two go on to a page (303), so that a reload repeats nothing. */
export function actions({ config, access, inside, refused, login, walked }: ActionOptions): Hono {
  const app = new Hono();
  const limit = capped(CAP_BYTES);

  const field = async (c: Context, name: string): Promise<string> => {
    const value = (await c.req.parseBody())[name];
    return typeof value === "string" ? value : "";
  };

  const ask = (c: Context, path: string, body?: unknown, method = "POST") => {
    const headers = new Headers({ "content-type": "application/json" });
    for (const name of SHOWN) {
      const value = c.req.header(name);
      if (value !== undefined) headers.set(name, value);
    }
    const init = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
    return inside(new Request(new URL(path, c.req.url), init));
  };

  const failed = async (c: Context, answer: Response) => {
    const { detail, errors = [] } = await answer.json() as {
      detail: string;
      errors?: { field: string; message: string }[];
    };
    if (answer.status === 401) {
      return refused(c, 403, "You are not signed in, or this form was sent from another page.");
    }
    const status = ([400, 403, 404, 409] as const).find((known) => known === answer.status) ?? 409;
    return refused(
      c,
      status,
      [detail, ...errors.map(({ field, message }) => `${field}: ${message}`)].join(". "),
    );
  };

  /** Asks the API, and goes on to `next`. */
  const act = async (c: Context, path: string, body: unknown, next: string) => {
    const answer = await ask(c, path, body);
    return answer.ok ? c.redirect(next, 303) : await failed(c, answer);
  };

  app.post("/incidents/:id/:verb{acknowledge|comments}", limit, async (c) => {
    const { id, verb } = c.req.param();
    const text = await field(c, "text");
    const path = `/incidents/${encodeURIComponent(id)}`;
    return await act(c, `/v1${path}/${verb}`, text || verb === "comments" ? { text } : {}, path);
  });

  app.post("/targets/:id/silence", limit, async (c) => {
    const id = c.req.param("id");
    if (!config.targets.some((target) => target.id === id)) return refused(c, 404, "No target has this id.");
    const [until, reason] = [await field(c, "until"), await field(c, "reason")];
    return await act(c, "/v1/silences", { match: { target: id }, until, reason }, `/targets/${id}`);
  });

  app.post("/targets/:id/checks/:check/walk", limit, async (c) => {
    const check = config.checks.find(({ key }) => key === `${c.req.param("id")}/${c.req.param("check")}`);
    if (!check) return refused(c, 404, "No target and check have these ids.");
    const answer = await ask(c, `/v1/targets/${check.target.id}/checks/${check.id}/rounds`);
    return answer.ok ? await walked(c, check.key, await answer.json()) : await failed(c, answer);
  });

  app.post("/login", limit, async (c) => {
    const next = pathOf(await field(c, "next"));
    if (!ownOrigin(c, config.publicUrl)) return refused(c, 403, "This form was sent from another page.");
    if (await access.signIn(c, (await field(c, "token")).trim())) return c.redirect(next, 303);
    return login(c, next, "This token is not known, has expired, or may not read.");
  });

  app.post("/logout", limit, async (c) => {
    if (!ownOrigin(c, config.publicUrl)) return refused(c, 403, "This form was sent from another page.");
    if (await field(c, "everywhere")) {
      const answer = await ask(c, "/v1/sessions", undefined, "DELETE");
      if (!answer.ok) return await failed(c, answer);
    }
    access.signOut(c);
    return c.redirect("/", 303);
  });

  return app;
}
