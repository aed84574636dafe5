import type { Context } from "hono";
import * as z from "../../../base/zod.ts";
import type { Target } from "../../../config/config.ts";
import { problem } from "./problem.ts";

/** The query string through a zod schema, or the problem document that says what is wrong with it. */
export function parseQuery<T>(c: Context, schema: z.ZodMiniType<T>): { value: T } | { response: Response } {
  const read = schema.safeParse(c.req.query());
  if (read.success) return { value: read.data };
  const errors = read.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((parameter) => ({ parameter, message: "There is no such parameter" }))
      : [{ parameter: issue.path.join("."), message: issue.message }]
  );
  return { response: problem(c, "bad-request", "The query string is not valid", { errors }) };
}

/** `limit` of a page: 1 to 200, 50 by default. */
export const limit = z._default(z.coercedNumber().check(z.int(), z.gte(1), z.lte(200)), 50);

/** `label=team:pay`, or several with commas: all of them. */
export const label = z.pipe(
  z.string().check(
    z.maxLength(500),
    z.regex(/^[^:,]+:[^,]*(,[^:,]+:[^,]*)*$/, "name:value, or several with commas"),
  ),
  z.transform((text) =>
    text.split(",").map((one) => [one.slice(0, one.indexOf(":")), one.slice(one.indexOf(":") + 1)])
  ),
);

/** Whether a target has all of these labels; without any, whether or not it has some. */
export const hasLabels = (
  target: Pick<Target, "labels"> | undefined,
  wanted: z.infer<typeof label> = [],
): boolean => wanted.every(([name, value]) => target?.labels[name!] === value);
