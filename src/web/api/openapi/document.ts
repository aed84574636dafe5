/**
 * The OpenAPI 3.1 document of the API, from the schemas that its routes validate with. It is generated at
 * build time, so no bundle includes it.
 */
import * as z from "../../../base/zod.ts";
import * as answerSchemas from "./schemas/mod.ts";
import * as statuspage from "./statuspage.ts";
import type { AnswerSpec, Operation, OperationAccess, ProblemStatus } from "./operation.ts";
import { RESOURCE_OPERATIONS } from "../resources.ts";
import * as files from "../routes/files.ts";
import * as github from "../routes/github.ts";
import * as backup from "../routes/backup.ts";
import * as reload from "../routes/reload.ts";

type Json = Record<string, unknown>;

const TAGS = {
  status: "Current status",
  past: "History and service level of one check",
  incidents: "Incidents, their comments and their notices",
  reports: "Pushed reports",
  silences: "Periods in which notices are held",
  deployments: "Recorded deployments",
  gates: "Whether a rollout may proceed",
  health: "Assay's own health, and a target's health in other dialects",
  metrics: "Prometheus",
  badges: "Shields",
  statuspage: "Status API in Statuspage's format",
  access: "Tokens, administration and this document",
  probers: "Between deployments of Assay",
} as const;
const TAG_ORDER = Object.keys(TAGS);

/** Every operation of the API, in the order of the tags. */
export const OPERATIONS: readonly Operation[] = [
  ...Object.values(RESOURCE_OPERATIONS),
  files.operations,
  github.operations,
  reload.operations,
  backup.operations,
].flatMap((operations) => operations({ ...answerSchemas, ...statuspage }))
  .toSorted((a, b) => TAG_ORDER.indexOf(a.tag) - TAG_ORDER.indexOf(b.tag));

const PROBLEMS: Record<ProblemStatus, string> = {
  400: "Bad request",
  401: "The token is missing, unknown or expired",
  403: "The token does not allow this",
  404: "Not found",
  409: "Conflict with the current state",
  413: "Request body too large",
  424: "Undecided: the evidence is missing or mixed",
  429: "Too many requests",
  500: "Internal error; the log has the cause",
  503: "Overloaded: try again",
};

/** The problems that every operation with this access may respond with. */
const COMMON_PROBLEMS: Record<OperationAccess, readonly ProblemStatus[]> = {
  public: [429, 500],
  optional: [401, 403, 429, 500],
  read: [401, 403, 429, 500],
  report: [401, 403, 429, 500],
  operate: [401, 403, 429, 500],
  admin: [401, 403, 429, 500],
  elsewhere: [401, 403, 429, 500],
  signature: [401, 403, 429, 500],
  prober: [401, 403, 429, 500],
};

const byToken = (scope?: string) => [{ bearer: scope ? [scope] : [] }, { basic: scope ? [scope] : [] }];
const SECURITY: Record<OperationAccess, Json[]> = {
  public: [],
  optional: [{}, ...byToken("read")],
  read: byToken("read"),
  report: byToken("report"),
  operate: byToken("operate"),
  admin: byToken("admin"),
  elsewhere: [{}, ...byToken()],
  signature: [],
  prober: byToken(),
};

const SECURITY_SCHEMES = {
  bearer: {
    type: "http",
    scheme: "bearer",
    description: "Create a token with `deno task assay token create`.",
  },
  basic: {
    type: "http",
    scheme: "basic",
    description: "The same token as the password, with any user name.",
  },
};

const PATH_PARAMETERS: Record<string, { description: string; pattern?: string }> = {
  id: { description: "The id of the resource" },
  target: { description: "A target's id" },
  check: { description: "A check's id" },
  source: { description: "The name of a pushed source" },
  token: { description: "A token with scope read" },
  file: { description: "{target}.json or {target}.svg", pattern: "^[a-z0-9-]+\\.(json|svg)$" },
};

