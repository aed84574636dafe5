import type { ConfigStoreKind } from "../config/kinds.ts";
import type { Clock, Random } from "../base/ports.ts";
import type { Store } from "./store.ts";

/** What a store is opened with, besides its settings. A runtime may offer more to the kinds that it alone has. */
export interface StoreEnv {
  clock: Clock;
  random: Random;
  /** The value of an environment variable. */
  env(name: string): string | undefined;
}

/** One kind of store: how it stands in a config, and how it is opened. `test/storage/contract.ts` holds each to the contract. */
export interface StoreKind<Env extends StoreEnv = StoreEnv> extends ConfigStoreKind {
  /** `options` have passed `schema`. Throws an Error for the operator if it cannot be used. */
  open(options: unknown, env: Env): Store;
}
