/** What `functions/` uses of Cloudflare's TCP sockets. */

/** A connection that is made, or being made. */
export interface Socket {
  readable: ReadableStream<Uint8Array>;
  writable: WritableStream<Uint8Array>;
  /** Rejects if the connection cannot be made. */
  opened: Promise<unknown>;
  closed: Promise<void>;
  close(): Promise<void>;
}

export declare function connect(
  to: { hostname: string; port: number },
  options?: { secureTransport?: "off" | "on"; allowHalfOpen?: boolean },
): Socket;
