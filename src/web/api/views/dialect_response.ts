import type { Context } from "hono";
import { closest } from "../../../base/closest.ts";
import { DIALECTS, type Statement, write } from "../../../evidence/report/mod.ts";
import { problem } from "../middleware/problem.ts";

const WRITERS = DIALECTS.filter(({ write }) => write);

/** Where the state stands as Assay means it, because a dialect may have to say it with the nearest word that it has. */
export const STATE_HEADER = "x-assay-state";

/** Answers with a statement in the dialect that `?as=` names, health+json without it; 400 if Assay cannot write that one. */
export function dialectResponse(c: Context, as: string | undefined, statement: Statement): Response {
  // A plus sign in a query string arrives as a space.
  const name = (as ?? "health+json").replaceAll(" ", "+");
  const dialect = WRITERS.find((dialect) => dialect.name === name);
  if (!dialect) {
    const dialects = WRITERS.map(({ name }) => name);
    const suggestion = closest(name, dialects);
    const detail = `Assay writes no dialect of this name${suggestion ? `; did you mean ${suggestion}?` : ""}`;
    return problem(c, "bad-request", detail, { suggestion, dialects });
  }
  const { status, headers, body } = write(dialect, statement);
  return new Response(body, { status, headers: { ...headers, [STATE_HEADER]: statement.state } });
}
