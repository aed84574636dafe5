import * as z from "../../../../base/zod.ts";
import { component, text } from "./shapes.ts";

/** RFC 9457. */
export const problemSchema = component(
  "Problem",
  z.strictObject({
    type: text.check(z.describe("urn:assay:problem:<kind>")),
    title: text,
    status: z.int(),
    detail: text.check(z.describe("What is wrong with this request.")),
    instance: text.check(z.describe("The path that was asked.")),
    errors: z.optional(z.array(
      z.strictObject({
        parameter: z.optional(text),
        field: z.optional(text),
        path: z.optional(text),
        message: text,
      }),
    )),
    suggestion: z.optional(text),
    dialects: z.optional(z.array(text)),
    skewMs: z.optional(z.number()),
    seq: z.optional(z.int()),
  }),
);
