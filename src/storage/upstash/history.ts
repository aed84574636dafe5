/** Samples and rollups in Redis. */
import * as z from "../../base/zod.ts";
import { HOUR_MS } from "../../base/time.ts";
import { ROLLUP, validateShape } from "../schema.ts";
import type { RollupStore, SampleStore } from "../store.ts";
import type { Commands } from "./client.ts";
import { type Reader, wordsOf } from "./reader.ts";
import { deflate, type Keys } from "./values.ts";

/** The history of one database. */
export const upstashHistory = (
  commands: Commands,
  reader: Reader,
  { now, rollups }: Keys,
): SampleStore & RollupStore => ({
  async readSamples({ shard, from, to, limit }) {
    const [list] = await reader.fields(now, ["hours"]);
    const hours = wordsOf(list).filter((hour) =>
      from < (Number(hour) + 1) * HOUR_MS && Number(hour) * HOUR_MS <= to
    );
    const indexes = await reader.fields(now, hours.map((hour) => `index:${hour}`));
    const slots = indexes.flatMap(wordsOf).map((place) => place.split("/").map(Number))
      .filter(([slot, of]) => of === shard && from <= slot! && slot! <= to)
      .map(([slot]) => slot!).sort((a, b) => a - b).slice(0, limit);
    const texts = await reader.packed(now, slots.map((slot) => `sample:${slot}/${shard}`));
    return texts.map((data, i) => ({ slot: slots[i]!, shard, data }));
  },

  async putRollups(rows) {
    const own = validateShape(z.array(ROLLUP), rows, "the rollups");
    if (own.length === 0) return;
    const fields = await Promise.all(own.map(async ({ unit, start, shard, data }) => [
      `${unit}/${start}/${shard}`,
      await deflate(data),
    ]));
    await commands.ask(["HSET", rollups, ...fields.flat()]);
  },

  async readRollups({ unit, from, to }) {
    const names = (await reader.strings(["HKEYS", rollups])).map((name) => name.split("/"));
    const places = names.map(([unit, start, shard]) => ({ unit, start: Number(start), shard: Number(shard) }))
      .filter((place) => place.unit === unit && from <= place.start && place.start <= to)
      .sort((a, b) => a.start - b.start || a.shard - b.shard);
    const texts = await reader.packed(rollups, places.map(({ start, shard }) => `${unit}/${start}/${shard}`));
    return places.map(({ start, shard }, i) => ({ unit, start, shard, data: texts[i]! }));
  },
});
