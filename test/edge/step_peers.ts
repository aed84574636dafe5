/** Servers for the steps that connect by themselves, which the tests in workerd ask over loopback. */
import { type Peer, peer } from "../world/peers.ts";

/** Ports by what their server does. */
export interface StepPeers {
  greets: number;
  echoes: number;
  silent: number;
  floods: number;
  closes: number;
  nobody: number;
}

/** Opens them all. */
export async function openStepPeers(): Promise<{ ports: StepPeers; close(): Promise<void> }> {
  const servers: Record<keyof StepPeers, Peer> = {
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
  const ports = Object.fromEntries(Object.entries(servers).map(([name, { port }]) => [name, port]));
  return {
    ports: ports as unknown as StepPeers,
    close: async () => void await Promise.all(Object.values(servers).map((server) => server.close())),
  };
}
