import type { Facts, Language } from "../../../src/config/expression/mod.ts";
import { loadPatterns } from "../../../src/config/expression/pattern.ts";
import {
  HTTP_MEASURED,
  HTTP_VARIABLES,
  type HttpAnswer,
  HttpScope,
} from "../../../src/evidence/probe/steps/http/answer.ts";

/** What expressions over an HTTP answer may name. */
export const HTTP: Language = {
  variables: { ...HTTP_VARIABLES, ...HTTP_MEASURED },
  patterns: await loadPatterns(),
};

/** What a healthy-looking answer comes with. */
export const FACTS: Facts = {
  captures: { order: "ord_1", before: 4 },
  run: { id: "r1", slot: 60_000, prober: "home", region: "eu", target: "shop", check: "write" },
  now: Date.parse("2026-01-01T00:00:00Z"),
};

/** A healthy-looking answer with `text` as its body; `more` replaces single parts of it. */
export function answer(text: string, more: Partial<HttpAnswer> = {}): HttpScope {
  const headers = new Headers({ "content-type": "application/json", "X-Cache": "HIT" });
  return new HttpScope({
    status: 200,
    headers,
    text,
    durationMs: 12.5,
    url: "https://shop.example/orders",
    redirects: 0,
    ...more,
  }, FACTS);
}
