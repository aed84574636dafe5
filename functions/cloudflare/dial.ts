import { connect } from "cloudflare:sockets";
import type { Dial, Line } from "../../src/base/ports.ts";
import { guardDial } from "../../src/base/http/guard.ts";
import { Refused } from "../../src/base/ports.ts";

/**
 * The `dial` port of a Worker. The runtime resolves names itself and has no route to private networks. It
 * measures nothing.
 */
export const dialler = ({ allowPrivate }: { allowPrivate: boolean }): Dial =>
  guardDial(async ({ host, port, over }, { signal }) => {
    if (over === "udp") throw new Refused("Cannot send datagrams: Workers have no UDP");
    signal.throwIfAborted();
    const hostname = host.includes(":") ? `[${host}]` : host;
    const socket = connect({ hostname, port }, { secureTransport: over === "tls" ? "on" : "off" });
    const close = () => void socket.close().catch(() => {}); // it may never have opened
    signal.addEventListener("abort", close, { once: true });
    socket.closed.catch(() => {}).finally(() => signal.removeEventListener("abort", close));
    await socket.opened;
    return lineOver(socket, close);
  }, allowPrivate);

function lineOver({ readable, writable }: ReturnType<typeof connect>, close: () => void): Line {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  return {
    trace: {},
    async read() {
      const { done, value } = await reader.read();
      return done ? null : value;
    },
    write: (bytes) => writer.write(bytes),
    close,
  };
}
