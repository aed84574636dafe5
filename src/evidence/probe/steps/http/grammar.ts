import * as z from "../../../../base/zod.ts";
import type { GrammarFields } from "../../../../config/kinds.ts";
import type { Draft } from "../../../../config/validate.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

const TEMPLATE = "May hold {{ expr }} and ${env:NAME}.";

/** The path of a file, or its content once read. */
export const fileContent = (map: GrammarFields["map"]) =>
  z.union([
    z.string().check(z.minLength(1)),
    map({ base64: z.string().check(z.describe("Its content.")) }),
  ]);

const part = (map: GrammarFields["map"], text: GrammarFields["text"]) =>
  map({
    content: z.optional(z.string()).check(z.describe(`Its text. ${TEMPLATE}`)),
    file: z.optional(fileContent(map)).check(
      z.describe("Instead of content: a file of at most 256 KiB, read together with the config."),
    ),
    filename: z.optional(z.string().check(z.minLength(1))).check(
      z.describe("Sends it as a file. Default: the name of file."),
    ),
    type: z.optional(text(/^[\w.+-]+\/[\w.+-]+(;.*)?$/, "a media type, such as image/png")).check(
      z.describe("Its content type."),
    ),
  });

const request = ({ map, text, headers, requestPath, requestUrl }: GrammarFields) =>
  map({
    method: z.optional(z.enum(METHODS)).check(
      z.describe("HTTP method. Default: GET, or POST with a body."),
    ),
    path: z.optional(requestPath()).check(z.meta({
      description: `Relative to the target's url, or a complete URL. ${TEMPLATE}`,
      default: "/",
    })),
    url: z.optional(requestUrl()).check(z.describe(
      `Instead of path: a URL from a response, at the target's origin or one of hosts. ${TEMPLATE}`,
    )),
    query: z.optional(z.record(z.string().check(z.minLength(1)), z.string())).check(
      z.describe(`Query parameters. ${TEMPLATE}`),
    ),
    headers: z.optional(headers()).check(z.describe(`Request headers. ${TEMPLATE}`)),
    json: z.optional(z.unknown()).check(
      z.describe(`Body, sent as JSON; a text that is one template keeps its type. ${TEMPLATE}`),
    ),
    form: z.optional(z.record(z.string().check(z.minLength(1)), z.string())).check(
      z.describe(`Body, sent as a form. ${TEMPLATE}`),
    ),
    multipart: z.optional(
      z.record(z.string().check(z.minLength(1)), z.union([z.string(), part(map, text)])),
    ).check(z.describe(`Body, sent as multipart/form-data. ${TEMPLATE}`)),
    graphql: z.optional(map({
      query: z.string().check(z.minLength(1), z.describe(`The document. ${TEMPLATE}`)),
      variables: z.optional(z.record(z.string(), z.unknown())).check(z.describe(`As in json. ${TEMPLATE}`)),
      operationName: z.optional(z.string().check(z.minLength(1))).check(
        z.describe("Which operation of several."),
      ),
    })).check(z.describe("Body, a GraphQL request over HTTP.")),
    file: z.optional(fileContent(map)).check(
      z.describe("Body: a file of at most 256 KiB, read together with the config."),
    ),
    raw: z.optional(z.string()).check(z.describe(`Body, sent unchanged. ${TEMPLATE}`)),
  });

/** The keys of an HTTP step. */
export const httpGrammar = (fields: GrammarFields) =>
  fields.map({
    request: z.optional(request(fields)).check(z.describe("Default: GET / of the target.")),
    redirects: z.optional(z.int().check(z.gte(0), z.lte(10))).check(
      z.meta({ description: "Redirects to follow; 0 passes a 3xx to the expectations.", default: 5 }),
    ),
    maxBody: z.optional(fields.size("1KiB", "8MiB")).check(z.meta({
      description: "A longer body is not judged, if an expectation or capture needs it.",
      default: "1MiB",
    })),
  });

/** An HTTP step as written in the config. */
export type HttpDraft = Draft<z.infer<ReturnType<typeof httpGrammar>>>;