/** Generates the document. */
export function openapi(): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const operation of OPERATIONS) {
    (paths[operation.path] ??= {})[operation.method] = operationOf(operation, schemas);
  }
  const body = {
    content: content("application/json", schemaOf(answerSchemas.eventSchema, "output", schemas)),
  };
  const webhook = {
    operationId: "incidentEvent",
    summary: "An incident was opened, updated or resolved (Standard Webhooks 1.0.0, signed)",
    requestBody: { required: true, ...body },
    responses: { "2XX": { description: "Received; any other response is retried" } },
  };
  const shape = schemaOf(answerSchemas.problemSchema, "output", schemas);
  return {
    openapi: "3.1.0",
    info: {
      title: "Assay",
      version: "1",
      description:
        "An external readiness prober: it compares what a service says of itself with a real request from several regions. " +
        "Fields may be added to responses; none is removed within version 1.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    webhooks: { incident: { post: webhook } },
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => a < b ? -1 : 1)),
      responses: Object.fromEntries(
        Object.entries(PROBLEMS).map(([status, description]) => [
          `problem${status}`,
          { description, content: content("application/problem+json", shape) },
        ]),
      ),
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function operationOf(operation: Operation, schemas: Json): Json {
  const { id, summary, tag, access, body, answers } = operation;
  return {
    operationId: id,
    summary,
    tags: [tag],
    security: SECURITY[access],
    parameters: parametersOf(operation, schemas),
    ...(body && {
      requestBody: {
        required: !body.optional,
        content: content("application/json", schemaOf(body.schema, "input", schemas), body.example),
      },
    }),
    responses: responsesOf(operation, answers, schemas),
  };
}

function parametersOf({ path, query, headers }: Operation, schemas: Json): Json[] {
  const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    const { description, pattern } = PATH_PARAMETERS[name!]!;
    return { name, in: "path", required: true, description, schema: { type: "string", pattern } };
  });
  const { properties = {}, required = [] } = query
    ? schemaOf(query, "input", schemas) as { properties?: Json; required?: string[] }
    : {};
  const queryParameters = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
  const headerParameters = Object.entries(headers ?? {}).map(([name, description]) => ({
    name,
    in: "header",
    description,
    schema: { type: "string" },
  }));
  return [...parts, ...queryParameters, ...headerParameters];
}

function responsesOf({ access, problems = [] }: Operation, answers: Operation["answers"], schemas: Json) {
  const responses: Json = {};
  for (const [status, described] of Object.entries(answers)) responses[status] = answerOf(described, schemas);
  const statuses: readonly number[] = [...problems, ...COMMON_PROBLEMS[access]];
  for (const status of statuses) {
    const also = responses[status] as { content?: Json } | undefined;
    const shape = content(
      "application/problem+json",
      schemaOf(answerSchemas.problemSchema, "output", schemas),
    );
    if (also) also.content = { ...also.content, ...shape };
    else responses[status] = { $ref: `#/components/responses/problem${status}` };
  }
  return responses;
}

function answerOf({ description, schema, type, also = {} }: AnswerSpec, schemas: Json): Json {
  if (!schema && !type) return { description };
  const first = content(type ?? "application/json", schema ? schemaOf(schema, "output", schemas) : undefined);
  const others = Object.entries(also).map(([type, schema]) =>
    content(type, schemaOf(schema, "output", schemas))
  );
  return { description, content: Object.assign(first, ...others) };
}

const content = (type: string, schema: Json = { type: "string" }, example?: unknown): Json => ({
  [type]: { schema, ...(example !== undefined && { example }) },
});

/** JSON Schema 2020-12 of a zod schema. Named schemas are moved to `schemas` and referenced. */
function schemaOf(schema: z.ZodMiniType, io: "input" | "output", schemas: Json): Json {
  // Wrapped in an object, so that the schema itself may be a named one.
  const { properties, $defs = {} } = z.toJSONSchema(z.object({ it: schema }), {
    io,
    unrepresentable: "any",
    override: ({ jsonSchema }) => simplify(jsonSchema, io),
  }) as { properties: Json; $defs?: Json };
  const resolveRefs = (value: unknown) =>
    JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'));
  for (const [name, part] of Object.entries($defs)) schemas[name] = resolveRefs(part);
  return resolveRefs(properties.it);
}

/**
 * Responses may gain fields, dates need no pattern beside their format, and JSON's integers are safe anyway.
 */
function simplify(schema: { [key: string]: unknown }, io: "input" | "output"): void {
  if (io === "output" && schema.additionalProperties === false) delete schema.additionalProperties;
  if (schema.format !== undefined) delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  delete schema.id;
}
