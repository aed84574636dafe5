import { describe, expect, test } from "vitest";
import type { Receipt } from "../../src/storage/store.ts";
import { dump, HOUR, MINUTE, notice, type StoreFixture, T } from "./store_fixture.ts";

/** Which notices are due, and how far they get. */
export function outbox(its: StoreFixture) {
  describe("outbox", () => {
    test("gives the oldest pending notice of each webhook and incident, oldest first", async () => {
      await its.commitNow({
        notices: [
          notice("n1"),
          notice("n2"),
          notice("n3", { webhook: "other" }),
          notice("n4", { incident: "i2" }),
          notice("n5", { incident: "i2" }),
        ],
      });
      expect(await its.claimIds()).toEqual(["n1", "n3", "n4"]);
    });

    test("gives what was never tried before what was", async () => {
      await its.commitNow({ notices: ["n1", "n2", "n3"].map((id) => notice(id, { incident: id })) });
      await its.receipt("n1", "pending");
      expect(await its.claimIds(T, 2)).toEqual(["n2", "n3"]);
      expect(await its.claimIds(T, 2)).toEqual(["n1"]);
    });

    test("gives at most the limit, and the rest next time", async () => {
      await its.commitNow({
        notices: ["i3", "i2", "i1"].map((about, i) => notice(`n${i}`, { incident: about })),
      });
      expect(await its.claimIds(T, 2)).toEqual(["n0", "n1"]);
      expect(await its.claimIds(T, 2)).toEqual(["n2"]);
    });

    test("hides a claimed notice and all behind it until the claim runs out", async () => {
      await its.commitNow({ notices: [notice("n1"), notice("n2")] });
      const [claimed] = await its.store.claimDeliveries({ nowMs: T, leaseMs: 30_000, limit: 10 });
      expect(claimed).toMatchObject({ ...notice("n1"), state: "pending", attempts: 0, nextAt: T + 30_000 });
      expect(await its.claimIds(T + 29_999)).toEqual([]);
      expect(await its.claimIds(T + 30_000)).toEqual(["n1"]);
    });

    test("says when the next notice is due: the oldest of each queue counts, not what waits behind it", async () => {
      const next = () => its.store.nextDelivery(T);
      expect(await next()).toBeNull();
      await its.commitNow({ notices: [notice("n1"), notice("n2"), notice("n3", { webhook: "other" })] });
      expect(await next()).toBe(0);
      await its.receipt("n1", "pending", T + 7);
      await its.receipt("n3", "pending", T + 9);
      expect(await next()).toBe(T + 7);
      await its.receipt("n1", "delivered", T);
      expect(await next()).toBe(0);
      await its.receipt("n2", "dead", T);
      expect(await next()).toBe(T + 9);
      await its.receipt("n3", "delivered", T);
      expect(await next()).toBeNull();
    });

    test("of concurrent claims one gets it", async () => {
      await its.commitNow({ notices: [notice("n1")] });
      expect((await Promise.all([its.claimIds(), its.claimIds(), its.claimIds()])).flat()).toEqual(["n1"]);
    });

    test("a new notice is due at once, also after the clock stepped back behind its creation", async () => {
      await its.commitNow({ notices: [notice("n1", { createdAt: T + HOUR })] });
      expect(await its.claimIds(T)).toEqual(["n1"]);
    });

    test("of one webhook", async () => {
      await its.commitNow({ notices: [notice("n1", { webhook: "a" }), notice("n2", { webhook: "b" })] });
      const claimed = await its.store.claimDeliveries({ nowMs: T, leaseMs: 1, limit: 9, webhook: "b" });
      expect(claimed.map(({ id }) => id)).toEqual(["n2"]);
      expect(await its.store.claimDeliveries({ nowMs: T, leaseMs: 1, limit: 9, webhook: "c" })).toEqual([]);
    });

    test("a retry in the future holds back its own queue, no other", async () => {
      await its.commitNow({ notices: [notice("n1"), notice("n2"), notice("n3", { incident: "i2" })] });
      await its.receipt("n1", "pending", T + HOUR);
      expect(await its.claimIds(T + HOUR - 1)).toEqual(["n3"]);
      expect(await its.claimIds(T + HOUR)).toEqual(["n1"]);
    });

    test.each<Receipt["state"]>(["delivered", "dead"])(
      "a %s notice lets the next one through",
      async (state) => {
        await its.commitNow({ notices: [notice("n1"), notice("n2")] });
        await its.claimIds();
        await its.receipt("n1", state, T + HOUR);
        expect(await its.claimIds()).toEqual(["n2"]);
      },
    );

    test("a receipt replaces every field, down to those it leaves out", async () => {
      await its.commitNow({ notices: [notice("n1")] });
      await its.receipt("n1", "pending", T + 1.5);
      await its.store.recordAttempt("n1", { state: "pending", attempts: 2, nextAt: T + 7 });
      const [row] = (await its.store.listDeliveries({ limit: 1 })).items;
      const after = { ...notice("n1"), seq: row!.seq, state: "pending", attempts: 2, nextAt: T + 7 };
      expect(row).toEqual(after);
    });

    test("an error text that no store could keep is mended, not refused", async () => {
      await its.commitNow({ notices: [notice("n1")] });
      await its.store.recordAttempt("n1", { state: "dead", attempts: 1, nextAt: T, lastError: "a\0b\uD83D" });
      expect((await its.store.listDeliveries({ limit: 1 })).items[0]!.lastError).toBe("a\uFFFDb\uFFFD");
    });

    test("a receipt of the wrong shape rejects and changes nothing", async () => {
      await its.commitNow({ notices: [notice("n1")] });
      const before = await dump(its.store);
      await expect(its.receipt("n1", "lost" as "dead")).rejects.toThrow("shape is wrong");
      await expect(its.receipt("n1", "pending", NaN)).rejects.toThrow("shape is wrong");
      expect(await dump(its.store)).toEqual(before);
    });

    test.each<[Receipt["state"], Receipt["state"]]>([
      ["delivered", "pending"],
      ["delivered", "dead"],
      ["dead", "delivered"],
      ["dead", "pending"],
    ])("a receipt changes nothing on a %s notice: %s", async (settled, later) => {
      await its.commitNow({ notices: [notice("n1")] });
      await its.receipt("n1", settled);
      const before = await dump(its.store);
      await its.store.recordAttempt("n1", { state: later, attempts: 9, nextAt: T + 9 });
      await its.store.recordAttempt("no such notice", { state: later, attempts: 9, nextAt: T + 9 });
      expect(await dump(its.store)).toEqual(before);
    });

    test("resend makes a dead notice due again, before later ones, with its tries counted anew", async () => {
      await its.commitNow({ notices: [notice("n1"), notice("n2")] });
      await its.receipt("n1", "dead");
      await its.store.disableWebhook("hook", T);
      await its.store.disableWebhook("other", T);
      expect(await its.store.resend("n1", T + HOUR)).toBe(true);
      const { deliveries, disabled } = await dump(its.store);
      const again = { id: "n1", state: "pending", attempts: 0, nextAt: T + HOUR };
      expect(deliveries).toMatchObject([{ id: "n2" }, again]);
      expect(disabled).toEqual({ other: T });
      expect(await its.claimIds(T + HOUR - 1)).toEqual([]);
      expect(await its.claimIds(T + HOUR)).toEqual(["n1"]);
    });

    test("resend makes a pending notice due, with its tries counted anew", async () => {
      await its.commitNow({ notices: [notice("n1"), notice("n2")] });
      await its.receipt("n1", "pending", T + HOUR);
      await its.store.disableWebhook("hook", T);
      expect(await its.store.resend("n1", T + 1)).toBe(true);
      const { deliveries, disabled } = await dump(its.store);
      expect(deliveries).toMatchObject([{ id: "n2" }, { id: "n1", attempts: 0, nextAt: T + 1 }]);
      expect(disabled).toEqual({});
      expect(await its.claimIds(T + 1)).toEqual(["n1"]);
    });

    test("resend does nothing for a notice that is delivered, or none", async () => {
      await its.commitNow({ notices: [notice("n1"), notice("n2")] });
      await its.receipt("n1", "delivered");
      await its.store.disableWebhook("hook", T);
      const before = await dump(its.store);
      expect(await Promise.all(["n1", "n3"].map((id) => its.store.resend(id, T)))).toEqual([false, false]);
      expect(await dump(its.store)).toEqual(before);
    });

    test("a receipt wakes what of its webhook would wait for longer, and nothing else", async () => {
      const others = [
        notice("far", { incident: "i2" }),
        notice("near", { incident: "i3" }),
        notice("dead", { incident: "i4" }),
        notice("foreign", { webhook: 'hook", "x', incident: "i2" }),
        notice("behind", { incident: "i2" }),
      ];
      await its.commitNow({ notices: [notice("n1"), ...others] });
      await its.receipt("far", "pending", T + HOUR + 0.5);
      await its.receipt("near", "pending", T + HOUR);
      await its.receipt("dead", "dead", T + 2 * HOUR);
      await its.receipt("foreign", "pending", T + 2 * HOUR);
      const { deliveries: before } = await dump(its.store);
      await its.store.recordAttempt("n1", { state: "delivered", attempts: 1, nextAt: T + 7 }, T + HOUR);
      const { deliveries } = await dump(its.store);
      const changed = before.map((row) => row.id === "far" ? { ...row, nextAt: T + 7 } : row);
      expect(deliveries.slice(0, -1)).toEqual(changed.slice(0, -1));
      expect(deliveries.at(-1)).toMatchObject({ id: "n1", state: "delivered", nextAt: T + 7 });
      expect(await its.claimIds(T + 7)).toEqual(["far"]);
    });

    test("a receipt of several notices stands in each that is pending, and wakes the others of their webhook", async () => {
      const ids = ["n1", "n2", "n3", "far"];
      await its.commitNow({ notices: ids.map((id) => notice(id, { incident: id })) });
      await its.receipt("n2", "dead", T + HOUR);
      await its.receipt("far", "pending", T + HOUR);
      const receipt = { state: "delivered" as const, attempts: 3, nextAt: T + 7, lastStatus: 202 };
      await its.store.recordAttempt(["n1", "none", "n2", "n3"], receipt, T + MINUTE);
      const { items } = await its.store.listDeliveries({ limit: 9 });
      expect(
        items.toReversed().map((
          { id, state, attempts, nextAt, lastStatus },
        ) => [id, state, attempts, nextAt, lastStatus]),
      )
        .toEqual([
          ["n1", "delivered", 3, T + 7, 202],
          ["n2", "dead", 1, T + HOUR, 500],
          ["n3", "delivered", 3, T + 7, 202],
          ["far", "pending", 1, T + 7, 500],
        ]);
      expect(await its.claimIds(T + 7)).toEqual(["far"]);
    });

    test("what is put in without a lease stands behind what is there, once", async () => {
      await its.commitNow({ notices: [notice("n1")] });
      await its.store.enqueue([
        notice("n2"),
        notice("n1", { body: "other" }),
        notice("n2"),
        notice("n3", { incident: "i2" }),
      ]);
      await its.store.enqueue([notice("n2"), notice("n4", { incident: "i2" })]);
      await its.store.enqueue([]);
      const { items } = await its.store.listDeliveries({ limit: 9 });
      expect(items.map(({ id }) => id)).toEqual(["n4", "n3", "n2", "n1"]);
      expect(items.at(-1)).toMatchObject({ ...notice("n1"), state: "pending", attempts: 0, nextAt: 0 });
      expect(await its.claimIds()).toEqual(["n1", "n3"]);
      await expect(its.store.enqueue([notice("n5"), notice("n6", { createdAt: NaN })])).rejects.toThrow(
        "shape is wrong",
      );
      expect((await its.store.listDeliveries({ limit: 9 })).items).toHaveLength(4);
    });

    test("a notice for later is due then, holds back its own queue until then, and is woken by nothing before", async () => {
      const later = { createdAt: T + HOUR, notBefore: T + HOUR };
      await its.commitNow({
        notices: [notice("n1", { incident: "i2", ...later }), notice("n2", { incident: "i2" })],
      });
      await its.store.enqueue([notice("n3", { incident: "i3", ...later }), notice("n4")]);
      expect(await its.claimIds()).toEqual(["n4"]);
      await its.store.recordAttempt("n4", { state: "delivered", attempts: 1, nextAt: T + 7 }, T + 7);
      expect(await its.store.wakeDeliveries({ webhook: "hook", nowMs: T + 7, after: T, limit: 1 })).toBe(0);
      expect(await its.claimIds(T + HOUR - 1)).toEqual([]);
      expect(await its.store.nextDelivery(T + HOUR - 1)).toBe(T + HOUR);
      const { items } = await its.store.listDeliveries({ limit: 9, state: "pending" });
      expect(items.map(({ id, nextAt }) => [id, nextAt])).toEqual([
        ["n3", T + HOUR],
        ["n2", 0],
        ["n1", T + HOUR],
      ]);
      expect(await its.claimIds(T + HOUR)).toEqual(["n1", "n3"]);
    });

    test("a receipt that comes for a settled notice wakes nobody", async () => {
      await its.commitNow({ notices: [notice("n1"), notice("n2", { incident: "i2" })] });
      await its.receipt("n1", "delivered");
      await its.receipt("n2", "pending", T + HOUR);
      const before = await dump(its.store);
      for (const id of ["n1", "no such notice"]) {
        await its.store.recordAttempt(id, { state: "delivered", attempts: 2, nextAt: T }, T);
      }
      expect(await dump(its.store)).toEqual(before);
    });

    test("each episode of an incident is a queue of its own, and one that has none is another", async () => {
      await its.commitNow({
        notices: [
          notice("n1", { episode: 1 }),
          notice("n2", { episode: 1 }),
          notice("n3", { episode: 2 }),
          notice("n4"),
        ],
      });
      await its.receipt("n1", "pending", T + HOUR);
      expect(await its.claimIds()).toEqual(["n3", "n4"]);
      const { items } = await its.store.listDeliveries({ limit: 9 });
      expect(items.map(({ episode }) => episode)).toEqual([undefined, 2, 1, 1]);
      expect(await its.store.nextDelivery(T)).toBe(T + MINUTE);
    });

    test("wakes the pending notices of one webhook that are due later than asked for", async () => {
      const rows = ["far", "near", "dead", "behind"].map((id) => notice(id, { incident: id[0] }));
      await its.commitNow({ notices: [...rows, notice("foreign", { webhook: 'hook", "x' })] });
      await its.receipt("far", "pending", T + HOUR + 0.5);
      await its.receipt("near", "pending", T + HOUR);
      await its.receipt("dead", "dead", T + 2 * HOUR);
      await its.receipt("foreign", "pending", T + 2 * HOUR);
      const { deliveries: before } = await dump(its.store);
      expect(await its.store.wakeDeliveries({ webhook: "hook", nowMs: T + 7, after: T + HOUR })).toBe(1);
      const { deliveries } = await dump(its.store);
      expect(deliveries).toEqual(before.map((row) => row.id === "far" ? { ...row, nextAt: T + 7 } : row));
      expect(await its.store.nextDelivery(T)).toBe(0);
      expect(await its.store.wakeDeliveries({ webhook: "none", nowMs: T, after: 0 })).toBe(0);
    });

    test("wakes at most so many, the oldest of all that are pending", async () => {
      await its.commitNow({ notices: ["n1", "n2", "n3"].map((id) => notice(id, { incident: id })) });
      for (const id of ["n1", "n2", "n3"]) await its.receipt(id, "pending", T + HOUR);
      const wake = () => its.store.wakeDeliveries({ webhook: "hook", nowMs: T, after: T + 1, limit: 2 });
      expect(await wake()).toBe(2);
      expect(await wake()).toBe(0);
      expect(await its.claimIds()).toEqual(["n1", "n2"]);
    });

    test("a webhook is disabled until it is enabled", async () => {
      await its.store.disableWebhook("a", T);
      await its.store.disableWebhook("b", T + 1);
      await its.store.disableWebhook("a", T + 2);
      expect(await its.store.listDisabledWebhooks()).toEqual({ a: T + 2, b: T + 1 });
      await its.store.disableWebhook("a", null);
      await its.store.disableWebhook("never", null);
      expect(await its.store.listDisabledWebhooks()).toEqual({ b: T + 1 });
    });
  });
}
