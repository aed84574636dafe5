/** Who may do what: a token has scopes, and targets that it is good for. */
import type { Context, MiddlewareHandler } from "hono";
import type { TokenConfig } from "../../../config/api.ts";
import type { Config } from "../../../config/config.ts";
import { matches } from "../../../base/glob.ts";
import type { Ports } from "../../../base/ports.ts";
import type { RecordStore } from "../../../storage/store.ts";
import { type Digest, digester, fromHex, indexOfDigest, sha256, tokenOf } from "./credentials.ts";
import { problem } from "./problem.ts";
import { sessions } from "./session.ts";
import { signingKey } from "../../../storage/records/signing_key.ts";
import type { TokenScope } from "../../../config/schema/token_scopes.ts";

/** What a scope is good for. */
const GRANTS: Record<TokenScope, readonly TokenScope[]> = {
  read: ["read"],
  report: ["report"],
  operate: ["operate", "read"],
  admin: ["admin", "operate", "report", "read"],
};

/** A token without its digest; `key` is the name of its last use in the store. */
export type ConfigToken = Omit<TokenConfig, "digest"> & { key: string };

/** The holder of a request's token. */
export interface Principal {
  id: string;
  scopes: ReadonlySet<TokenScope>;
  /** Good for every target, and so for what is about no single one. */
  all: boolean;
  /** Whether it is good for this target id. */
  covers(target: string): boolean;
}

/** Decides for each request. `given` is a token from elsewhere, such as the path; then the header does not count. */
export interface Access {
  /** Lets only a token of this scope through; with `param` only if it is good for the target which that part of the path names. */
  allow(scope: TokenScope, param?: string): MiddlewareHandler;
  /** Whether the request's token has this scope, and is good for this target if one is named. */
  may(c: Context, scope: TokenScope, target?: string, given?: string): Promise<boolean>;
  /** Whose token it is; undefined: none is shown, it is not known, or it has expired. */
  principal(c: Context, given?: string): Promise<Principal | undefined>;
  /** For an answer that lasts: asks anew, as often as it is called, whether what the request showed stands for the same one as at first. */
  watch(c: Context): () => Promise<boolean>;
  /** Sets a session cookie for the holder of this token, if it may read; undefined: it may not, or there is no `api.token` to sign with. */
  signIn(c: Context, token: string): Promise<Principal | undefined>;
  /** Ends the session in this browser. */
  signOut(c: Context): void;
  /** Ends every session: in this process at once, in others over the same store within 30 seconds. */
  signOutEverywhere(): Promise<void>;
  /** The answer to a request that may not: 401, or 403 for a token that is known (RFC 6750 section 3.1). */
  refuse(c: Context, scope: TokenScope, target?: string, given?: string): Promise<Response>;
}

/** All tokens of a config, `api.token` first. */
export function configTokens({ api }: Config): ConfigToken[] {
  const listed = api.tokens.map(({ digest, ...token }) => ({
    ...token,
    key: `${token.id}~${digest.slice(0, 12)}`,
  }));
  if (!api.token) return listed;
  return [{ key: "api.token", id: "api.token", scopes: ["admin"], targets: ["*"] }, ...listed];
}

