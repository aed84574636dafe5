import * as z from "zod";
import { duration, headers, list, map, requestPath, text, words } from "./fields.ts";

/** What a step may send. */
export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

const TEMPLATE = "May hold {{ expr }} and ${env:NAME}.";

const request = map({
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

const expectation = z.string().min(1);

const until = map({
  every: duration("50ms", "30s").describe("Pause between two polls."),
  within: duration("50ms", "30s").describe("How long to poll until the expectations hold."),
});

const capture = z.record(
  text(/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/, "a capture name: letters, digits and underscores, no digit first"),
  expectation,
);

const optional = {
  name: words().optional().describe("For humans. Default: step N."),
  request: request.optional().describe("Default: GET / of the target."),
  capture: capture.optional().describe("CEL expressions over the answer, for later steps."),
  until: until.optional().describe("Repeat the request until the expectations hold."),
  timeout: duration("50ms", "45s").optional().describe(
    "Deadline of this step. Default: the check's timeout.",
  ),
  redirects: z.int().min(0).max(10).optional()
    .meta({ description: "Redirects to follow; 0 hands a 3xx to the expectations.", default: 5 }),
};

const expect = z.union([expectation, list(expectation, 50)])
  .describe("CEL conditions over status, headers, body, text and captures.");

/** The steps of a journey. */
export const journey = list(map({ ...optional, expect }), 50);

/** The steps of a cleanup: expectations may be left out. */
export const cleanup = list(map({ ...optional, expect: expect.optional() }), 50);
