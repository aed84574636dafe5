import { decodeStates, isShard, type States } from "./codec.ts";
import type { Clock } from "../base/ports.ts";
import type { StateStore } from "./store.ts";
import { memoize } from "../base/cache.ts";

/** Reads the last settled states of all checks, by check key. The answer is shared and must not be changed. */
export type StatesReader = () => Promise<States>;

/** Several lanes may settle in one slot, which the newest slot does not tell apart: everything is read again after this time. */
const REREAD_MS = 5_000;

/**
 * A reader over one store. Once a second it asks for the newest slot, and reads only if something was settled since, because 1,000 checks take
 * 15 ms in which no other request is answered. A shard is decoded again only when its text has changed.
 */
export function statesReader(
  store: StateStore,
  clock: Pick<Clock, "elapsed">,
): StatesReader {
  let decoded = new Map<number, { text: string; states: States }>();
  let last: { latest: string; readAt: number; states: States } | undefined;
  return memoize(clock, async () => {
    const readAt = clock.elapsed();
    const latest = JSON.stringify(await store.latest());
    if (last && last.latest === latest && readAt - last.readAt < REREAD_MS) return last.states;
    const next: typeof decoded = new Map();
    for (const { shard, state } of (await store.readShards("all")).filter(isShard)) {
      const known = decoded.get(shard);
      next.set(
        shard,
        known?.text === state ? known : { text: state, states: decodeStates(state, shard) },
      );
    }
    decoded = next;
    const states: States = Object.assign({}, ...[...next.values()].map(({ states }) => states));
    last = { latest, readAt, states };
    return states;
  });
}
