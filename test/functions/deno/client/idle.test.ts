import { describe, expect, test } from "vitest";
import type { Connection } from "../../../../functions/deno/client/connection.ts";
import { deployFetch } from "../../../../functions/deno/client/deploy.ts";
import { Pool } from "../../../../functions/deno/client/pool.ts";
import { Refused } from "../../../../src/base/ports.ts";
import { spawn } from "../../../process/child.ts";
import { textOf } from "../../../world/network.ts";

/** As much of a connection as a pool sees. */
function idle(address = "192.0.2.1") {
  const line = { address, closed: false, close: () => void (line.closed = true) };
  return line as typeof line & Connection;
}

describe("a pool", () => {
  test("holds 512 connections over all origins: the one that waited longest makes way", () => {
    const pool = new Pool();
    const lines = Array.from({ length: 514 }, () => idle());
    for (const [i, line] of lines.entries()) pool.put(`https://h${i}.example`, line);
    expect(lines.flatMap(({ closed }, i) => closed ? [i] : [])).toEqual([0, 1]);
    expect(pool.take("https://h0.example", ["192.0.2.1"])).toBeUndefined();
    expect(pool.take("https://h2.example", ["192.0.2.1"])).toBe(lines[2]);
    expect(pool.take("https://h2.example", ["192.0.2.1"])).toBeUndefined();
  });

  test("gives the newest, never one that is closed, and closes what leads where the name no longer does", () => {
    const pool = new Pool();
    const [old, elsewhere, gone] = [idle(), idle("192.0.2.9"), idle()];
    for (const line of [old, elsewhere, gone]) pool.put("https://h.example", line);
    gone.close();
    expect(pool.take("https://h.example", ["192.0.2.1"])).toBe(old);
    expect(elsewhere.closed).toBe(true);
    expect(pool.take("https://h.example", ["192.0.2.1"])).toBeUndefined();
  });
});

test("a process with idle connections ends when its work is over", async () => {
  const child = spawn("../functions/deno/client/idle_process.ts", []);
  const { success } = await child.ended;
  expect([success, child.out, child.err]).toEqual([true, ["kept 2", "ended at once: true"], []]);
});

describe("on Deno Deploy", () => {
  const pinOf = (addresses: string[]) => () => Promise.resolve({ addresses, prefer() {} });
  const outgoing = { method: "GET", headers: { "x-a": "1" }, signal: new AbortController().signal };
  const url = new URL("https://shop.example/");

  test("the runtime's fetch asks, and follows no redirect", async () => {
    const asked: unknown[] = [];
    const fetch = (input: unknown, init?: RequestInit) => {
      asked.push([String(input), init?.method, init?.redirect, init?.headers]);
      return Promise.resolve(new Response("ok", { status: 302, headers: { location: "/there" } }));
    };
    const answer = await deployFetch({ allowPrivate: false, pinOf: pinOf(["1.1.1.1"]), fetch })(
      url,
      outgoing,
    );
    expect([answer.status, answer.headers.get("location"), await textOf(answer)]).toEqual([
      302,
      "/there",
      "ok",
    ]);
    expect(asked).toEqual([["https://shop.example/", "GET", "manual", { "x-a": "1" }]]);
  });

  test.each([
    ["one address is private", ["1.1.1.1", "10.0.0.1"], {}],
    ["one is a metadata service", ["1.1.1.1", "169.254.169.254"], {}],
    ["the target has TLS settings", ["1.1.1.1"], { tls: { insecure: true } }],
  ])("nothing is asked where %s", async (_, addresses, more) => {
    let asked = 0;
    const fetch = () => Promise.resolve(new Response(`${asked++}`));
    const ask = deployFetch({ allowPrivate: false, pinOf: pinOf(addresses), fetch });
    await expect(ask(url, { ...outgoing, ...more })).rejects.toBeInstanceOf(Refused);
    expect(asked).toBe(0);
  });
});
