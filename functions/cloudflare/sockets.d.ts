/** The parts of Cloudflare's TCP sockets that `functions/` uses. */

/** A connection, open or opening. */
export interface Socket {
  readable: ReadableStream<Uint8Array>;
  writable: WritableStream<Uint8Array>;
  /** Rejects if the connection fails. */
  opened: Promise<unknown>;
  closed: Promise<void>;
  close(): Promise<void>;
}

export declare function connect(
  to: { hostname: string; port: number },
  options?: { secureTransport?: "off" | "on"; allowHalfOpen?: boolean },
): Socket;
