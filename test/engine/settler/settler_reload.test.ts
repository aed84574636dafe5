import { describe, expect, test } from "vitest";
import { load } from "../../../src/config/mod.ts";
import { KINDS } from "../../../functions/deno/kinds.ts";
import { decodeHistory, isShard } from "../../../src/storage/codec.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import { failingStore } from "../../world/failing_store.ts";
import {
  describeNotice,
  type SettlerFixture,
  settlerFixture,
  threeRegions,
} from "../../world/settler_fixture.ts";

const configOf = async (text: string) => (await load({ kind: "yaml", text }, { kinds: KINDS })).config;

/** Another config in place of the one that runs, with the same probers. */
async function reload({ settler, ports, script }: SettlerFixture, text: string) {
  await settler.replace({ ports, config: await configOf(text), probers: script.probers });
}

const checkText = (id: string, more = "") =>
  `{ id: ${id}, confirm: 0, report: { path: /readyz }, journey: [{ name: look, request: { path: / }, expect: status == 200 }]${more} }`;

/** The stage's config with these checks instead of its own. */
const withChecks = (...checks: string[]) =>
  threeRegions().replace(/( {6}- ).*\n/, () => checks.map((check) => `      - ${check}\n`).join(""));

/** 20 targets of 50 checks each. */
const manyTargets = (check: (id: string, target: number) => string) =>
  threeRegions().replace(/ {2}- id: shop\n.*\n.*\n.*\n/, () =>
    Array.from({ length: 20 }, (_, target) =>
      [
        `  - id: t${target}`,
        "    url: https://shop.example",
        "    checks:",
        ...Array.from({ length: 50 }, (_, i) => `      - ${check(`c${i}`, target)}`),
        "",
      ].join("\n")).join(""));

/** Every trace that the history holds, as "prober check slot", and what is missing in it. */
async function traces({ store, clock }: SettlerFixture) {
  const rows = (await store.readShards("all")).filter(isShard);
  const lines = await Promise.all(
    [...rows.keys(), rows.length, rows.length + 1].map((shard) =>
      store.readSamples({ shard, from: 0, to: clock.now() })
        .then((samples) => samples.map(({ slot, data }) => [slot, decodeHistory(data, shard)] as const))
    ),
  );
  return lines.flat().flatMap(([slot, line]) =>
    Object.entries(line).flatMap(([key, { traces }]) =>
      traces.map((trace) => ({ id: `${trace.prober} ${key} ${slot}`, word: trace.word }))
    )
  );
}

