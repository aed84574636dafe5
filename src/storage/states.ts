import { decodeOwn, decodeStates, isShard, type States } from "./codec.ts";
import type { Incident } from "../judgement/incident.ts";
import { incidentsOf } from "../judgement/own.ts";
import type { Clock } from "../base/ports.ts";
import type { Shard, StateStore } from "./store.ts";
import { memoize } from "../base/cache.ts";

/** Reads the last settled states of all checks, by check key. The answer is shared and must not be changed. */
export type StatesReader = () => Promise<States>;

/** Reads Assay's own incidents: the open ones, and those that may still flap. */
export type OwnIncidentsReader = () => Promise<readonly Incident[]>;

/** Several lanes may settle in one slot, which the newest slot does not tell apart: everything is read again after this time. */
const REREAD_MS = 5_000;

/** A row as it was read last. */
interface Decoded {
  text: string;
  states: States;
  own: readonly Incident[];
}

const decode = (row: Shard): Decoded => ({
  text: row.state,
  states: isShard(row) ? decodeStates(row.state, row.shard) : {},
  own: isShard(row) ? [] : incidentsOf(decodeOwn(row.state)),
});

/**
 * Two readers over one store, and of one reading. Once a second it asks for the newest slot, and reads only if something was settled since,
 * because 1,000 checks take 15 ms in which no other request is answered. A row is decoded again only when its text has changed.
 */
export function stateReaders(
  store: StateStore,
  clock: Pick<Clock, "elapsed">,
): { states: StatesReader; ownIncidents: OwnIncidentsReader } {
  let rows = new Map<number, Decoded>();
  let last: { latest: string; readAt: number; states: States; own: readonly Incident[] } | undefined;
  const read = memoize(clock, async () => {
    const readAt = clock.elapsed();
    const latest = JSON.stringify(await store.latest());
    if (last && last.latest === latest && readAt - last.readAt < REREAD_MS) return last;
    const next: typeof rows = new Map();
    for (const row of await store.readShards("all")) {
      const known = rows.get(row.shard);
      next.set(row.shard, known?.text === row.state ? known : decode(row));
    }
    rows = next;
    const all = [...rows.values()];
    const states: States = Object.assign({}, ...all.map(({ states }) => states));
    return last = { latest, readAt, states, own: all.flatMap(({ own }) => own) };
  });
  return { states: async () => (await read()).states, ownIncidents: async () => (await read()).own };
}
