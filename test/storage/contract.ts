/** The conformance suite: every store calls `contract` with a way to open an empty store. */
import type { Store } from "../../src/storage/store.ts";
import { commits } from "./contract_commit.ts";
import { history } from "./contract_history.ts";
import { leases } from "./contract_lease.ts";
import { outbox } from "./contract_outbox.ts";
import { StoreFixture } from "./store_fixture.ts";

/** Holds a store to the contract in `src/storage/store.ts`. */
export function contract(open: () => Store | Promise<Store>) {
  const subject = new StoreFixture(open);
  leases(subject);
  commits(subject);
  outbox(subject);
  history(subject);
}
