import type { Context } from "hono";
import * as z from "../../../base/zod.ts";
import type { Target } from "../../../config/config.ts";
import { problem } from "./problem.ts";

/**
 * Parses the query string by a zod schema. If it is invalid, the response is a problem document with the
 * reasons.
 */
export function parseQuery<T>(c: Context, schema: z.ZodMiniType<T>): { value: T } | { response: Response } {
  const read = schema.safeParse(c.req.query());
  if (read.success) return { value: read.data };
  const errors = read.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((parameter) => ({ parameter, message: "Unknown parameter" }))
      : [{ parameter: issue.path.join("."), message: issue.message }]
  );
  return { response: problem(c, "bad-request", "The query string is not valid", { errors }) };
}

/** Page size: 1 to 200, by default 50. */
export const limit = z._default(z.coercedNumber().check(z.int(), z.gte(1), z.lte(200)), 50);

/** An ISO 8601 time with an offset, as epoch ms. */
export const instant = z.pipe(z.datetime({ offset: true }), z.transform(Date.parse));

/** `label=team:pay`, or several joined by commas, all of which must match. */
export const label = z.pipe(
  z.string().check(
    z.maxLength(500),
    z.regex(/^[^:,]+:[^,]*(,[^:,]+:[^,]*)*$/, "name:value, or several with commas"),
  ),
  z.transform((text) =>
    text.split(",").map((one) => [one.slice(0, one.indexOf(":")), one.slice(one.indexOf(":") + 1)])
  ),
);

/** Whether a target has all of the wanted labels. */
export const hasLabels = (
  target: Pick<Target, "labels"> | undefined,
  wanted: z.infer<typeof label> = [],
): boolean => wanted.every(([name, value]) => target?.labels[name!] === value);
