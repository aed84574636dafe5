import * as z from "../../base/zod.ts";
import { parseSize, SIZE } from "./size.ts";
import { HEADER_VALUE } from "../../base/http/header_value.ts";
import { DURATION, parseDuration } from "./duration.ts";

// Every `error` below is a noun phrase that names what was expected. `validate.ts` makes the sentence.

/** A strict map. The message of an unknown key is the list of known keys. */
export function map<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape).join(", ");
  return z.strictObject(shape, { error: (issue) => issue.code === "unrecognized_keys" ? known : undefined });
}

/** A text that matches a pattern. A number or boolean that would match between quotes has only the wrong type. */
export const text = (pattern: RegExp, expected: string) =>
  z.string({ error: ({ input }) => pattern.test(String(input)) ? undefined : expected })
    .check(z.regex(pattern, { error: expected, abort: true }));

/** A duration from `least` to `most`, inclusive. */
export function duration(least: string, most: string) {
  const inside = (value: string) =>
    parseDuration(value) >= parseDuration(least) && parseDuration(value) <= parseDuration(most);
  const expected = `a duration from ${least} to ${most}`;
  return text(DURATION, `${expected}: whole numbers and d, h, m, s or ms, such as 30s or 1m30s`).check(
    z.refine(inside, { error: expected }),
  );
}

/** A duration from `least` to `most`, or 0. */
export const durationOrZero = (least: string, most: string) =>
  z.union([duration(least, most), z.literal(0, { error: `a duration from ${least} to ${most}, or 0` })]);

/** A size from `least` to `most`, inclusive. */
export function size(least: string, most: string) {
  const inside = (value: string) =>
    parseSize(value) >= parseSize(least) && parseSize(value) <= parseSize(most);
  return text(SIZE, "a size: a whole number and KiB or MiB, such as 256KiB or 1MiB").check(
    z.refine(inside, { error: `a size from ${least} to ${most}` }),
  );
}

/** Target, check, prober and webhook ids. */
export const id = () =>
  text(/^[a-z0-9][a-z0-9-]{0,62}$/, "an id: 1 to 63 lower-case letters, digits and hyphens, no hyphen first");

/** These ids are keys of objects, where `constructor` is the only inherited name that matches the pattern. */
const keyId = (id: z.ZodMiniString) =>
  id.check(
    z.refine((name) => name !== "constructor", {
      error: "an allowed id: constructor is reserved in JavaScript",
    }),
  );

/** Prober ids, which are keys in rows. */
export const proberId = () => keyId(id());

/** Region ids, which are keys in expressions and rows. */
export const plainId = () =>
  keyId(text(/^[a-z][a-z0-9]{0,31}$/, "a plain id: 1 to 32 lower-case letters and digits, a letter first"));

/** A sentence or name for humans. */
export const words = () => z.string().check(z.minLength(1), z.maxLength(500));

/** A secret by reference. */
export const reference = () =>
  text(
    /^\$\{(?:env:[A-Z_][A-Z0-9_]*|file:\/[^}\s]+)\}$/,
    "a reference: ${env:NAME}, so that no secret stands in the config",
  );

/** A secret by reference, or a value captured by an earlier step. */
export const secret = () =>
  text(
    /^(\$\{(?:env:[A-Z_][A-Z0-9_]*|file:\/[^}\s]+)\}|\{\{.*\}\})$/s,
    "a reference: ${env:NAME}, so that no secret stands in the config, or {{ captures.name }}",
  );

/** `/path`, `https://host/path`, or a template or reference that yields one. */
export const requestPath = () =>
  text(/^(\/|https?:\/\/|\{\{|\$\{env:)/, "a path: /... below the target's url, or a whole http(s) URL");

/** `{{ captures.next }}`, `/path?query` or `https://host/path`. */
export const requestUrl = () =>
  text(/^(\/|https?:\/\/|\?|.*\{\{)/s, "a URL: https://..., /..., or a template that yields one");

/** Another origin that steps may send requests to: `uploads.example`, or `http://host:port`. */
export const host = () =>
  text(
    /^(https?:\/\/)?[^\s/?#@{}$]+$/i,
    "a host or an origin: uploads.example, or http://uploads.example:8080",
  );

const OWN_HEADERS = [
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-assay-run",
];

/** Request headers. Headers that the runtime or Assay sets itself would be ignored, so they are refused. */
export const headers = () =>
  z.record(
    text(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "a header name").check(
      z.refine((name) => !OWN_HEADERS.includes(name.toLowerCase()), {
        error: `a header you may set: not ${OWN_HEADERS.join(", ")}`,
      }),
    ),
    text(HEADER_VALUE, "a header value: one line, no control characters"),
  );

/** A list with `least` to `most` entries. */
export const list = <Item extends z.ZodMiniType>(item: Item, most: number, least = 1) =>
  z.array(item).check(z.minLength(least), z.maxLength(most));

const NAMED_RULES = z.enum(["majority", "all", "any"]);
const COUNTED_RULES = [
  map({ atLeast: z.int().check(z.gte(1), z.lte(1000), z.describe("This number of votes.")) }),
  map({
    fraction: z.number().check(
      z.gt(0),
      z.lte(1),
      z.describe("At least this share of the fresh votes, rounded up."),
    ),
  }),
] as const;

/** How many votes are needed. */
export const rule = () => z.union([NAMED_RULES, ...COUNTED_RULES]);

/** One rule for opening and resolving, or one for each. */
export const quorum = () =>
  z.union([
    NAMED_RULES,
    ...COUNTED_RULES,
    map({
      open: z.optional(rule()).check(z.describe("Votes needed to open an incident. Default: majority.")),
      resolve: z.optional(rule()).check(z.describe("Votes needed to resolve it. Default: majority.")),
      minReporting: z.optional(z.int().check(z.gte(1), z.lte(1000))).check(
        z.describe("Minimum number of fresh votes for a decision."),
      ),
    }),
  ]);

/** An optional key, with its description and its default if it has one. */
export const optionalField = <Field extends z.ZodMiniType>(
  field: Field,
  description: string,
  fallback?: unknown,
) =>
  z.optional(field).check(
    z.meta(fallback === undefined ? { description } : { description, default: fallback }),
  );
