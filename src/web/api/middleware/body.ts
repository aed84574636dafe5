import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "../../../base/zod.ts";
import { problem } from "./problem.ts";

/** Refuses a request body of more bytes than that. */
export const limitBody = (bytes = 64 * 1024): MiddlewareHandler =>
  bodyLimit({ maxSize: bytes, onError: (c) => problem(c, "too-large", `At most ${bytes} bytes`) });

/** Control characters but tab and line feed, and those that turn the direction of the text around them (UAX #9). */
const UNSEEN = /(?![\t\n])\p{Cc}|\p{Bidi_C}/gu;

/** A text from outside, without invisible characters that change how the rest is read. */
export const freeText = (): z.ZodMiniString =>
  z.string().check(z.overwrite((text) => text.replace(UNSEEN, "")));

/** A text as JSON through a zod schema, or the problem document that says what is wrong with it. */
export function parseBody<T>(
  c: Context,
  text: string,
  schema: z.ZodMiniType<T>,
  detail = "The body has another shape",
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

/** The body of a request, as {@linkcode parseBody} reads it. */
export async function readBody<T>(
  c: Context,
  schema: z.ZodMiniType<T>,
  detail?: string,
): Promise<{ value: T } | { response: Response }> {
  return parseBody(c, await c.req.text(), schema, detail);
}
