import type { Socket } from "node:net";
import type { Line } from "../../../src/base/ports.ts";

type LineFacts = Pick<Line, "trace" | "security">;

/**
 * A connected socket as a `Line`; it is closed once `signal` aborts. Unread bytes stay in the socket, which
 * then stops receiving.
 */
export function lineOver(socket: Socket, { trace, security }: LineFacts, signal: AbortSignal): Line {
  let fault: unknown;
  let hasEnded = false;
  let isClosed = false;
  let wake = () => {};
  const giveUp = () => socket.destroy();
  signal.addEventListener("abort", giveUp, { once: true });
  socket.on("readable", () => wake());
  socket.on("end", () => {
    hasEnded = true;
    wake();
  });
  socket.on("error", (error) => {
    fault ??= error;
    wake();
  });
  socket.on("close", () => {
    isClosed = true;
    signal.removeEventListener("abort", giveUp);
    wake();
  });
  return {
    trace,
    security,
    async read() {
      for (;;) {
        const chunk: Uint8Array | null = socket.read();
        if (chunk !== null) return chunk;
        if (signal.aborted) throw signal.reason;
        if (fault !== undefined) throw fault;
        if (hasEnded || isClosed) return null;
        await new Promise<void>((resolve) => wake = resolve);
      }
    },
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        socket.write(bytes, (error) => error ? reject(fault ?? error) : resolve());
      }),
    close: () => void socket.destroy(),
  };
}
