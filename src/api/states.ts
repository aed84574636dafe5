import { decodeStates, type States } from "../packing.ts";
import type { Clock } from "../ports.ts";
import type { Store } from "../store/store.ts";
import { fresh } from "./fresh.ts";

/** Reads the last settled states of all checks, by check key. What it answers is shared: nobody may change it. */
export type StatesReader = () => Promise<States>;

/**
 * A reader over one store: at most one reading at a time and one a second, because slots are seconds apart and 1,000 checks take
 * milliseconds. A shard is decoded again only when its text has changed.
 */
export function statesReader(store: Pick<Store, "read">, clock: Pick<Clock, "elapsed">): StatesReader {
  let decoded = new Map<number, { text: string; states: States }>();
  return fresh(clock, async () => {
    const next: typeof decoded = new Map();
    for (const { shard, state } of await store.read("all")) {
      const known = decoded.get(shard);
      next.set(
        shard,
        known?.text === state ? known : { text: state, states: decodeStates(state, shard) },
      );
    }
    decoded = next;
    return Object.assign({}, ...[...next.values()].map(({ states }) => states));
  });
}
