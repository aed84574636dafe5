import * as z from "zod";
import type { GrammarFields } from "../../../../config/kinds.ts";
import type { Draft } from "../../../../config/validate.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

const TEMPLATE = "May hold {{ expr }} and ${env:NAME}.";

const request = ({ map, headers, requestPath }: GrammarFields) =>
  map({
    method: z.enum(METHODS).optional().meta({ description: "HTTP method.", default: "GET" }),
    path: requestPath().optional().meta({
      description: `Below the target's url, or a whole URL. ${TEMPLATE}`,
      default: "/",
    }),
    query: z.record(z.string().min(1), z.string()).optional().describe(`Query parameters. ${TEMPLATE}`),
    headers: headers().optional().describe(`Request headers. ${TEMPLATE}`),
    json: z.unknown().optional().describe(
      `Body, sent as JSON; a text that is only a template keeps its type. ${TEMPLATE}`,
    ),
    form: z.record(z.string().min(1), z.string()).optional().describe(`Body, sent as a form. ${TEMPLATE}`),
    raw: z.string().optional().describe(`Body, sent as it stands. ${TEMPLATE}`),
  });

/** The keys of an HTTP step. */
export const httpGrammar = (fields: GrammarFields) =>
  fields.map({
    request: request(fields).optional().describe("Default: GET / of the target."),
    redirects: z.int().min(0).max(10).optional()
      .meta({ description: "Redirects to follow; 0 hands a 3xx to the expectations.", default: 5 }),
    maxBody: fields.size("1KiB", "8MiB").optional().meta({
      description: "A longer body is not judged, where an expectation or a capture needs one.",
      default: "1MiB",
    }),
  });

/** An HTTP step as written. */
export type HttpDraft = Draft<z.infer<ReturnType<typeof httpGrammar>>>;
