import { Buffer } from "node:buffer";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { type AddressInfo, createServer, type Server } from "node:net";
import { decode, encode, TRUNCATED_RESPONSE } from "dns-packet";

/** A record as `dns-packet` writes it. */
export type ZoneRecord = { type: string; name: string; ttl?: number; data: unknown };

/** What is done with a question, by its name: records, an error by its number, bytes as they are, or silence. */
export type DnsPlay = ZoneRecord[] | { rcode: number } | { bytes: (id: number) => Uint8Array[] } | "silent";

/** A DNS server on loopback, UDP and TCP at one port. */
export async function dnsServer(zone: Record<string, DnsPlay>, { truncates = false } = {}) {
  const asked: string[] = [];
  const first = Promise.withResolvers<void>();
  const answers = (query: Uint8Array, over: "udp" | "tcp"): Uint8Array[] => {
    // deno-lint-ignore no-explicit-any
    const { id, questions = [] }: any = decode(Buffer.from(query));
    const { name, type } = questions[0]!;
    asked.push(`${over} ${type} ${name}`);
    first.resolve();
    const play = zone[name.toLowerCase()] ?? { rcode: 3 };
    if (play === "silent") return [];
    if ("bytes" in play) return play.bytes(id);
    const flags = "rcode" in play ? play.rcode : 1 << 10;
    const isCut = truncates && over === "udp";
    return [encode({
      type: "response",
      id,
      questions,
      flags: flags | (isCut ? TRUNCATED_RESPONSE : 0),
      answers: (isCut || "rcode" in play ? [] : play) as never,
    })];
  };
  const tcp = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (frame: Uint8Array) => {
      for (const answer of answers(frame.subarray(2), "tcp")) {
        const head = new Uint8Array(2);
        new DataView(head.buffer).setUint16(0, answer.length);
        socket.write(head);
        // In pieces, as it may come.
        socket.write(answer.subarray(0, 3));
        socket.end(answer.subarray(3));
      }
    });
  });
  const { udp, port } = await listenAtOnePort(tcp);
  udp.on("message", (query: Uint8Array, { port, address }: RemoteInfo) => {
    for (const answer of answers(query, "udp")) udp.send(answer, port, address);
  });
  return {
    port,
    asked,
    /** Resolves at the first question. */
    first: first.promise,
    /** What it answers to a message over HTTPS. */
    answer: (query: Uint8Array) => answers(query, "tcp")[0],
    async close() {
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => void tcp.close(() => resolve())),
      ]);
    },
  };
}

/** A port that is free for TCP may be taken for UDP: then another is tried. */
async function listenAtOnePort(tcp: Server): Promise<{ udp: Socket; port: number }> {
  for (;;) {
    await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
    const { port } = tcp.address() as AddressInfo;
    const udp = createSocket("udp4");
    const isBound = await new Promise<boolean>((resolve) => {
      udp.once("error", () => resolve(false));
      udp.bind(port, "127.0.0.1", () => resolve(true));
    });
    if (isBound) return { udp, port };
    udp.close();
    await new Promise<void>((resolve) => void tcp.close(() => resolve()));
  }
}
