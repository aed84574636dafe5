import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DnsPlay, dnsServer } from "../../../world/dns_server.ts";
import { overdue, taken } from "./over_network.ts";

const record = (type: string, data: unknown, ttl = 300) => ({ type, name: "shop.example", ttl, data });
const A = record("A", "203.0.113.7");

const ZONE: Record<string, DnsPlay> = {
  "shop.example": [A, record("A", "203.0.113.8", 60)],
  "www.example": [{ ...record("CNAME", "shop.example", 30), name: "www.example" }, A],
  "broken.example": { rcode: 2 },
  "none.example": [],
  "silent.example": "silent",
  "garbage.example": { bytes: () => Array(30).fill(new Uint8Array([1, 2, 3])) },
  // Somebody else's answers, and then none.
  "forged.example": {
    bytes: (id) => Array(30).fill(new Uint8Array([id >> 8 ^ 255, id & 255, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
  },
  // A name that points at itself (RFC 1035 section 4.1.4).
  "loop.example": {
    bytes: (id) =>
      Array(30).fill(
        new Uint8Array([id >> 8, id & 255, 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1]),
      ),
  },
};

let server: Awaited<ReturnType<typeof dnsServer>>;
beforeAll(async () => void (server = await dnsServer(ZONE)));
afterAll(() => server.close());

const at = (port: number, name: string, expected: string, type = "A") =>
  `{ dns: { name: ${name}, type: ${type}, server: "127.0.0.1:${port}" }, expect: "${expected}" }`;

describe("a dns step", () => {
  test.each<[string, string]>([
    ["shop.example", "records == ['203.0.113.7', '203.0.113.8'] && ttl == 60 && authoritative"],
    ["SHOP.example.", "size(records) == 2"],
    [
      "www.example",
      "records == ['203.0.113.7'] && answers[0].data == 'shop.example' && answers[0].ttl == 30",
    ],
    ["missing.example", "rcode == 'NXDOMAIN' && records == []"],
    ["broken.example", "rcode == 'SERVFAIL'"],
    ["none.example", "rcode == 'NOERROR' && size(records) == 0"],
  ])("asks about %s", async (name, expected) => {
    const observation = await taken(at(server.port, name, expected), {});
    expect(observation.failure).toBeUndefined();
    expect(observation.steps[0]!.requests).toBe(1);
  });

  test.each<[string, unknown, string]>([
    ["AAAA", "2001:db8::7", "2001:db8::7"],
    ["CNAME", "cdn.example", "cdn.example"],
    ["MX", { preference: 10, exchange: "mail.example" }, "10 mail.example"],
    ["TXT", ["v=spf1 ", "-all"], "v=spf1 -all"],
    ["NS", "ns1.example", "ns1.example"],
    ["SRV", { priority: 1, weight: 2, port: 443, target: "a.example" }, "1 2 443 a.example"],
    ["CAA", { flags: 0, tag: "issue", value: "ca.example" }, '0 issue \\"ca.example\\"'],
  ])("reads %s records, by TCP where UDP is too small", async (type, data, text) => {
    const own = await dnsServer({ "shop.example": [record(type, data)] }, { truncates: true });
    const observation = await taken(at(own.port, "shop.example", `records == ['${text}']`, type), {});
    expect(observation).toMatchObject({ outcome: "pass", steps: [{ requests: 2, note: "1 record" }] });
    expect(own.asked).toEqual([`udp ${type} shop.example`, `tcp ${type} shop.example`]);
    await own.close();
  });

  test("shows what was asked and answered", async () => {
    const { failure } = await taken(at(server.port, "shop.example", "records == ['192.0.2.1']"), {});
    expect(failure).toMatchObject({
      reason: "expectation",
      detail: expect.stringContaining(`(asked dns://127.0.0.1:${server.port})`),
      request: { method: "query", url: `dns://127.0.0.1:${server.port}/shop.example?type=A` },
      answer: { excerpt: expect.stringContaining("shop.example. 300 IN A 203.0.113.7") },
    });
  });

  test.each(["garbage.example", "forged.example", "loop.example"])(
    "takes nothing for an answer that is none: %s",
    async (name) => {
      expect(await taken(at(server.port, name, "rcode == 'NOERROR'"), {})).toMatchObject({
        outcome: "fail",
        transport: true,
        failure: { reason: "body", detail: expect.stringContaining("answer nothing that was asked") },
      });
    },
  );

  test("is over at its deadline where nobody answers", async () => {
    const own = await dnsServer({ "silent.example": "silent" });
    expect(await overdue(at(own.port, "silent.example", "rcode == 'NOERROR'"), own.first, {})).toMatchObject({
      outcome: "fail",
      transport: true,
      failure: { reason: "timeout" },
    });
    await own.close();
  });

  test("asks no private server, whatever it is called", async () => {
    const step = at(server.port, "shop.example", "rcode == 'NOERROR'");
    expect(await taken(step, { allowPrivate: false })).toMatchObject({ failure: { reason: "refused" } });
    const named = step.replace("127.0.0.1", "ns1.example");
    expect(await taken(named, { allowPrivate: false })).toMatchObject({
      outcome: "error",
      failure: { reason: "refused" },
    });
  });

  test("asks over HTTP", async () => {
    const http = createServer((request, response) => {
      const parts: Uint8Array[] = [];
      request.on("data", (part) => parts.push(part)).on("end", () => {
        if (request.url === "/busy") return response.writeHead(503).end();
        if (request.url === "/html") return response.end("<html>");
        response.end(server.answer(Uint8Array.from(parts.flatMap((part) => [...part]))));
      });
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const { port } = http.address() as AddressInfo;
    const over = (path: string) =>
      `{ dns: { name: shop.example, server: "http://127.0.0.1:${port}${path}" }, expect: size(records) == 2 }`;
    expect((await taken(over("/dns-query"), {})).failure).toBeUndefined();
    expect((await taken(over("/busy"), {})).failure).toMatchObject({
      reason: "body",
      detail: expect.stringContaining("503"),
    });
    expect((await taken(over("/html"), {})).failure).toMatchObject({ reason: "body" });
    await new Promise((resolve) => http.close(resolve));
  });

  test("does not blame a target for the resolver of our own choice", async () => {
    const open = () => {
      throw new Error("no route");
    };
    expect(await taken("{ dns: { name: shop.example }, expect: size(records) == 2 }", { open }))
      .toMatchObject({
        outcome: "error",
        failure: {
          reason: "platform",
          detail: expect.stringContaining("the resolver that is asked by default"),
        },
      });
  });
});
