import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeHistory } from "../../src/storage/codec.ts";
import { WORST_FIRST } from "../../src/judgement/words.ts";
import type { ScriptedAnswer } from "../world/scripted_probers.ts";
import { type PageFixture, pageFixture, TOKEN } from "./page/page_fixture.ts";

const BAD = ["drift", "down", "not_ready", "failing"];
const CHECKS = ["read", "write", "extra"];
/** Two checks that count, and one that does not. */
const THREE: [string, string][] = [[
  "webhooks:",
  `      - { id: write, turns: 1, confirm: 0, journey: [{ request: { path: / }, expect: status == 201 }] }
      - { id: extra, optional: true, turns: 1, confirm: 0, journey: [{ request: { path: / }, expect: status == 202 }] }
webhooks:`,
]];

const json = async ({ get }: PageFixture, path: string) =>
  JSON.parse((await get(path, undefined, { headers: { authorization: `Bearer ${TOKEN}` } })).html);

/** Seconds by the worst outcome of the checks that count, slot by slot, as the store has them. */
async function secondsIn({ store, clock }: PageFixture): Promise<Map<string, number>> {
  const seconds = new Map<string, number>();
  for (const { data, shard } of await store.readSamples({ shard: 0, from: 0, to: clock.now() })) {
    const line = decodeHistory(data, shard);
    const outcomes: string[] = ["read", "write"].map((id) => line[`shop/${id}`]!.outcome);
    const worst = WORST_FIRST.find((word) => outcomes.includes(word))!;
    seconds.set(worst, (seconds.get(worst) ?? 0) + 60);
  }
  return seconds;
}

const said = fc.constantFrom<ScriptedAnswer>("ready", "drift", "down", "degraded", "underclaim");
const part = fc.record({ minutes: fc.integer({ min: 1, max: 25 }), words: fc.tuple(said, said, said) });

test("page, API and badge agree on a target, and forget nothing, whatever its checks came to", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 6 }), async (parts) => {
      const own = await pageFixture({ changes: THREE });
      for (const { minutes, words } of parts) {
        words.forEach((word, i) => own.script.set(word, undefined, `shop/${CHECKS[i]}`));
        await own.runMinutes(minutes);
      }
      const seconds = await secondsIn(own);
      const sum = (words: readonly string[]) =>
        words.reduce((all, word) => all + (seconds.get(word) ?? 0), 0);
      const total = sum([...seconds.keys()]);
      const sli = await json(own, "/v1/targets/shop/sli?window=24h");
      expect(sli).toMatchObject({
        checks: ["read", "write"],
        badSeconds: sum(BAD),
        driftSeconds: sum(["drift"]),
        unjudgedSeconds: sum(["pending", "split"]),
        goodSeconds: total - sum([...BAD, "pending", "split"]),
        coverage: { dataSeconds: total },
      });
      const [target, badge, { text }] = [
        await json(own, "/v1/targets/shop"),
        await json(own, "/v1/badges/shop.json"),
        await own.get("/", await own.signIn()),
      ];
      const required = target.checks.filter(({ id }: { id: string }) => id !== "extra");
      expect(target.status).toBe(
        WORST_FIRST.find((word) => required.some(({ outcome }: { outcome: string }) => outcome === word)),
      );
      expect(badge.message).toBe(
        BAD.includes(target.status) ? "not ready" : target.status === "ready" ? "ready" : badge.message,
      );
      const share = sli.availability === null
        ? "no data"
        : `${(Math.floor(sli.availability * 10_000) / 100).toFixed(2)} %`;
      expect(text).toContain(share);
      expect(text.includes("no drift")).toBe(sli.badSeconds === 0);
      expect(text).toContain("of data");
    }),
    { numRuns: 20 },
  );
}, 120_000);

test("a row does not forget eight minutes of drift as soon as another check is slow", async () => {
  const own = await pageFixture({ changes: THREE });
  await own.runMinutes(5);
  own.script.set("drift", undefined, "shop/read");
  await own.runMinutes(9);
  own.script.set("ready", undefined, "shop/read");
  own.script.set("degraded", undefined, "shop/write");
  await own.runMinutes(5);
  const { text } = await own.get("/", await own.signIn());
  expect(text).toMatch(/\(write\)/);
  const { driftSeconds } = await json(own, "/v1/targets/shop/sli");
  expect(driftSeconds).toBeGreaterThanOrEqual(8 * 60);
  expect(text).toMatch(new RegExp(`19 min of data now [\\d.]+ % ${driftSeconds / 60} min drift`));
  expect(text).toContain("over its budget eu");
});

test("a check that is optional changes neither status nor badge, and is shown with its own", async () => {
  const own = await pageFixture({ changes: THREE });
  own.script.set("down", undefined, "shop/extra");
  await own.runMinutes(4);
  const target = await json(own, "/v1/targets/shop");
  expect(target.status).toBe("ready");
  expect(target.checks.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
    "ready",
    "ready",
    "down",
  ]);
  expect((await json(own, "/v1/badges/shop.json")).message).toBe("ready");
  expect((await own.get("/status")).text).toContain("No recent incidents.");
  expect((await json(own, "/api/v2/incidents.json")).incidents).toEqual([]);
});
