/** The `api` part of a config: tokens, rate limit, CORS and proxies. */
import type * as z from "../base/zod.ts";
import type { apiGrammar } from "./schema/api.ts";
import { matches } from "../base/glob.ts";
import type { Note, Path } from "./problem.ts";
import type { Draft } from "./validate.ts";
import { unique } from "./duplicates.ts";
import type { TokenScope } from "./schema/token_scopes.ts";
import { DAY_MS } from "../base/time.ts";
// @ts-types="../base/std.d.ts"
import { encodeHex } from "@std/encoding/hex";

/** Default requests per client and minute. */
export const REQUESTS_A_MINUTE = 600;

/** A token, known only by its digest. Two may share an `id` during a rotation. */
export interface TokenConfig {
  id: string;
  /** SHA-256 of the token, lower-case hex. */
  digest: string;
  scopes: TokenScope[];
  /** Globs over target ids. */
  targets: string[];
  /** Expiry, epoch ms. */
  expiresAt?: number;
}

/** Settings of the HTTP API. */
export interface ApiConfig {
  /** `${env:NAME}` of a token with all scopes. */
  token?: string;
  tokens: TokenConfig[];
  /** Requests per client and minute. */
  rateLimit: { perMinute: number };
  /** Origins whose pages may read the API; `*` is all of them. */
  cors: string[];
  /** Reverse proxies in front, each of which appends to X-Forwarded-For; 0: the header is ignored. */
  proxies: number;
  /** Their addresses in CIDR notation; absent: loopback and private addresses. */
  trustedProxies?: string[];
}

type ApiDraft = Draft<z.infer<typeof apiGrammar>>;
type RowDraft = NonNullable<NonNullable<ApiDraft["tokens"]>[number]>;

/** Reads `api` and fills in defaults. `targets` are the ids that globs may match. */
export function readApi(draft: ApiDraft = {}, targets: (string | undefined)[], note: Note): ApiConfig {
  const { token, tokens = [], rateLimit, cors = [], proxies = 0, trustedProxies } = draft;
  const twice = {
    message: "this token is in the list already",
    expected: "another token",
    found: "its hash",
  };
  const noteDuplicate = unique("token", ({ path }) => note({ path, ...twice }));
  const rows = new Map<string, number>();
  return {
    token,
    tokens: tokens.flatMap((row, i) => {
      if (!row) return [];
      const path = ["api", "tokens", i];
      noteDuplicate(row.hash && digestOf(row.hash), [...path, "hash"]);
      const count = (rows.get(row.id ?? "") ?? 0) + 1;
      rows.set(row.id ?? "", count);
      if (row.id && count > 2) {
        const expected = "at most two rows with one id: the old token and the new one";
        note({ path: [...path, "id"], message: "a third token with this id", expected, found: row.id });
      }
      return [readToken(row, targets, path, note)];
    }),
    rateLimit: { perMinute: rateLimit?.perMinute ?? REQUESTS_A_MINUTE },
    cors: cors.filter((origin) => origin !== undefined),
    proxies,
    ...(trustedProxies && { trustedProxies: trustedProxies.filter((range) => range !== undefined) }),
  };
}

function readToken(row: RowDraft, ids: (string | undefined)[], path: Path, note: Note): TokenConfig {
  const scopes = (row.scopes ?? []).filter((scope) => scope !== undefined);
  const targets = (row.targets ?? ["*"]).filter((glob) => glob !== undefined);
  if (scopes.includes("admin") && targets.some((glob) => glob !== "*")) {
    const expected = "no targets, or other scopes";
    note({
      path: [...path, "targets"],
      message: "admin is valid for all targets",
      expected,
      found: "a list",
    });
  }
  for (const [i, glob] of targets.entries()) {
    if (glob === "*" || ids.some((id) => id !== undefined && matches(glob, id))) continue;
    note({ severity: "warning", path: [...path, "targets", i], message: "no target matches", found: glob });
  }
  return {
    id: row.id ?? "",
    digest: row.hash ? digestOf(row.hash) : "",
    scopes,
    targets,
    ...(row.expires !== undefined && { expiresAt: endOf(row.expires) }),
  };
}

/** `sha256:<hex or base64url>` as hex. */
function digestOf(hash: string): string {
  const text = hash.slice("sha256:".length);
  if (text.length === 64) return text;
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return encodeHex(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
}

/** A date without a time includes that day. */
const endOf = (expires: string) => Date.parse(expires) + (expires.includes("T") ? 0 : DAY_MS);