describe("another config in place of the one that runs", () => {
  test(
    "1,000 checks, every 5 s for a minute: no slot is lost or walked twice, and no incident doubled",
    async () => {
      const one = manyTargets((id) => checkText(id));
      const other = manyTargets((id, target) =>
        target === 0 && id === "c0"
          ? checkText("new")
          : checkText(id, id === "c5" ? ", contract: another one" : "")
      );
      const configs = await Promise.all([one, other].map(configOf));
      const stage = await settlerFixture(one);
      const { settler, script, clock, ports } = stage;
      script.set("drift", undefined, "t3/c7");
      await stage.runMinutes(2);
      const settled = settler.tick(clock.now());
      for (let i = 0; i < 12; i++) {
        await clock.advance(i === 0 ? 2_500 : 5_000);
        await settler.replace({ ports, config: configs[(i + 1) % 2]!, probers: script.probers });
      }
      await clock.advance(2_500);
      await settled;
      await stage.runMinutes();

      const asked = script.requests.flatMap(({ prober, slot, checks }) =>
        checks.map(({ key }) => `${prober} ${key} ${slot}`)
      );
      const kept = asked.filter((id) => !/t0\/(c0|new) /.test(id));
      expect(kept).toHaveLength(4 * 3 * 999);
      expect(new Set(asked).size).toBe(asked.length);
      const seen = await traces(stage);
      expect(seen.filter(({ word }) => word === "missing")).toEqual([]);
      expect(new Set(seen.map(({ id }) => id))).toEqual(new Set(asked));
      expect((await stage.notices()).map(describeNotice)).toEqual(["opened drift global #1"]);
      expect(stage.log.filter(({ level }) => level !== "info").map(({ message }) => message))
        .toEqual(["incident opened"]);
    },
    120_000,
  );

  test("what is under way when its check changes is judged by the new one, and what left is dropped", async () => {
    const stage = await settlerFixture(withChecks(checkText("read"), checkText("write")));
    stage.script.set("drift");
    await stage.runMinutes(2);
    expect((await stage.notices()).map(describeNotice)).toEqual([
      "opened drift global #1",
      "opened drift global #1",
    ]);
    const { probers } = stage.script;
    const gates = probers.map(() => Promise.withResolvers<void>());
    const slow = probers.map((prober, i) => ({
      ...prober,
      ask: async (...asked: Parameters<typeof prober.ask>) => {
        await gates[i]!.promise;
        return await prober.ask(asked[0]);
      },
    }));
    await stage.settler.replace({ ports: stage.ports, config: stage.config, probers: slow });
    const slot = stage.clock.now();
    const settled = stage.settler.tick(slot);
    await stage.clock.advance(1_000);
    await stage.settler.replace({
      ports: stage.ports,
      config: await configOf(withChecks(checkText("read", ", contract: changed"))),
      probers,
    });
    gates.forEach(({ resolve }) => resolve());
    await stage.clock.advance(59_000);
    await settled;

    expect((await stage.state("shop/read")).probers.fra!.witness?.slot).toBe(slot);
    await expect(stage.state("shop/write")).rejects.toThrow("was never settled");
    expect((await stage.notices()).map(describeNotice).slice(2)).toEqual(["resolved drift global #1"]);
    const { items } = await stage.store.listIncidents({ limit: 10 });
    expect(items.map(({ check, state, reason }) => [check, state, reason])).toContainEqual(
      ["write", "resolved", "removed"],
    );
  });

  test("a check that comes is walked from its next turn on, and those before it are not missing", async () => {
    const stage = await settlerFixture(withChecks(checkText("read")));
    await stage.runMinutes();
    const settled = stage.settler.tick(stage.clock.now());
    await stage.clock.advance(30_000);
    await reload(stage, withChecks(checkText("read"), checkText("write")));
    await stage.clock.advance(30_000);
    await settled;
    const of = (check: string) =>
      stage.script.requests.filter(({ checks }) => checks.some(({ key }) => key === check)).length;
    expect([of("shop/read"), of("shop/write")]).toEqual([6, 1]);
    expect((await traces(stage)).filter(({ word }) => word === "missing")).toEqual([]);
  });

  test("a store that fails keeps the config that runs", async () => {
    const { store, broken } = failingStore(memoryStore());
    const stage = await settlerFixture(withChecks(checkText("read")), { store });
    await stage.runMinutes();
    const settled = stage.settler.tick(stage.clock.now());
    broken.add("readShards");
    await expect(reload(stage, withChecks(checkText("write")))).rejects.toThrow("disk full");
    broken.clear();
    await stage.clock.advance(60_000);
    await settled;
    await stage.runMinutes();
    expect(stage.script.requests.flatMap(({ checks }) => checks.map(({ key }) => key)))
      .toEqual(Array(9).fill("shop/read"));
  });

  test("a process that starts with another list of checks resolves what left before its first walk", async () => {
    const before = await settlerFixture(withChecks(checkText("read"), checkText("write")));
    before.script.set("drift", undefined, "shop/write");
    await before.runMinutes(2);
    const after = await settlerFixture(withChecks(checkText("read")), { from: before, owner: "b" });
    await after.settler.begin(after.clock.now());
    expect((await after.notices()).map(describeNotice)).toEqual([
      "opened drift global #1",
      "resolved drift global #1",
    ]);
    expect(after.script.requests).toEqual([]);
  });
});
