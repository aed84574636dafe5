import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "../../../base/zod.ts";
import { problem } from "./problem.ts";

/** Limits the size of a request body. */
export const limitBody = (bytes = 64 * 1024): MiddlewareHandler =>
  bodyLimit({ maxSize: bytes, onError: (c) => problem(c, "too-large", `At most ${bytes} bytes`) });

/** Control characters except tab and line feed, and bidirectional formatting characters (UAX #9). */
const UNSEEN = /(?![\t\n])\p{Cc}|\p{Bidi_C}/gu;

/** Text from a client, without invisible characters that would change how it is displayed. */
export const freeText = (): z.ZodMiniString =>
  z.string().check(z.overwrite((text) => text.replace(UNSEEN, "")));

/**
 * Parses JSON text by a zod schema. If it is invalid, the response is a problem document with the reasons.
 */
export function parseBody<T>(
  c: Context,
  text: string,
  schema: z.ZodMiniType<T>,
  detail = "The body is not valid",
): { value: T } | { response: Response } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { response: problem(c, "bad-request", "The body is not JSON") };
  }
  const read = schema.safeParse(json);
  if (read.success) return { value: read.data };
  const errors = read.error.issues.slice(0, 20).map(({ path, message }) => ({
    field: path.join("."),
    message,
  }));
  return { response: problem(c, "bad-request", detail, { errors }) };
}

/** Reads a request's body by {@linkcode parseBody}. */
export async function readBody<T>(
  c: Context,
  schema: z.ZodMiniType<T>,
  detail?: string,
): Promise<{ value: T } | { response: Response }> {
  return parseBody(c, await c.req.text(), schema, detail);
}
