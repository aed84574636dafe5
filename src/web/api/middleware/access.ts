/** Authorization: a token has scopes and covers targets. */
import type { Context, MiddlewareHandler } from "hono";
import type { Config } from "../../../config/config.ts";
import type { TokenScope } from "../../../config/schema/token_scopes.ts";
import type { Ports } from "../../../base/ports.ts";
import { signingKey } from "../../../storage/records/signing_key.ts";
import type { RecordStore } from "../../../storage/store.ts";
import { tokenOf } from "./credentials.ts";
import { configPrincipals, type Principal } from "./principals.ts";
import { problem } from "./problem.ts";
import { sessions } from "./session.ts";

/** Authorizes requests. `given` is a token from elsewhere, such as the path; it replaces the header. */
export interface Access {
  /** Requires this scope; with `param`, the token must also cover the target named by that path parameter. */
  allow(scope: TokenScope, param?: string): MiddlewareHandler;
  /** Whether the request's token has this scope and covers this target, if one is given. */
  may(c: Context, scope: TokenScope, target?: string, given?: string): Promise<boolean>;
  /** The request's principal; undefined: no token, an unknown one, or an expired one. */
  principal(c: Context, given?: string): Promise<Principal | undefined>;
  /**
   * For long-lived responses. Each call of the returned function checks again whether the request's
   * credentials still identify the same principal.
   */
  watch(c: Context): () => Promise<boolean>;
  /**
   * Sets a session cookie if this token may read. Undefined: it may not, or there is no `api.token` to sign
   * with.
   */
  signIn(c: Context, token: string): Promise<Principal | undefined>;
  /** Ends this browser's session. */
  signOut(c: Context): void;
  /** Ends every session: in this process at once, in others with the same store within 30 seconds. */
  signOutEverywhere(): Promise<void>;
  /** The response to an unauthorized request: 401, or 403 for a known token (RFC 6750, section 3.1). */
  refuse(c: Context, scope: TokenScope, target?: string, given?: string): Promise<Response>;
}

/**
 * Access by the tokens of the config, and by sessions whose signing key is in the store. `onUse` is called with the
 * key of each token that is used.
 */
export function tokenAccess(
  config: Config,
  { clock, secrets }: Ports,
  store: RecordStore,
  onUse: (key: string) => void = () => {},
): Access {
  const principals = configPrincipals(config, { clock, reveal: secrets.reveal }, onUse);
  const session = sessions(config, { clock, secrets }, signingKey(clock, store));
  const byRequest = new WeakMap<Context, Promise<Principal | undefined>>();

  /** By the header, or by the session if there is no header. A wrong header is not made up for by a session. */
  async function identify(
    token: string | undefined,
    readKey: () => Promise<string | undefined> | undefined,
  ): Promise<Principal | undefined> {
    if (token !== undefined) return await principals.byToken(token);
    const key = await readKey();
    return key === undefined ? undefined : principals.byKey(key);
  }

  function principal(c: Context, given?: string): Promise<Principal | undefined> {
    if (given !== undefined) return principals.byToken(given);
    const found = byRequest.get(c) ?? identify(tokenOf(c), () => session?.key(c));
    byRequest.set(c, found);
    return found;
  }

  async function may(c: Context, scope: TokenScope, target?: string, given?: string): Promise<boolean> {
    const who = await principal(c, given);
    return !!who && who.scopes.has(scope) && (target === undefined || who.covers(target));
  }

  async function refuse(c: Context, scope: TokenScope, target?: string, given?: string): Promise<Response> {
    if (!principals.exist) {
      const detail = "Set api.token in the config; without it only the coarse status is public";
      return problem(c, "forbidden", detail);
    }
    const who = await principal(c, given);
    return who ? forbidden(c, who, scope, target) : unauthorized(c, given ?? tokenOf(c));
  }

  return {
    may,
    principal,
    refuse,
    allow: (scope, param) => async (c, next) => {
      const target = param === undefined ? undefined : c.req.param(param);
      if (!await may(c, scope, target)) return await refuse(c, scope, target);
      await next();
    },
    watch(c) {
      // Read at once: the request may be gone when the result is called.
      const [token, cookie, first] = [tokenOf(c), c.req.header("cookie"), principal(c)];
      return async () => await identify(token, () => session?.keyIn(cookie)) === await first;
    },
    async signIn(c, token) {
      const who = await principals.byToken(token);
      if (!session || !who?.scopes.has("read")) return undefined;
      const { key, expiresAt } = principals.tokenOf(who);
      await session.begin(c, key, expiresAt);
      return who;
    },
    signOut: (c) => session?.end(c),
    signOutEverywhere: async () => await session?.endAll(),
  };
}

/** 403 for a known token that lacks the scope or does not cover the target. */
function forbidden(c: Context, who: Principal, scope: TokenScope, target = "all targets"): Response {
  const lacking = who.scopes.has(scope) ? `does not cover ${target}` : `lacks scope ${scope}`;
  const answer = problem(c, "forbidden", `Token ${who.id} ${lacking}`);
  return withChallenge(answer, `error="insufficient_scope", scope="${scope}"`);
}

/** 401 for a missing, unknown or expired token. */
function unauthorized(c: Context, token: string | undefined): Response {
  if (token === undefined) return problem(c, "unauthorized", "Send `authorization: Bearer <token>`");
  const answer = problem(c, "unauthorized", "This token is unknown or has expired");
  return withChallenge(answer, 'error="invalid_token"');
}

function withChallenge(answer: Response, why: string): Response {
  answer.headers.set("www-authenticate", `Bearer realm="assay", ${why}`);
  return answer;
}
