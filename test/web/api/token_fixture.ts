/** A house with three targets and several tokens, and a door that says who knocks. */
import { createHash } from "node:crypto";
import { api } from "../../../src/web/app.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import type { Store } from "../../../src/storage/store.ts";
import { type SettlerFixture, settlerFixture, threeRegions } from "../../world/settler_fixture.ts";
import type { ApiAnswer } from "./api_fixture.ts";

/** Tokens of the lodge, by what they are for. */
export const KEYS = {
  root: "key-of-the-environment",
  read: "assay_read",
  shop: "assay_read-of-the-shops",
  report: "assay_report",
  operate: "assay_operate",
  admin: "assay_admin",
  spent: "assay_expired-in-2020",
  old: "assay_before-the-rotation",
  fresh: "assay_after-the-rotation",
};

/** As `openssl dgst -sha256` has it. */
export const hashOf = (token: string, encoding: "hex" | "base64url" = "hex") =>
  `sha256:${createHash("sha256").update(token).digest(encoding)}`;

const ROWS = [
  { id: "reader", hash: hashOf(KEYS.read), scopes: ["read"] },
  { id: "shops", hash: hashOf(KEYS.shop, "base64url"), scopes: ["read", "operate"], targets: ["shop-*"] },
  { id: "pusher", hash: hashOf(KEYS.report), scopes: ["report"] },
  { id: "operator", hash: hashOf(KEYS.operate), scopes: ["operate"] },
  { id: "boss", hash: hashOf(KEYS.admin), scopes: ["admin"] },
  { id: "spent", hash: hashOf(KEYS.spent), scopes: ["admin"], expires: "2020-01-31" },
  // A whole second after the stage's first minute.
  { id: "ci", hash: hashOf(KEYS.old), scopes: ["read"], expires: "2023-11-14T22:15:00Z" },
  { id: "ci", hash: hashOf(KEYS.fresh), scopes: ["read"] },
];

/** What is asked beside a path. */
export interface AskOptions {
  method?: string;
  body?: string;
  /** The whole header. */
  authorization?: string;
  /** Address of the other end. */
  client?: string;
  headers?: Record<string, string>;
}

/** A stage, and the API over its store. */
export interface TokenFixture extends SettlerFixture {
  ask(path: string, knock?: AskOptions): Promise<ApiAnswer>;
}

const TARGETS = ["shop-eu", "billing", "shop-us"];

/** The lodge; `more` are further settings of `api`, as JSON. */
export async function tokenFixture(
  { more = {}, store = memoryStore() }: { more?: Record<string, unknown>; store?: Store } = {},
): Promise<TokenFixture> {
  const settings = { token: "${env:ASSAY_TOKEN}", tokens: ROWS, ...more };
  const [target] = /^ {2}- id: shop\n(.+\n)+?(?=webhooks)/m.exec(threeRegions())!;
  const text = threeRegions([
    ["version: 1", `version: 1\napi: ${JSON.stringify(settings)}`],
    [target, TARGETS.map((id) => target.replace("id: shop", `id: ${id}`)).join("")],
  ]);
  const env = {
    ASSAY_TOKEN: KEYS.root,
    PROBER_TOKEN: "tok-of-the-prober",
    HOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  };
  const own = await settlerFixture(text, { store, env });
  const app = api(own);
  return {
    ...own,
    async ask(path, { method = "GET", body, authorization, client, headers = {} } = {}) {
      const sent = authorization === undefined ? headers : { ...headers, authorization };
      const answer = await app.request(path, { method, body, headers: sent }, { client });
      const text = await answer.text();
      const type = answer.headers.get("content-type") ?? "";
      return {
        status: answer.status,
        type,
        headers: answer.headers,
        text,
        body: type.includes("json") ? JSON.parse(text) : undefined,
      };
    },
  };
}

/** The header of a token. */
export const bearer = (token: string) => `Bearer ${token}`;
