import { api } from "../../src/web/app.ts";
import { memoryStore } from "../../src/storage/memory.ts";
import type { Store } from "../../src/storage/store.ts";
import { type SettlerFixture, settlerFixture } from "./settler_fixture.ts";

/** Tokens that stand in the tests' config: for all, of the source, for reports of this target, of another one, and for reading. */
export const TOKENS = {
  admin: "tok-of-the-operator",
  unit: "tok-of-the-unit",
  shop: "tok-of-the-shop",
  other: "tok-of-others",
  reader: "tok-of-a-reader",
};

/** SHA-256 of three of them. */
const HASHES = {
  shop: "3ccbb9bbe6307bf5cf93f08035edc63ee76f22028eaa897ff2a7cc817301945a",
  other: "2968657fdb3469cd5fb8395aa3bcf26046a6f129928f97bb82ec8c366ca8837a",
  reader: "64c68b2ee64fbe7fb13146d49a5d3088570af92715f96802b36c4b667e73d138",
};

/** One check whose claim is `report`, walked by one prober. */
export const pushConfig = (report: string) => `
version: 1
store: { memory: {} }
api:
  token: "\${env:ASSAY_TOKEN}"
  tokens:
    - { id: shop, hash: "sha256:${HASHES.shop}", scopes: [report], targets: [shop] }
    - { id: other, hash: "sha256:${HASHES.other}", scopes: [report], targets: [other] }
    - { id: reader, hash: "sha256:${HASHES.reader}", scopes: [read] }
regions: [{ id: eu, probers: [{ id: fra }] }]
targets:
  - id: shop
    url: https://shop.example
    checks:
      - { id: orders, confirm: 0, report: ${report}, journey: [{ name: look, request: { path: / }, expect: status == 200 }] }
      - { id: plain, confirm: 0, report: { path: /readyz }, journey: [{ name: look, request: { path: / }, expect: status == 200 }] }
`;

/** A single pushed source, with a token of its own. */
export const PUSHED = '{ name: unit, push: { token: "${env:UNIT_TOKEN}", ttl: 45s } }';

/** The path of the source `unit`. */
export const PATH = "/v1/targets/shop/checks/orders/reports/unit";

/** An answer of the API. */
export interface ApiAnswer {
  status: number;
  headers: Headers;
  body: ReturnType<typeof JSON.parse>;
}

/** A stage and the API over its store. */
export interface PushFixture extends SettlerFixture {
  call(method: string, path: string, options?: { token?: string | null; body?: unknown }): Promise<ApiAnswer>;
  /** Pushes to {@linkcode PATH} with the source's own token; `seq` and `at` are now unless said. */
  push(fields: Record<string, unknown>): Promise<ApiAnswer>;
}

/** A house over a store; `from` brings store and clock of another one. */
export async function pushFixture(
  { report = PUSHED, store = memoryStore() }: { report?: string; store?: Store } = {},
): Promise<PushFixture> {
  const env = { ASSAY_TOKEN: TOKENS.admin, UNIT_TOKEN: TOKENS.unit };
  const own = await settlerFixture(pushConfig(report), { store, env });
  const app = api(own);
  const call: PushFixture["call"] = async (method, path, { token = TOKENS.unit, body } = {}) => {
    const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    const answer = await app.request(path, { method, headers, body: text });
    const said = await answer.text();
    return { status: answer.status, headers: answer.headers, body: said && JSON.parse(said) };
  };
  const push: PushFixture["push"] = (fields) => {
    const now = own.clock.now();
    return call("PUT", PATH, { body: { seq: now, at: now, ...fields } });
  };
  return { ...own, call, push };
}
