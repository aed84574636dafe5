/** What came of an exchange, held against a row. */
import { expect } from "vitest";
import type { Exchange } from "../../../src/base/http/client.ts";
import type { Expected, Row } from "./row.ts";

/** In the words of the table. */
export function outcomeOf(got: Exchange): Record<string, unknown> {
  if (got.kind === "failure") return { reason: got.reason, detail: got.detail };
  const { status, headers, bytes, truncated, trace } = got;
  return {
    status,
    text: new TextDecoder().decode(bytes),
    truncated,
    location: headers.get("location"),
    requests: trace.requests,
  };
}

/** What `expect` compares an outcome with. */
export const matching = (expected: Expected): unknown =>
  expect.objectContaining(
    "reason" in expected
      ? {
        reason: expect.stringMatching(new RegExp(`^(${[expected.reason].flat().join("|")})$`)),
        detail: expect.stringMatching(expected.detail),
      }
      : { truncated: false, ...expected },
  );

/** What workerd must say: what Deno says, in words of its own, unless the row knows better. Null: it is not asked. */
export function workerdExpected({ deno, workerd }: Row): Expected | null {
  if (workerd !== undefined) return workerd;
  return "reason" in deno ? { ...deno, detail: /./ } : deno;
}
