/** The conformance suite: every store calls `contract` with a way to open an empty store. */
import type { Store } from "../../src/store/store.ts";
import { commits } from "./commit.ts";
import { history } from "./history.ts";
import { leases } from "./lease.ts";
import { outbox } from "./outbox.ts";
import { Subject } from "./rows.ts";

/** Holds a store to the contract in `src/store/store.ts`. */
export function contract(open: () => Store | Promise<Store>) {
  const subject = new Subject(open);
  leases(subject);
  commits(subject);
  outbox(subject);
  history(subject);
}