/** Access by the tokens of the config, and by sessions whose key is kept in the store; `used` is called with each use of a token. */
export function tokenAccess(
  config: Config,
  { clock, secrets }: Ports,
  store: RecordStore,
  onUse: (key: string) => void = () => {},
): Access {
  const known = configTokens(config);
  const principals = known.map(principalOf);
  const digests = once(() => digestsOf(config, secrets.reveal));
  const digestToken = digester();
  const principalsByRequest = new WeakMap<Context, Promise<Principal | undefined>>();
  const session = sessions(config, { clock, secrets }, signingKey(clock, store));

  async function identify(token: string | undefined): Promise<Principal | undefined> {
    if (!token || known.length === 0) return undefined;
    return principalAt(indexOfDigest(await digestToken(token), await digests()));
  }

  /** The holder that stands there, if it has not expired. */
  function principalAt(at: number): Principal | undefined {
    const { expiresAt = Infinity, key } = known[at] ?? { expiresAt: -Infinity };
    if (key === undefined || clock.now() >= expiresAt) return undefined;
    onUse(key);
    return principals[at];
  }

  /** A header that is shown counts alone, even if it is wrong. */
  async function recognise(
    token: string | undefined,
    signedIn: () => Promise<string | undefined> | undefined,
  ): Promise<Principal | undefined> {
    if (token !== undefined) return identify(token);
    const signed = await signedIn();
    return signed === undefined ? undefined : principalAt(known.findIndex(({ key }) => key === signed));
  }

  async function signIn(c: Context, token: string): Promise<Principal | undefined> {
    const who = await identify(token);
    if (!session || !who?.scopes.has("read")) return undefined;
    const { key, expiresAt } = known[principals.indexOf(who)]!;
    await session.begin(c, key, expiresAt);
    return who;
  }

  function principal(c: Context, given?: string): Promise<Principal | undefined> {
    if (given !== undefined) return identify(given);
    const found = principalsByRequest.get(c) ?? recognise(tokenOf(c), () => session?.key(c));
    principalsByRequest.set(c, found);
    return found;
  }

  function watch(c: Context): () => Promise<boolean> {
    // Now: the request may be gone when it is asked.
    const [token, cookie, first] = [tokenOf(c), c.req.header("cookie"), principal(c)];
    return async () => await recognise(token, () => session?.keyIn(cookie)) === await first;
  }

  async function may(c: Context, scope: TokenScope, target?: string, given?: string): Promise<boolean> {
    const who = await principal(c, given);
    return !!who && who.scopes.has(scope) && (target === undefined || who.covers(target));
  }

  async function refuse(c: Context, scope: TokenScope, target?: string, given?: string): Promise<Response> {
    if (known.length === 0) {
      const detail = "Set api.token in the config; without it only the coarse status is public";
      return problem(c, "forbidden", detail);
    }
    const who = await principal(c, given);
    if (who) {
      const lacking = who.scopes.has(scope)
        ? `does not cover ${target ?? "all targets"}`
        : `lacks scope ${scope}`;
      const detail = `Token ${who.id} ${lacking}`;
      return withChallenge(problem(c, "forbidden", detail), `error="insufficient_scope", scope="${scope}"`);
    }
    if (given === undefined && tokenOf(c) === undefined) {
      return problem(c, "unauthorized", "Send `authorization: Bearer <token>`");
    }
    const detail = "This token is not known, or it has expired";
    return withChallenge(problem(c, "unauthorized", detail), 'error="invalid_token"');
  }

  const allow = (scope: TokenScope, param?: string): MiddlewareHandler => async (c, next) => {
    const target = param === undefined ? undefined : c.req.param(param);
    if (!await may(c, scope, target)) return await refuse(c, scope, target);
    await next();
  };
  return {
    allow,
    may,
    principal,
    watch,
    signIn,
    signOut: (c) => session?.end(c),
    signOutEverywhere: async () => await session?.endAll(),
    refuse,
  };
}

function principalOf({ id, scopes, targets }: ConfigToken): Principal {
  const all = targets.includes("*");
  return {
    id,
    scopes: new Set(scopes.flatMap((scope) => GRANTS[scope])),
    all,
    covers: (target) => all || targets.some((glob) => matches(glob, target)),
  };
}

/** In the order of {@linkcode configTokens}. */
async function digestsOf({ api }: Config, reveal: (text: string) => string): Promise<Digest[]> {
  const listed = api.tokens.map(({ digest }) => fromHex(digest));
  return api.token ? [await sha256(reveal(api.token)), ...listed] : listed;
}

/** Makes a value at its first use; what failed is tried again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () =>
    made ??= make().catch((error) => {
      made = undefined;
      throw error;
    });
}

function withChallenge(answer: Response, why: string): Response {
  answer.headers.set("www-authenticate", `Bearer realm="assay", ${why}`);
  return answer;
}
