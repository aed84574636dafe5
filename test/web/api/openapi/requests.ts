/** Requests made from the document of the API: as it allows them, and as nobody should send them. */
import fc from "fast-check";
import document from "../../../../schema/v1/openapi.json" with { type: "json" };
import type { Operation } from "../../../../src/web/api/openapi/operation.ts";
import { type OpenapiFixture, type SampleRequest, signatureHeaders, TOKENS } from "./fixture.ts";

/** JSON Schema 2020-12, as far as the document uses it in requests. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  pattern?: string;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  propertyNames?: Schema;
  additionalProperties?: Schema | boolean;
}

interface Described {
  parameters: { name: string; in: string; required: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}
const paths = document.paths as unknown as Record<string, Record<string, Described>>;

const HOSTILE = [
  "",
  "..",
  "../../etc/passwd",
  "%00",
  "\0",
  "__proto__",
  "constructor",
  "toString",
  "*",
  "shop/read",
  "\u202e\ud83d\udca5",
  "' OR 1=1 --",
  "<script>alert(1)</script>",
  "${env:ASSAY_TOKEN}",
  "-1",
  "0",
  "1e400",
  "9007199254740993",
  "NaN",
  "null",
  "true",
  "[]",
  "2023-11-14T22:13:20Z",
  "+275761-01-01T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999+14:00",
  "x".repeat(5_000),
  "\u{10ffff}".repeat(300),
];
const hostile = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ maxLength: 300, unit: "binary" }));

const FORMATS: Record<string, fc.Arbitrary<string>> = {
  "date-time": fc.oneof(
    fc.date({ min: new Date("2023-11-01"), max: new Date("2023-12-01"), noInvalidDate: true }),
    fc.date({ min: new Date(0), max: new Date("9999-01-01"), noInvalidDate: true }),
  ).map((date) => date.toISOString()),
  uri: fc.webUrl({ validSchemes: ["http", "https"] }),
};

function text({ format, pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  if (format && FORMATS[format]) return FORMATS[format];
  if (pattern) return fc.stringMatching(new RegExp(pattern), { maxLength: Math.min(maxLength, 60) });
  const usual = fc.string({ minLength, maxLength: Math.min(maxLength, 60), unit: "grapheme" });
  return fc.oneof(usual, fc.constantFrom("shop", "read", "global", "*", "1m", "24h", "x".repeat(maxLength)));
}

/** Values that a schema allows. */
function validValues(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return fc.oneof(...either.map(validValues));
  const { minimum: min = -(2 ** 53), maximum: max = 2 ** 53 } = schema;
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "string") return text(schema);
  if (type === "integer") return fc.maxSafeInteger().map((n) => Math.min(Math.max(n, min), max));
  if (type === "number") return fc.double({ min, max, noNaN: true });
  if (type === "boolean") return fc.boolean();
  if (type === "null") return fc.constant(null);
  if (type === "array") return fc.array(validValues(schema.items ?? {}), { maxLength: 4 });
  if (type === "object") return objects(schema);
  return fc.jsonValue({ maxDepth: 2 });
}

function objects({ properties = {}, required = [], propertyNames, additionalProperties }: Schema) {
  if (Object.keys(properties).length === 0) {
    const values = typeof additionalProperties === "object" ? validValues(additionalProperties) : fc.string();
    const keys = propertyNames
      ? validValues(propertyNames) as fc.Arbitrary<string>
      : fc.string({ maxLength: 20 });
    return fc.dictionary(keys, values, { maxKeys: 4 });
  }
  const fields = Object.entries(properties).map(([name, schema]) => [name, validValues(schema)] as const);
  return fc.record(Object.fromEntries(fields), { requiredKeys: required });
}

