import type { Facts } from "../../../src/config/expression/mod.ts";

/** A healthy-looking answer with `text` as its body; `more` replaces single facts. */
export function answer(text: string, more: Partial<Facts> = {}): Facts {
  return {
    status: 200,
    headers: new Headers({ "content-type": "application/json", "X-Cache": "HIT" }),
    text,
    durationMs: 12.5,
    captures: { order: "ord_1", before: 4 },
    run: { id: "r1", slot: 60_000, prober: "home", region: "eu", target: "shop", check: "write" },
    now: Date.parse("2026-01-01T00:00:00Z"),
    ...more,
  };
}
