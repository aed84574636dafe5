import { api } from "../../../src/web/app.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import type { Store } from "../../../src/storage/store.ts";
import type { Route } from "../../world/network.ts";
import { type SettlerFixture, settlerFixture, threeRegions } from "../../world/settler_fixture.ts";

/** The token that opens the API of every test. */
export const TOKEN = "tok-of-the-operator";

/** An answer as a client sees it. */
export interface ApiAnswer {
  status: number;
  type: string;
  headers: Headers;
  body: ReturnType<typeof JSON.parse>;
  text: string;
}

/** A stage and the API over its store. */
export interface ApiFixture extends SettlerFixture {
  /** Sends a request with the right token, another one, or none (null). */
  call(path: string, options?: { method?: string; token?: string | null; body?: string }): Promise<ApiAnswer>;
}

/** A house whose API has a token, unless `text` is another config. */
export async function apiFixture(
  { text = withToken(threeRegions()), store = memoryStore(), env: more, routes, sparesHanging, startMs }: {
    text?: string;
    store?: Store;
    env?: Record<string, string>;
    routes?: Record<string, Route>;
    sparesHanging?: boolean;
    startMs?: number;
  } = {},
): Promise<ApiFixture> {
  const env = {
    ASSAY_TOKEN: TOKEN,
    PROBER_TOKEN: "tok-of-the-prober",
    HOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ...more,
  };
  const own = await settlerFixture(text, { store, env, routes, sparesHanging, startMs });
  const app = api(own);
  return {
    ...own,
    async call(path, { method = "GET", token = TOKEN, body } = {}) {
      const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
      const answer = await app.request(path, { method, headers, body });
      const text = await answer.text();
      const type = answer.headers.get("content-type") ?? "";
      return {
        status: answer.status,
        type,
        headers: answer.headers,
        text,
        body: type.includes("json") && JSON.parse(text),
      };
    },
  };
}

/** The same config with a token for the API. */
export const withToken = (text: string) =>
  text.replace("version: 1", 'version: 1\napi: { token: "${env:ASSAY_TOKEN}" }');
