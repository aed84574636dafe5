import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { walk, type WalkOptions } from "../../../../src/evidence/probe/journey.ts";
import { STEP_KINDS } from "../../../../src/evidence/probe/steps/mod.ts";
import { steppingClock } from "../../../world/clock.ts";
import { type RouteReply, scriptedFetch, type SeenRequest } from "../../../world/network.ts";
import { ports, run, stepOf } from "../steps.ts";
import { taken } from "./over_network.ts";

/** A burst of ten against a scripted service. */
async function burst(
  expected: string,
  reply: (request: SeenRequest, n: number) => RouteReply | Promise<RouteReply>,
  { more = "", request = "{ path: /orders }", ...options }: Partial<WalkOptions> & {
    more?: string;
    request?: string;
  } = {},
) {
  const step = await stepOf(
    `{ burst: { requests: 10, concurrency: 5${more} }, request: ${request}, expect: "${expected}" }`,
  );
  let n = 0;
  const network = scriptedFetch({
    "GET /orders": (seen) => reply(seen, n++),
    "POST /orders": (seen) => reply(seen, n++),
  });
  const check = { baseUrl: "https://shop.example", journey: [step], cleanup: [], timeoutMs: 10_000 };
  const clock = steppingClock();
  const pending = walk(ports(network, clock), check, run, { steps: STEP_KINDS, ...options });
  return { network, clock, pending };
}

const seen = async (...args: Parameters<typeof burst>) => await (await burst(...args)).pending;

describe("a burst", () => {
  test("sends so many requests and counts what came", async () => {
    const { pending, network } = await burst(
      "ok == 7 && total == 10 && statuses['200'] == 7 && statuses['503'] == 3 && failures == {} && p95 >= p50",
      (_, n) => ({ status: n < 7 ? 200 : 503 }),
    );
    const { failure, steps } = await pending;
    expect(failure).toBeUndefined();
    expect(network.requests).toHaveLength(10);
    expect(steps[0]).toMatchObject({ requests: 10, note: "7 of 10 ok, p95 0 ms, 5 at once" });
  });

  test("sends so many at once, and no more than there are connections to spare", async () => {
    let [open, most] = [0, 0];
    const slow = async (): Promise<RouteReply> => {
      most = Math.max(most, ++open);
      for (let turns = 0; turns < 20; turns++) await Promise.resolve();
      open--;
      return {};
    };
    expect((await seen("ok == 10 && connections == 5", slow)).failure).toBeUndefined();
    expect(most).toBe(5);
    most = 0;
    let spare = 2;
    const tryRun = async (work: () => Promise<void>) => void (spare-- > 0 && await work());
    expect((await seen("ok == 10 && connections == 3", slow, { tryRun })).failure).toBeUndefined();
    expect(most).toBe(3);
  });

  test("gives each request an idempotency key of its own", async () => {
    const { pending, network } = await burst("ok == 10", () => ({ status: 201 }), {
      request: "{ path: /orders, json: {} }",
    });
    expect((await pending).outcome).toBe("pass");
    expect(new Set(network.requests.map(({ headers }) => headers["idempotency-key"])).size).toBe(10);
  });

  test("asks of each answer what it is told to, and shows one that is not good", async () => {
    const { failure } = await seen(
      "ok == 10",
      (_, n) => ({ json: n === 3 ? { error: "no stock" } : { id: n } }),
      {
        more: `, each: "has(body.id)"`,
      },
    );
    expect(failure).toMatchObject({
      reason: "expectation",
      values: { burst: expect.stringContaining("9 of 10 ok"), ok: "9" },
      answer: { status: 200, excerpt: expect.stringContaining("no stock") },
    });
  });

  test("counts what got no answer", async () => {
    const some = await seen("ok == 6 && failures['network'] == 4", (_, n) => n < 4 ? new Error("reset") : {});
    expect(some.failure).toBeUndefined();
    expect(await seen("ok == 10", () => new Error("reset"))).toMatchObject({
      outcome: "fail",
      transport: true,
      failure: { reason: "network" },
    });
  });

  test("counts what was not answered in time, and is over at its deadline", async () => {
    const { pending, clock } = await burst("ok == 9", (_, n) => n === 0 ? "hang" : {});
    await clock.advance(10_000);
    const { outcome, steps } = await pending;
    expect({ outcome, note: steps[0]!.note }).toEqual({
      outcome: "pass",
      note: "9 of 10 ok, p95 0 ms, 5 at once",
    });
  });

  test("is measured over real connections", async () => {
    const server = createServer((_, response) => void response.end("{}"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const step = "{ burst: { requests: 20 }, expect: 'ok == 20 && connections == 5 && slowest >= p95' }";
    expect((await taken(step, { port })).failure).toBeUndefined();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
