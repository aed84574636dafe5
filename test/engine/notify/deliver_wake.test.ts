import { describe, expect, test } from "vitest";
import { steppingClock } from "../../world/clock.ts";
import { outboxFixture } from "./outbox_fixture.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const START = steppingClock().now();

describe("once a webhook takes a notice", () => {
  test("those that wait for it go at once, however long their wait still is", async () => {
    let isUp = false;
    const office = await outboxFixture([{ id: "n1", incident: "a" }, { id: "n2", incident: "b" }], () => ({
      status: isUp ? 200 : 503,
    }));
    await office.deliver();
    for (const wait of [5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND, MINUTE]) {
      await office.clock.advance(wait);
      await office.deliver();
    }
    expect((await office.deliveries()).n1!.nextAt).toBe(START + 2 * MINUTE + 3 * MINUTE);
    isUp = true;
    await office.put([{ id: "n3", incident: "c" }]);
    expect(await office.deliver()).toBe(3);
    expect(Object.values(await office.deliveries()).map(({ state }) => state)).toEqual(
      ["delivered", "delivered", "delivered"],
    );
  });

  test("those of another webhook go on waiting", async () => {
    const url = "https://elsewhere.example/hook";
    const office = await outboxFixture([{ id: "n1", webhook: "other" }], {}, {
      others: [{ id: "other", url }],
    });
    // No route leads there: it answers 404, which is final.
    const waiting = {
      state: "pending",
      attempts: 2,
      nextAt: START + HOUR,
      lastError: "answered 503",
    } as const;
    await office.store.recordAttempt("n1", waiting);
    await office.put([{ id: "n2" }]);
    expect(await office.deliver()).toBe(1);
    expect((await office.deliveries()).n1).toMatchObject({ attempts: 2, nextAt: START + HOUR });
  });

  test("what a silence holds, and what is under way, is left alone", async () => {
    const office = await outboxFixture([{ id: "held", incident: "a" }, { id: "busy", incident: "b" }], {});
    const lastError = "silenced by s1";
    await office.store.recordAttempt("held", {
      state: "pending",
      attempts: 0,
      nextAt: START + MINUTE,
      lastError,
    });
    await office.store.claimDeliveries({ nowMs: START, leaseMs: MINUTE, limit: 1 });
    await office.put([{ id: "n1", incident: "c" }]);
    expect(await office.deliver()).toBe(1);
    const { held, busy } = await office.deliveries();
    expect([held!.nextAt, busy!.nextAt]).toEqual([START + MINUTE, START + MINUTE]);
  });

  test("one that is refused again and again is still tried for three days", async () => {
    const office = await outboxFixture([{ id: "poison", incident: "a" }], ({ body }) => ({
      status: body.includes("poison") ? 500 : 200,
    }));
    for (let n = 0; n < 20; n++) {
      await office.clock.advance(MINUTE);
      await office.put([{ id: `n${n}`, incident: `i${n}` }]);
      await office.deliver();
    }
    const { poison } = await office.deliveries();
    expect(poison!.state).toBe("pending");
    expect(poison!.attempts).toBeGreaterThan(10);
    await office.clock.advance(76 * HOUR);
    await office.deliver();
    expect((await office.deliveries()).poison).toMatchObject({ state: "dead", lastStatus: 500 });
  });
});
