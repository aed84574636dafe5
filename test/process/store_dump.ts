/** What a store tells of the story, in words that are the same for every run of it. */
import { openSqlite } from "../../functions/deno/sqlite.ts";
import { decodeHistory, decodeOwn, decodeStates, isShard } from "../../src/storage/codec.ts";
import type { Delivery } from "../../src/storage/store.ts";
import { MINUTE, START } from "./long_scenario.ts";

/** All of a store. Ids, which depend on fences, and readings of the clock are left out of all but `notices`. */
export interface StoreDump {
  states: Record<string, unknown>;
  /** `minute check`: the outcome and each prober's word. */
  slots: Record<string, unknown>;
  /** Check, family, episode and timeline of each. */
  incidents: [check: string, family: string, episode: number, timeline: string[]][];
  /** Ids of incidents. */
  ids: string[];
  /** In the order of the outbox. */
  notices: Delivery[];
}

const minute = (at: number) => (at - START) / MINUTE;

/** Reads the store in `file`; `remembered` are the incidents that its states carry. */
export async function readStore(file: string) {
  const store = openSqlite(file);
  const rows = await store.readShards("all");
  const shards = rows.filter(isShard);
  const samples = await Promise.all(
    shards.map(({ shard }) => store.readSamples({ shard, from: 0, to: Infinity })),
  );
  const incidents = (await store.listIncidents({ limit: 1_000 })).items;
  const notices = (await store.listDeliveries({ limit: 1_000 })).items.toReversed();
  await store.close();
  const states = Object.fromEntries(
    shards.flatMap(({ shard, state }) => Object.entries(decodeStates(state, shard))).sort(),
  );
  const own = rows.filter((row) => !isShard(row)).map(({ state }) => decodeOwn(state));
  const remembered = [
    ...Object.values(states).flatMap(({ incidents }) => incidents),
    ...own.flatMap(({ probers }) => Object.values(probers).flatMap(({ incident }) => incident ?? [])),
  ];
  return { states, samples: samples.flat(), incidents, notices, remembered };
}

/** Tells of the store in `file`. */
export async function dumpStore(file: string): Promise<StoreDump> {
  const { states, samples, incidents, notices } = await readStore(file);
  return {
    states: JSON.parse(
      JSON.stringify(states, (key, value) => ["at", "id", "phases"].includes(key) ? undefined : value),
    ),
    slots: Object.fromEntries(
      samples.flatMap(({ slot, shard, data }) =>
        Object.entries(decodeHistory(data, shard)).map(([check, line]) => [`${minute(slot)} ${check}`, line])
      ).sort(),
    ),
    incidents: incidents.map(({ target, check, family, episode, timeline }) => [
      `${target}/${check}`,
      family,
      episode,
      timeline.map(({ change, kind, at }) => `${change} ${kind} ${minute(at)}`),
    ]),
    ids: incidents.map(({ id }) => id),
    notices,
  };
}

/** A notice's body without what is each run's own: the id of its incident, the shop's port and the date of its answers. */
export function eventOf({ body }: Delivery): unknown {
  const same = body.replaceAll(/127\.0\.0\.1:\d+/g, "shop").replaceAll(/"date":"[^"]*"/g, '"date":""');
  const { type, timestamp, data } = JSON.parse(same);
  return { type, timestamp, data: { ...data, incident: { ...data.incident, id: undefined } } };
}
