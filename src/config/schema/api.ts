import * as z from "../../base/zod.ts";
import { id, list, map, reference, text } from "./fields.ts";
import { MAX_TOKENS, TOKEN_SCOPES } from "./token_scopes.ts";

const HASH = /^sha256:([0-9a-f]{64}|[A-Za-z0-9_-]{43})$/;

const isDate = (value: string) => z.isoDate().safeParse(value).success;
const instant = () =>
  z.string().check(
    z.refine((value) => isDate(value) || z.datetime({ offset: true }).safeParse(value).success, {
      error: "a date: 2027-01-31 (that day included, UTC) or 2027-01-31T12:00:00Z",
    }),
  );

/** One row of `api.tokens`, as `assay token create` prints it. */
export const tokenGrammar = map({
  id: id().check(z.describe("Shown in GET /v1/tokens. For rotation, two rows may share an id.")),
  hash: text(HASH, "a hash: sha256: and 64 hex digits or 43 of base64url, from `assay token create`").check(
    z.describe("Digest of the token; the token itself is never stored."),
  ),
  scopes: list(z.enum(TOKEN_SCOPES), TOKEN_SCOPES.length).check(
    z.describe("What it allows. operate includes read; admin includes everything."),
  ),
  targets: z.optional(list(text(/^[a-z0-9*-]{1,63}$/, "a target id, with * for any run of characters"), 100))
    .check(z.meta({ description: "The targets it covers.", default: ["*"] })),
  expires: z.optional(instant()).check(
    z.describe("Invalid afterwards: a date (that day included, UTC) or an instant."),
  ),
});

const network = () =>
  z.string().check(
    z.refine((range) => [z.cidrv4(), z.cidrv6()].some((form) => form.safeParse(range).success), {
      error: "addresses in CIDR notation: 203.0.113.0/24",
    }),
  );

/** The grammar of `api`. */
export const apiGrammar = map({
  token: z.optional(reference()).check(
    z.describe("A token with all scopes. Without any token, only the coarse status is accessible."),
  ),
  tokens: z.optional(list(tokenGrammar, MAX_TOKENS, 0)).check(z.describe("More tokens, by hash.")),
  rateLimit: z.optional(map({
    perMinute: z.optional(z.int().check(z.gte(10), z.lte(10_000_000))).check(
      z.meta({
        description: "Requests of one client address; ten times that for gates and health.",
        default: 600,
      }),
    ),
  })).check(z.describe("Limit for one client, counted by each process separately.")),
  cors: z.optional(
    list(text(/^(\*|https?:\/\/[^\s/?#@]+)$/, "an origin: https://status.example, or *"), 20, 0),
  ).check(z.describe("Origins whose pages may read the API.")),
  proxies: z.optional(z.int().check(z.gte(0), z.lte(10))).check(
    z.meta({ description: "Reverse proxies in front, each appending to X-Forwarded-For.", default: 0 }),
  ),
  trustedProxies: z.optional(list(network(), 100)).check(
    z.describe("Addresses of the nearest proxy. Default: loopback and private addresses."),
  ),
});
