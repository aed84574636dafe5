import type { Context } from "hono";
import { closest } from "../../../base/closest.ts";
import { DIALECTS, type Statement, write } from "../../../evidence/report/mod.ts";
import { problem } from "../middleware/problem.ts";

const WRITERS = DIALECTS.filter(({ write }) => write);

/** Carries the exact state, because a dialect may only have an approximate word for it. */
export const STATE_HEADER = "x-assay-state";

/**
 * Responds with a statement in the dialect named by `?as=`, by default health+json; 400 if Assay cannot write
 * it.
 */
export function dialectResponse(c: Context, as: string | undefined, statement: Statement): Response {
  // A plus sign in a query string arrives as a space.
  const name = (as ?? "health+json").replaceAll(" ", "+");
  const dialect = WRITERS.find((dialect) => dialect.name === name);
  if (!dialect) {
    const dialects = WRITERS.map(({ name }) => name);
    const suggestion = closest(name, dialects);
    const detail = `Assay cannot write this dialect${suggestion ? `; did you mean ${suggestion}?` : ""}`;
    return problem(c, "bad-request", detail, { suggestion, dialects });
  }
  const { status, headers, body } = write(dialect, statement);
  return new Response(body, { status, headers: { ...headers, [STATE_HEADER]: statement.state } });
}
