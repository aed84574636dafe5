import { createSocket } from "node:dgram";
import type { Line } from "../../../src/base/ports.ts";
import { closedReason } from "./permission.ts";
import { Refused } from "../../../src/base/ports.ts";

/** The maximum number of unread datagrams; further ones are dropped, as UDP allows. */
const MAX_WAITING = 16;

interface Addressed {
  /** Best first. */
  addresses: string[];
  port: number;
  allowPrivate: boolean;
}

/** Exchanges datagrams with the first allowed address only. Throws `Refused` if none is allowed. */
export async function datagrams(
  { addresses, port, allowPrivate }: Addressed,
  signal: AbortSignal,
): Promise<Omit<Line, "trace">> {
  const address = addresses.find((address) => closedReason(address, port, allowPrivate) === null);
  if (address === undefined) throw new Refused(closedReason(addresses[0]!, port, allowPrivate)!);
  signal.throwIfAborted();
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  const waiting: Uint8Array[] = [];
  let fault: unknown;
  let isClosed = false;
  let wake = () => {};
  const close = () => {
    if (isClosed) return;
    isClosed = true;
    signal.removeEventListener("abort", close);
    socket.close();
    wake();
  };
  signal.addEventListener("abort", close, { once: true });
  socket.on("message", (datagram) => {
    if (waiting.length < MAX_WAITING) waiting.push(datagram);
    wake();
  });
  socket.on("error", (error) => {
    fault ??= error;
    wake();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.connect(port, address, resolve);
  });
  return {
    async read() {
      for (;;) {
        const datagram = waiting.shift();
        if (datagram) return datagram;
        if (signal.aborted) throw signal.reason;
        if (fault !== undefined) throw fault;
        if (isClosed) return null;
        await new Promise<void>((resolve) => wake = resolve);
      }
    },
    write: (bytes) =>
      new Promise((resolve, reject) => socket.send(bytes, (error) => error ? reject(error) : resolve())),
    close,
  };
}
