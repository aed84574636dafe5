import { expect, test } from "vitest";
import { KINDS } from "../../../functions/deno/kinds.ts";
import { load } from "../../../src/config/mod.ts";
import { StateCache } from "../../../src/engine/settler/state_cache.ts";
import { EMPTY_OWN } from "../../../src/judgement/own.ts";
import type { CheckState } from "../../../src/judgement/state.ts";
import { encodeStates, packChecks } from "../../../src/storage/codec.ts";
import type { Lease, Shard, StateStore } from "../../../src/storage/store.ts";
import { threeRegions } from "../../world/settler_fixture.ts";

const CHECKS = ["fast, every: 10s", "slow"].map((id) =>
  `      - { id: ${id}, journey: [{ name: look, request: { path: / }, expect: status == 200 }] }\n`
).join("");
const text = threeRegions().replace(/ {6}- .*\n/, CHECKS);
const { config } = await load({ kind: "yaml", text }, { kinds: KINDS });
const [fast, slow] = config.checks;

const stateAt = (slot: number): CheckState => ({
  slot,
  judgedAt: slot,
  outcome: "ready",
  since: 0,
  probers: {},
  regions: {},
  scopes: {},
  incidents: [],
});

test("a change of layout whose commit took effect without an answer is read back, also where rows were known", async () => {
  const packing = packChecks(config);
  const rowOf = (key: string) => packing.shardOf.get(key)!;
  expect(rowOf(fast!.key)).not.toBe(rowOf(slow!.key));
  const rows = new Map<number, Shard>();
  const write = (key: string, slot: number, layout = packing.layout) =>
    rows.set(rowOf(key), { shard: rowOf(key), layout, state: encodeStates({ [key]: stateAt(slot) }) });
  const store = {
    readShards: (wanted: number[] | "all") =>
      Promise.resolve([...rows.values()].filter(({ shard }) => wanted === "all" || wanted.includes(shard))),
  } as StateStore;
  const cache = new StateCache(store, packing);
  const lease: Lease = { tick: 0, fence: 1, owner: "a" };
  const slotsOf = async (check: typeof fast) => {
    const { states, dropFrom } = await cache.load([check!], lease);
    return { slots: [...states.values()].map(({ slot }) => slot), moves: dropFrom !== undefined };
  };

  write(fast!.key, 1);
  write(slow!.key, 1, "another layout");
  expect(await slotsOf(fast)).toEqual({ slots: [1], moves: false });
  cache.remember([{ shard: rowOf(fast!.key), mine: { [fast!.key]: stateAt(2) } }], EMPTY_OWN);
  expect(await slotsOf(slow)).toEqual({ slots: [1, 1], moves: true });
  // The commit of that took effect, and its answer was lost.
  write(fast!.key, 3);
  write(slow!.key, 3);
  expect(await slotsOf(fast)).toEqual({ slots: [3], moves: false });
  expect(await slotsOf(slow)).toEqual({ slots: [3], moves: false });
});
