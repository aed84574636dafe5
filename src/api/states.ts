import { decodeStates, type States } from "../packing.ts";
import type { Store } from "../store/store.ts";

/** Reads the last settled states of all checks, by check key. */
export type StatesReader = () => Promise<States>;

/** A reader over one store; a shard is decoded again only when its text has changed. */
export function statesReader(store: Store): StatesReader {
  let decoded = new Map<number, { text: string; states: States }>();
  return async () => {
    const fresh: typeof decoded = new Map();
    for (const { shard, state } of await store.read("all")) {
      const known = decoded.get(shard);
      fresh.set(
        shard,
        known?.text === state ? known : { text: state, states: decodeStates(state, shard) },
      );
    }
    decoded = fresh;
    return Object.assign({}, ...[...fresh.values()].map(({ states }) => states));
  };
}
