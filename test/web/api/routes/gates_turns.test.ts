import { describe, expect, test } from "vitest";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { START } from "../../../world/test_env.ts";
import { type ApiFixture, apiFixture, withToken } from "../api_fixture.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const iso = (at: number) => new Date(at).toISOString();

/** Three probers in three turns, at 0, 20 and 40 s of each minute. */
const shopWith = (confirm: string) =>
  apiFixture({ text: withToken(threeRegions([["turns: 1, confirm: 0", `confirm: ${confirm}`]])) });

/** Starts the tick of the present minute, and stops `ms` into it. */
async function into(shop: ApiFixture, ms: number): Promise<void> {
  void shop.settler.tick(shop.clock.now());
  await shop.clock.advance(ms);
}

const gate = async (shop: ApiFixture, query = "") => (await shop.call(`/v1/gates/shop${query}`)).body;
const seqOf = ({ seq }: { seq: number }) => (seq - START) / MINUTE;

describe("a gate over turns", () => {
  test("a slot whose turns are still coming is no run: the ones before it decide", async () => {
    const shop = await shopWith("0");
    await shop.runMinutes(2);
    await into(shop, 30 * SECOND);
    const early = await gate(shop);
    expect([early.decision, early.window.runs, seqOf(early)]).toEqual(["pass", 2, 1]);
    await shop.clock.advance(15 * SECOND);
    const whole = await gate(shop);
    expect([whole.decision, seqOf(whole)]).toEqual(["pass", 2]);
  });

  test("a slot counts if its first turn began after the anchor, whatever began later", async () => {
    const shop = await shopWith("0");
    await shop.runMinutes(2);
    await into(shop, 10 * SECOND);
    const since = `?since=${iso(shop.clock.now())}`;
    await shop.clock.advance(50 * SECOND);
    expect((await gate(shop, since)).window.runs).toBe(0);
    await shop.runMinutes(1);
    expect((await gate(shop, since)).window.runs).toBe(1);
    await shop.runMinutes(1);
    expect(await gate(shop, since)).toMatchObject({ decision: "pass", window: { runs: 2 } });
  });

  test("of a prober that is silent nobody waits: its slot is whole once that is said", async () => {
    const shop = await shopWith("0");
    shop.script.set("silent", "sin");
    await shop.runMinutes(4);
    expect(await gate(shop)).toMatchObject({ decision: "pass", regions: { ap: { vote: "pending" } } });
  });

  test("a confirmation is a run of its own", async () => {
    const shop = await shopWith("25s");
    await shop.runMinutes(2);
    shop.script.set("drift");
    // Seen at 0 s by the first prober, confirmed at 25 s by all: that one is whole before the slot it came from.
    await into(shop, 30 * SECOND);
    const confirmed = await gate(shop);
    expect([confirmed.observed.state, seqOf(confirmed) * 60]).toEqual(["drift", 145]);
    await shop.clock.advance(15 * SECOND);
    const both = await gate(shop);
    expect([both.decision, both.window.runs]).toEqual(["fail", 2]);
  });
});
