import type { StoreConfig } from "./config.ts";
import type { ConfigStoreKind } from "./kinds.ts";
import type { Runtime } from "./runtime.ts";
import type { Note } from "./problem.ts";
import type { Environment } from "./secret_values.ts";

/** Context for choosing the store. */
export interface StoreContext extends Environment {
  stores: readonly ConfigStoreKind[];
  runtime?: Runtime;
}

/**
 * The configured store; without one, the store whose variables are set in the environment, else the fallback.
 */
export function readStore(
  written: Readonly<Record<string, unknown>> | undefined,
  context: StoreContext,
  note: Note,
): StoreConfig {
  if (written === undefined) return defaultStore(context, note);
  const { stores, env, envMissing, runtime } = context;
  const names = Object.keys(written);
  if (names.length !== 1) {
    const expected = `one of: ${stores.map(({ kind }) => kind).join(", ")}`;
    const found = names.join(" and ") || "none";
    note({ path: ["store"], message: "a config has one store", expected, found });
  }
  const chosen = stores.find(({ kind }) => written[kind] !== undefined);
  const variables = chosen?.variables ?? [];
  for (const name of env ? variables.filter((name) => !env(name)) : []) {
    const path = ["store", chosen!.kind];
    const [message, expected] = [`${name} is not set`, `the environment variable ${name}`];
    note({ severity: envMissing, path, at: "key", message, expected, found: "nothing" });
  }
  if (runtime === "cloudflare" && variables.length === 0) {
    const message = "ignored on Cloudflare: a Worker uses the storage of its Durable Object";
    note({ severity: "warning", path: ["store", ...names.slice(0, 1)], at: "key", message });
  }
  const kind = chosen?.kind ?? names[0] ?? "";
  return { kind, options: written[kind] };
}

/**
 * On Cloudflare the environment does not choose the store: a Worker is bundled before its secrets are known.
 */
function defaultStore({ stores, env, runtime }: StoreContext, note: Note): StoreConfig {
  const named = stores.find(({ variables }) => variables?.every((name) => env?.(name)));
  if (named && runtime !== "cloudflare") return { kind: named.kind, options: {} };
  if (named) {
    const message = `${
      named.variables?.join(" and ")
    } are set but ignored: a Worker uses the storage of its Durable Object`;
    const expected = `store: { ${named.kind}: {} }`;
    note({ severity: "warning", path: ["store"], message, expected, found: "nothing" });
  }
  const own = stores.find(({ fallback }) => fallback !== undefined);
  return { kind: own?.kind ?? "", options: own?.fallback };
}
