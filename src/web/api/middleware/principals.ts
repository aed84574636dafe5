/** The tokens of a config, and the principals that hold them. */
import type { Clock } from "../../../base/ports.ts";
import { matches } from "../../../base/glob.ts";
import type { TokenConfig } from "../../../config/api.ts";
import type { Config } from "../../../config/config.ts";
import type { TokenScope } from "../../../config/schema/token_scopes.ts";
import { type Digest, digester, fromHex, indexOfDigest, sha256 } from "./credentials.ts";

/** The scopes that each scope includes. */
const GRANTS: Record<TokenScope, readonly TokenScope[]> = {
  read: ["read"],
  report: ["report"],
  operate: ["operate", "read"],
  admin: ["admin", "operate", "report", "read"],
};

/** A token without its digest. `key` identifies it in the store, in sessions and in last-use records. */
export type ConfigToken = Omit<TokenConfig, "digest"> & { key: string };

/** The authenticated token of a request. */
export interface Principal {
  id: string;
  scopes: ReadonlySet<TokenScope>;
  /** Valid for all targets, and so for endpoints that are not about one target. */
  all: boolean;
  /** Whether it is valid for this target id. */
  covers(target: string): boolean;
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

/** Finds principals; undefined: unknown or expired. */
export interface Principals {
  /** Whether the config has any token. */
  exist: boolean;
  byToken(token: string | undefined): Promise<Principal | undefined>;
  /** By {@linkcode ConfigToken.key}. */
  byKey(key: string): Principal | undefined;
  /** The config's token of a principal. */
  tokenOf(who: Principal): ConfigToken;
}

/** The principals of a config. `onUse` is called with the key of each token that is found. */
export function configPrincipals(
  config: Config,
  { clock, reveal }: { clock: Pick<Clock, "now">; reveal(text: string): string },
  onUse: (key: string) => void,
): Principals {
  const tokens = configTokens(config);
  const principals = tokens.map(principalOf);
  const digests = once(() => digestsOf(config, reveal));
  const digestToken = digester();

  function at(index: number): Principal | undefined {
    const token = tokens[index];
    if (!token || clock.now() >= (token.expiresAt ?? Infinity)) return undefined;
    onUse(token.key);
    return principals[index];
  }

  return {
    exist: tokens.length > 0,
    async byToken(token) {
      if (!token || tokens.length === 0) return undefined;
      return at(indexOfDigest(await digestToken(token), await digests()));
    },
    byKey: (key) => at(tokens.findIndex((token) => token.key === key)),
    tokenOf: (who) => tokens[principals.indexOf(who)]!,
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

/** The tokens' digests, in the order of {@linkcode configTokens}. */
async function digestsOf({ api }: Config, reveal: (text: string) => string): Promise<Digest[]> {
  const listed = api.tokens.map(({ digest }) => fromHex(digest));
  return api.token ? [await sha256(reveal(api.token)), ...listed] : listed;
}

/** Computes a value on first use. A failure is not remembered. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () =>
    made ??= make().catch((error) => {
      made = undefined;
      throw error;
    });
}
