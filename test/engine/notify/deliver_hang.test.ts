import { describe, expect, test } from "vitest";
import { answerOf } from "../../../src/base/http/answer.ts";
import type { Answer, Fetch } from "../../../src/base/ports.ts";
import { steppingClock } from "../../world/clock.ts";
import { outboxFixture } from "./outbox_fixture.ts";

const SECOND = 1000;
const START = steppingClock().now();

/** A network whose answers from these hosts never come, abort or not, until they are called for. */
function deaf(...hosts: string[]) {
  const held: PromiseWithResolvers<Answer>[] = [];
  const fetch = (beneath: Fetch): Fetch => (url, outgoing) => {
    if (!hosts.includes(url.host)) return beneath(url, outgoing);
    const answer = Promise.withResolvers<Answer>();
    held.push(answer);
    return answer.promise;
  };
  return { fetch, held };
}

/** The timer of the exchange never fires either: only the bound of the attempt is left. */
function breakExchangeTimer({ ports }: Awaited<ReturnType<typeof outboxFixture>>): void {
  const { clock } = ports;
  ports.clock = { ...clock, after: (ms, fire) => ms === 15 * SECOND ? () => {} : clock.after(ms, fire) };
}

const items = (webhook: string, count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({
    id: `${webhook}${from + i}`,
    incident: `i${from + i}`,
    webhook,
  }));
/** Lets work go on, at this moment of the clock, until it has come to something. */
async function until(holds: () => boolean, { clock }: Awaited<ReturnType<typeof outboxFixture>>) {
  while (!holds()) await clock.advance(0);
}

/** Lets time go on until a call has ended. */
async function ended(
  call: Promise<number>,
  { clock }: Awaited<ReturnType<typeof outboxFixture>>,
): Promise<number> {
  let made: number | undefined;
  void call.then((count) => made = count);
  while (made === undefined) await clock.advance(SECOND);
  return made;
}

const hook = (id: string) => ({ id, url: `https://${id}.example/hook` });

describe("a receiver that hangs whatever its deadline", () => {
  test("costs one attempt, and a late answer changes nothing any more", async () => {
    const { fetch, held } = deaf("hooks.example");
    const office = await outboxFixture(items("oncall", 1), {}, { fetch });
    breakExchangeTimer(office);
    const made = office.deliver();
    await until(() => held.length === 1, office);
    await office.clock.advance(16 * SECOND - 1);
    expect((await office.deliveries()).oncall0).toMatchObject({ attempts: 0 });
    await office.clock.advance(1);
    expect(await made).toBe(1);
    const failed = (await office.deliveries()).oncall0;
    expect(failed).toMatchObject({
      state: "pending",
      attempts: 1,
      nextAt: START + 21 * SECOND,
      lastError: "webhook oncall: timeout: no complete answer within 16000 ms",
    });
    held[0]!.resolve(answerOf(new Response(null, { status: 204 })));
    await office.clock.advance(1);
    expect((await office.deliveries()).oncall0).toEqual(failed);
  });

  test("costs one attempt that ends with the exchange, where its timer fires", async () => {
    const { fetch, held } = deaf("hooks.example");
    const office = await outboxFixture(items("oncall", 1), {}, { fetch });
    const made = office.deliver();
    await until(() => held.length === 1, office);
    await office.clock.advance(15 * SECOND + 100);
    expect(await made).toBe(1);
    expect((await office.deliveries()).oncall0).toMatchObject({
      attempts: 1,
      lastError: "webhook oncall (https://hooks.example): timeout: no complete answer within 15000 ms",
    });
  });

  test("may fail late: nobody is left to hear of it", async () => {
    const { fetch, held } = deaf("hooks.example");
    const office = await outboxFixture(items("oncall", 1), {}, { fetch });
    const made = office.deliver();
    await until(() => held.length === 1, office);
    await office.clock.advance(16 * SECOND);
    held[0]!.reject(new Error("connection reset"));
    await office.clock.advance(1);
    expect(await made).toBe(1);
    expect(office.logged).toHaveLength(1);
  });

  test("gives its lanes back: each of its notices has its attempt", async () => {
    const { fetch, held } = deaf("hooks.example");
    const office = await outboxFixture(items("oncall", 4), {}, { fetch });
    const made = office.deliver();
    await until(() => held.length === 2, office);
    await office.clock.advance(16 * SECOND);
    await until(() => held.length === 4, office);
    expect(await ended(made, office)).toBeGreaterThanOrEqual(4);
  });
});

