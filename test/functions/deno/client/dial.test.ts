import { connect, Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dial } from "../../../../functions/deno/client/dial.ts";
import { connector } from "../../../../functions/deno/client/mod.ts";
import { Refused } from "../../../../src/base/ports.ts";

let listener: Deno.Listener;
let port: number;
const accepted = new Set<Deno.Conn>();

beforeAll(() => {
  listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  port = (listener.addr as Deno.NetAddr).port;
  (async () => {
    for await (const connection of listener) accepted.add(connection);
  })();
});
afterAll(() => {
  listener.close();
  for (const connection of accepted) connection.close();
});

/** A network of addresses: what is not named here is a black hole, whose SYNs nobody answers. */
function network(answers: Record<string, (port: number) => Socket>) {
  const opened: { address: string; socket: Socket }[] = [];
  return {
    opened,
    open(address: string, port: number): Socket {
      const socket = answers[address]?.(port) ?? new Socket();
      opened.push({ address, socket });
      return socket;
    },
  };
}

const living = (port: number) => connect({ host: "127.0.0.1", port });
/** Nobody listens on port 1 of loopback. */
const refusing = () => connect({ host: "127.0.0.1", port: 1 });

function race(
  addresses: string[],
  open: ReturnType<typeof network>["open"],
  signal = new AbortController().signal,
) {
  return dial(addresses, { port, allowPrivate: true, signal, open });
}

test("an address that never answers gives way to the next, and is ended by it", async () => {
  const { open, opened } = network({ "10.0.0.1": living });
  const { socket, address } = await race(["fd00::1", "10.0.0.1"], open);
  expect(address).toBe("10.0.0.1");
  expect(opened.map((one) => [one.address, one.socket.destroyed])).toEqual([["fd00::1", true], [
    "10.0.0.1",
    false,
  ]]);
  socket.destroy();
});

test("an address that is only slow stays in the race", async () => {
  const slow = new Socket();
  const { open, opened } = network({ "10.0.0.1": () => slow });
  const pending = race(["10.0.0.1", "10.0.0.2"], (address, port) => {
    const socket = open(address, port);
    if (address === "10.0.0.2") queueMicrotask(() => slow.emit("connect"));
    return socket;
  });
  expect((await pending).socket).toBe(slow);
  expect(opened.map((one) => one.socket.destroyed)).toEqual([false, true]);
  slow.destroy();
});

test("the families take turns, beginning with the resolver's first (RFC 8305 section 4)", async () => {
  const { open, opened } = network({});
  await expect(race(["fd00::1", "fd00::2", "10.0.0.1", "fd00::3"], (address, port) => {
    const socket = open(address, port);
    queueMicrotask(() => socket.destroy(new Error(`no ${address}`)));
    return socket;
  })).rejects.toThrow("no fd00::3");
  expect(opened.map(({ address }) => address)).toEqual(["fd00::1", "10.0.0.1", "fd00::2", "fd00::3"]);
});

test("an abort ends every attempt", async () => {
  const { open, opened } = network({});
  const caller = new AbortController();
  const pending = race(["10.0.0.1", "10.0.0.2"], (address, port) => {
    if (address === "10.0.0.2") queueMicrotask(() => caller.abort(new Error("enough")));
    return open(address, port);
  }, caller.signal);
  await expect(pending).rejects.toThrow("enough");
  expect(opened.map((one) => one.socket.destroyed)).toEqual([true, true]);
});

test("with an abort before it begins nothing is opened", async () => {
  const { open, opened } = network({ "10.0.0.1": living });
  await expect(race(["10.0.0.1"], open, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  expect(opened).toEqual([]);
});

test("the refused addresses are left out; where none is left the dial is refused", async () => {
  const { open, opened } = network({ "1.1.1.1": living });
  const options = { port, allowPrivate: false, signal: new AbortController().signal, open };
  const { socket } = await dial(["169.254.169.254", "1.1.1.1"], options);
  socket.destroy();
  await expect(dial(["169.254.169.254", "10.0.0.1"], options)).rejects.toBeInstanceOf(Refused);
  expect(opened.map(({ address }) => address)).toEqual(["1.1.1.1"]);
});

test("where each address turns the connection down, the last one's error tells", async () => {
  const { open } = network({ "10.0.0.1": refusing, "10.0.0.2": refusing });
  await expect(race(["10.0.0.1", "10.0.0.2"], open)).rejects.toThrow("ECONNREFUSED");
});

test.each(["EPERM", "EACCES"])(
  "a rule of this machine (%s) refuses, and is no fault of the target's",
  async (code) => {
    const locked = () => {
      const socket = new Socket();
      queueMicrotask(() => socket.destroy(Object.assign(new Error(`connect ${code}`), { code })));
      return socket;
    };
    const { open } = network({ "10.0.0.1": locked });
    await expect(race(["10.0.0.1"], open)).rejects.toBeInstanceOf(Refused);
  },
);

test("a host with a black hole first is asked by its other address, and at once the next time", async () => {
  const shop = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    return new Response("hello", { headers: { connection: "close" } });
  });
  const { open, opened } = network({ "10.0.0.1": living });
  const fetch = connector({
    allowPrivate: true,
    resolve: () => Promise.resolve(["fd00::1", "10.0.0.1"]),
    open,
  });
  for (let i = 0; i < 2; i++) {
    const url = new URL(`http://shop.example:${shop.addr.port}/`);
    const answer = await fetch(url, { method: "GET", headers: {}, signal: new AbortController().signal });
    expect([answer.status, answer.trace.remoteAddress]).toEqual([200, "10.0.0.1"]);
    answer.drop();
  }
  expect(opened.map(({ address }) => address)).toEqual(["fd00::1", "10.0.0.1", "10.0.0.1"]);
  await shop.shutdown();
});
