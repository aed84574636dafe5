import type { ConfigStoreKind } from "../config/kinds.ts";
import type { Clock, Random } from "../base/ports.ts";
import type { Store } from "./store.ts";

/** What a store is opened with, besides its settings. A runtime may pass more to kinds that only it has. */
export interface StoreEnv {
  clock: Clock;
  random: Random;
  /** The value of an environment variable. */
  env(name: string): string | undefined;
}

/** One kind of store: its config schema and how to open it. `test/storage/contract.ts` tests each kind. */
export interface StoreKind<Env extends StoreEnv = StoreEnv> extends ConfigStoreKind {
  /**
   * `options` has passed `schema`. Throws an Error with a message for the operator if the store cannot be
   * used.
   */
  open(options: unknown, env: Env): Store;
}