describe("beside a receiver that hangs", () => {
  test("another webhook gets at once what was there, and what is written meanwhile", async () => {
    const { fetch } = deaf("slow.example");
    const outbox = [...items("slow", 9), ...items("oncall", 9)];
    const office = await outboxFixture(outbox, {}, { others: [hook("slow")], fetch });
    const deliver = office.deliverer();
    const first = deliver();
    await until(() => office.sent.length === 9, office);
    await office.put(items("oncall", 3, 9));
    // The call for the first notices is still under way.
    expect(await deliver()).toBe(3);
    expect(office.sent).toHaveLength(12);
    expect(office.clock.elapsed()).toBe(0);
    expect(await ended(first, office)).toBeGreaterThanOrEqual(18);
  });

  test("a further call opens no further lane to it", async () => {
    const { fetch, held } = deaf("slow.example");
    const office = await outboxFixture(items("slow", 9), {}, { others: [hook("slow")], fetch });
    const deliver = office.deliverer();
    const first = deliver();
    await until(() => held.length === 2, office);
    expect(await Promise.all([deliver(), deliver(), deliver()])).toEqual([0, 0, 0]);
    expect(held).toHaveLength(2);
    expect(await ended(first, office)).toBeGreaterThanOrEqual(9);
  });

  test("many that hang leave turns to the others, where turns are few", async () => {
    const slow = ["a", "b", "c", "d"];
    const { fetch, held } = deaf(...slow.map((id) => `${id}.example`));
    const outbox = slow.flatMap((id) => items(id, 9));
    const office = await outboxFixture(outbox, {}, { others: slow.map(hook), fetch });
    const deliver = office.deliverer({ parallel: 5 });
    const first = deliver();
    await until(() => held.length === 5, office);
    await office.clock.advance(16 * SECOND);
    // Each has been given up once, or is under way; of five turns they now have three at most.
    await until(() => held.length === 10, office);
    await office.clock.advance(16 * SECOND);
    await until(() => held.length === 13, office);
    await office.put(items("oncall", 9));
    const atMs = office.clock.elapsed();
    expect(await deliver()).toBe(9);
    expect(office.clock.elapsed()).toBe(atMs);
    expect(await ended(first, office)).toBeGreaterThanOrEqual(36);
  });
});

describe("what a deliverer says of itself", () => {
  test("is nothing while notices move; once the store hangs for two minutes the call is given up, and the next one sends", async () => {
    const { store, clock, deliverer, sent } = await outboxFixture(items("oncall", 1), {});
    const { claimDeliveries } = store;
    store.claimDeliveries = () => new Promise<never>(() => {});
    const deliver = deliverer();
    expect(deliver.fault()).toBeUndefined();
    const message = (error: unknown) => (error as Error).message;
    const first = deliver().catch(message);
    await clock.advance(60 * SECOND);
    const second = deliver().catch(message);
    await clock.advance(60 * SECOND);
    expect(deliver.fault()).toBeUndefined();
    await clock.advance(SECOND);
    const fault = "no notice has moved for 121 s";
    expect(await Promise.all([first, second])).toEqual([fault, fault]);
    expect(deliver.fault()).toBe(fault);
    store.claimDeliveries = claimDeliveries;
    expect(await deliver()).toBe(1);
    expect(sent).toHaveLength(1);
    expect(deliver.fault()).toBeUndefined();
  });

  test("is a failure until a call succeeds", async () => {
    const { store, deliverer } = await outboxFixture([], {});
    store.claimDeliveries = () => Promise.reject(new Error("disk full"));
    const deliver = deliverer();
    await expect(deliver()).rejects.toThrow("disk full");
    expect(deliver.fault()).toBe("the last delivery failed");
    store.claimDeliveries = () => Promise.resolve([]);
    await deliver();
    expect(deliver.fault()).toBeUndefined();
  });
});
