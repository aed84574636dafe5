import * as z from "../../../../base/zod.ts";
import { anyText, component } from "./shapes.ts";

/** A problem document (RFC 9457). */
export const problemSchema = component(
  "Problem",
  z.strictObject({
    type: anyText.check(z.describe("urn:assay:problem:<kind>")),
    title: anyText,
    status: z.int(),
    detail: anyText.check(z.describe("What is wrong with this request.")),
    instance: anyText.check(z.describe("The path of the request.")),
    errors: z.optional(z.array(
      z.strictObject({
        parameter: z.optional(anyText),
        field: z.optional(anyText),
        path: z.optional(anyText),
        message: anyText,
      }),
    )),
    suggestion: z.optional(anyText),
    dialects: z.optional(z.array(anyText)),
    skewMs: z.optional(z.number()),
    seq: z.optional(z.int()),
  }),
);
