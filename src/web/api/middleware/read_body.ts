import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import type * as z from "zod";
import { parseBody } from "./body.ts";
import { problem } from "./problem.ts";

const CAP_BYTES = 64 * 1024;

/** Refuses a body over 64 KiB. */
export const defaultBodyLimit = bodyLimit({
  maxSize: CAP_BYTES,
  onError: (c) => problem(c, "too-large", `At most ${CAP_BYTES} bytes`),
});

/** The JSON body through a zod schema, or the problem document that says what is wrong with it; `what` names what it should be. */
export async function readBody<T>(
  c: Context,
  schema: z.ZodType<T>,
  what: string,
): Promise<{ value: T } | { response: Response }> {
  return parseBody(c, await c.req.text(), schema, `The body is not ${what}`);
}