/** A value with one of its parts, at any depth, put out of shape. */
const invalidValues = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.tuple(value, fc.array(fc.nat({ max: 5 }), { maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), hostile).map(
    ([value, path, other, name]) => put(value, path, other, name),
  );

function put(value: unknown, [at, ...path]: number[], other: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || at === undefined) return other;
  const keys = Object.keys(value);
  const key = keys[at % Math.max(1, keys.length)];
  // `__proto__` as a field of its own, as JSON.parse makes it.
  const one = (key: string, inner: unknown) => Object.fromEntries([[key, inner]]);
  if (key === undefined || path.length === 0) return { ...value, ...one(name, other) };
  const inner = put((value as Record<string, unknown>)[key], path, other, name);
  return Array.isArray(value) ? value.with(Number(key), inner) : { ...value, ...one(key, inner) };
}

function bodies({ requestBody }: Described): fc.Arbitrary<string | undefined> {
  const junk = fc.oneof(
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.constantFrom(
      "",
      "{",
      "[",
      "null",
      "\ufeff{}",
      '{"a":'.repeat(2_000),
      `"${"x".repeat(70_000)}"`,
      "[".repeat(50_000),
    ),
    fc.string({ unit: "binary" }),
  );
  if (!requestBody) return fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, junk);
  const good = validValues(requestBody.content["application/json"]!.schema);
  return fc.oneof(
    { weight: 4, arbitrary: good.map((value) => JSON.stringify(value)) },
    { weight: 3, arbitrary: invalidValues(good).map((value) => JSON.stringify(value)) },
    junk,
  );
}

function queries({ parameters }: Described): fc.Arbitrary<string> {
  const asked = parameters.filter((parameter) => parameter.in === "query").map(({ name, schema }) =>
    fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      { weight: 4, arbitrary: validValues(schema) },
      hostile,
    ).map((value) => value === undefined ? [] : [[name, String(value)]])
  );
  const stray = fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, hostile.map((name) => [[name, "1"]]));
  return fc.tuple(...asked, stray).map((pairs) =>
    String(
      new URLSearchParams(pairs.flat().map(([name, value]) => [name!.toWellFormed(), value!.toWellFormed()])),
    )
  );
}

const tokens = fc.oneof(
  { weight: 4, arbitrary: fc.constant(`Bearer ${TOKENS.root}`) },
  fc.constantFrom(
    `Bearer ${TOKENS.read}`,
    `Bearer ${TOKENS.billing}`,
    `Bearer ${TOKENS.prober}`,
    `Basic ${btoa(`any:${TOKENS.root}`)}`,
    undefined,
    "",
    "Bearer",
    "Bearer nobody",
    "Basic ????",
    "Digest x",
  ),
);

const lastIds = fc.constantFrom(undefined, undefined, "0", "-1", "1e99", "x", "1700000000000");
const tags = fc.constantFrom(undefined, undefined, undefined, "*", '"x"', 'W/"x", "y"', "x".repeat(3_000));

/** Requests to one operation. */
export function requests(house: OpenapiFixture, operation: Operation): fc.Arbitrary<SampleRequest> {
  const described = paths[operation.path]![operation.method]!;
  const parts = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) =>
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(house.pathValue(operation, name!)) },
      // A client resolves dots by itself, and then asks another operation.
      hostile.filter((text) => !/^\.{0,2}$/.test(text)),
    ).map((value) => [name!, encodeURIComponent(value.toWellFormed())] as const)
  );
  return fc.record({
    parts: fc.tuple(...parts),
    query: queries(described),
    body: bodies(described),
    authorization: tokens,
    event: fc.constantFrom("deployment_status", "deployment_protection_rule", "ping"),
    last: lastIds,
    tag: tags,
  }).map(({ parts, query, body, authorization, event, last, tag }) => {
    const filled = operation.path.replace(/\{(\w+)\}/g, (_, name) => new Map(parts).get(name)!);
    const sent = operation.method === "get" || body === undefined ? {} : { body };
    const hook = operation.access === "signature" && body !== undefined ? signatureHeaders(body, event) : {};
    const headers = { authorization, "last-event-id": last, "if-none-match": tag, ...hook };
    return {
      method: operation.method.toUpperCase(),
      path: query ? `${filled}?${query}` : filled,
      headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)),
      ...sent,
    } as SampleRequest;
  });
}
