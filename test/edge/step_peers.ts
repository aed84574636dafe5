/** Servers for the steps that connect by themselves, which the tests in workerd ask over loopback. */
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
// @ts-types="@types/ws"
import type * as ws from "ws";
import { dnsServer } from "../world/dns_server.ts";
import { type Peer, peer } from "../world/peers.ts";

// The runner takes the package's form for browsers, which serves nobody.
const { WebSocketServer }: typeof ws = createRequire(import.meta.url)("ws");

/** Ports by what their server does. */
export interface StepPeers {
  greets: number;
  echoes: number;
  silent: number;
  floods: number;
  closes: number;
  nobody: number;
  /** A WebSocket that says hello and then says everything again. */
  chat: number;
  /** Answers DNS over HTTP, and GET by `{}`. */
  doh: number;
}

/** Opens them all. */
export async function openStepPeers(): Promise<{ ports: StepPeers; close(): Promise<void> }> {
  const servers: Record<Exclude<keyof StepPeers, "doh" | "chat">, Peer> = {
    greets: await peer((socket) => void socket.write("220 mail.example ready\r\n")),
    echoes: await peer((socket) => void socket.pipe(socket)),
    silent: await peer(() => {}),
    floods: await peer((socket) => {
      const write = () => {
        while (socket.write("x".repeat(65_536)) && !socket.destroyed);
      };
      socket.on("drain", write);
      write();
    }),
    closes: await peer((socket) => void socket.end()),
    nobody: await peer(() => {}),
  };
  await servers.nobody.close();
  const zone = await dnsServer({
    "shop.example": [{ type: "A", name: "shop.example", ttl: 60, data: "203.0.113.7" }],
  });
  const doh = createServer((request, response) => {
    if (request.method === "GET") return void response.end("{}");
    request.on("data", (query: Uint8Array) => void response.end(zone.answer(query)));
  });
  const chat = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  chat.on("connection", (socket) => {
    socket.send("hello");
    socket.on("message", (data) => socket.send(String(data)));
  });
  await new Promise<void>((resolve) => doh.listen(0, "127.0.0.1", resolve));
  const ports = Object.fromEntries(Object.entries(servers).map(([name, { port }]) => [name, port]));
  return {
    ports: {
      ...ports as unknown as StepPeers,
      doh: (doh.address() as AddressInfo).port,
      chat: (chat.address() as AddressInfo).port,
    },
    async close() {
      doh.closeAllConnections();
      doh.close();
      for (const client of chat.clients) client.terminate();
      chat.close();
      await Promise.all([zone, ...Object.values(servers)].map((server) => server.close()));
    },
  };
}
