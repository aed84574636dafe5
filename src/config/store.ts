import type { StoreConfig } from "./config.ts";
import type { ConfigStoreKind } from "./kinds.ts";
import type { Runtime } from "./runtime.ts";
import type { Note } from "./problem.ts";
import type { Environment } from "./references.ts";

/** What decides which store a config has. */
export interface StoreContext extends Environment {
  stores: readonly ConfigStoreKind[];
  runtime?: Runtime;
}

/** The store that is written; if none is, the one that the environment names, or else the fallback. */
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
    const message = "not used on Cloudflare: a Worker's store is its object's own";
    note({ severity: "warning", path: ["store", ...names.slice(0, 1)], at: "key", message });
  }
  const kind = chosen?.kind ?? names[0] ?? "";
  return { kind, options: written[kind] };
}

/** Not on Cloudflare by the environment: what a Worker bundles is settled before its secrets are known. */
function defaultStore({ stores, env, runtime }: StoreContext, note: Note): StoreConfig {
  const named = stores.find(({ variables }) => variables?.every((name) => env?.(name)));
  if (named && runtime !== "cloudflare") return { kind: named.kind, options: {} };
  if (named) {
    const message = `${
      named.variables?.join(" and ")
    } are set, and not used: a Worker's store is its object's own`;
    const expected = `store: { ${named.kind}: {} }`;
    note({ severity: "warning", path: ["store"], message, expected, found: "nothing" });
  }
  const own = stores.find(({ fallback }) => fallback !== undefined);
  return { kind: own?.kind ?? "", options: own?.fallback };
}
