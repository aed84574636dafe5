import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

/** A server on loopback, and what its tests wait for. */
export interface Peer {
  port: number;
  /** Resolves when somebody has connected. */
  accepted: Promise<void>;
  /** All that was sent to it, as text. */
  heard: string[];
  close(): Promise<void>;
}

/** A TCP server, or a TLS server where `tls` is given, that does with each connection what it is told to. */
export async function peer(play: (socket: Socket) => void, tls?: TlsOptions): Promise<Peer> {
  const accepted = Promise.withResolvers<void>();
  const open = new Set<Socket>();
  const heard: string[] = [];
  const take = (socket: Socket) => {
    open.add(socket);
    socket.on("error", () => {}); // whoever hangs up may do so
    socket.on("data", (bytes) => void heard.push(String(bytes)));
    accepted.resolve();
    play(socket);
  };
  const server = tls ? createTlsServer(tls, take) : createServer(take);
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    accepted: accepted.promise,
    heard,
    close() {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
