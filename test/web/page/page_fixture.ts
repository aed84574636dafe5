/** The page of a house, asked as a browser asks: with a cookie, from our own origin. */
import { thresholdHint } from "../../../src/storage/history/threshold_hint.ts";
import { expect } from "vitest";
import { FILES } from "../../../functions/deno/files.ts";
import { api } from "../../../src/web/app.ts";
import { type SettlerFixture, settlerFixture, threeRegions } from "../../world/settler_fixture.ts";

/** The token that opens everything. */
export const TOKEN = "tok-of-the-operator";
/** Where the page is. */
export const ORIGIN = "http://assay.example";

/** An answer as a browser sees it. */
export interface Page {
  status: number;
  headers: Headers;
  html: string;
  /** The text alone, on one line. */
  text: string;
}

/** What is sent beside a path; `form` makes it a POST. */
export interface PageRequest {
  method?: string;
  form?: Record<string, string>;
  headers?: Record<string, string>;
  /** Address of the other end. */
  client?: string;
}

/** A stage and the page over it. */
export interface PageFixture extends SettlerFixture {
  /** Asks; `cookie` is what {@linkcode signIn} answered. */
  get(path: string, cookie?: string, sending?: PageRequest): Promise<Page>;
  /** Signs in with a token and answers the cookie. */
  signIn(token?: string, origin?: string): Promise<string>;
}

/** What a browser sends with a form of our own page. */
export const SAME_ORIGIN = { origin: ORIGIN, "sec-fetch-site": "same-origin" };

/** A door; `settings` are those of `api`, `changes` replace texts of the config. */
export async function pageFixture(
  { settings = { token: "${env:ASSAY_TOKEN}" }, changes = [], secret = TOKEN, from }: {
    settings?: Record<string, unknown>;
    changes?: [from: string, to: string][];
    secret?: string;
    from?: SettlerFixture;
  } = {},
): Promise<PageFixture> {
  const text = threeRegions([["version: 1", `version: 1\napi: ${JSON.stringify(settings)}`], ...changes]);
  const env = {
    ASSAY_TOKEN: secret,
    PROBER_TOKEN: "tok-of-the-prober",
    HOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  };
  const own = await settlerFixture(text, { env, from });
  const app = api({ ...own, files: FILES, thresholdHint, runCheck: (check) => own.settler.probeNow(check) });
  const get: PageFixture["get"] = async (
    path,
    cookie,
    { form, method = form ? "POST" : "GET", headers = {}, client } = {},
  ) => {
    const url = path.startsWith("http") ? path : `${ORIGIN}${path}`;
    const sent = { ...(method === "POST" && SAME_ORIGIN), ...(cookie && { cookie }), ...headers };
    const body = form && new URLSearchParams(form);
    const answer = await app.request(url, { method, headers: sent, body }, { client });
    const html = await answer.text();
    const plain = html.replace(/<[^>]+>/g, " ").replace(/&#39;/g, "'").replace(/\s+/g, " ");
    return { status: answer.status, headers: answer.headers, html, text: plain };
  };
  return {
    ...own,
    get,
    async signIn(token = TOKEN, origin = ORIGIN) {
      const { status, headers } = await get(`${origin}/login`, undefined, {
        form: { token },
        headers: { origin, "sec-fetch-site": "same-origin" },
      });
      expect(status).toBe(303);
      return headers.get("set-cookie")!.split(";")[0]!;
    },
  };
}
