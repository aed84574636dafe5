/** What one request is answered with, piece by piece; null closes the connection, else it stays open and silent. */
export type RawPlay = (path: string) => (string | null)[];

/** A TLS server on loopback that writes the bytes it is told to, whatever they mean, and reads requests without a body. */
export function rawServer(tls: { cert: string; key: string }, play: RawPlay) {
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...tls });
  const seen: string[] = [];
  const heads: string[] = [];
  const waiting: { path: string; times: number; resolve: () => void }[] = [];
  const open = new Set<Deno.Conn>();
  const closed = Promise.withResolvers<void>();
  const written = Promise.withResolvers<boolean>();

  function note(path: string): void {
    seen.push(path);
    const times = seen.filter((other) => other === path).length;
    for (const wait of waiting) if (wait.path === path && wait.times <= times) wait.resolve();
  }

  async function converse(connection: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(4096);
    for (;;) {
      const size = await connection.read(buffer);
      if (size === null) return;
      const head = new TextDecoder().decode(buffer.subarray(0, size));
      const path = /^\S+ (\S+)/.exec(head)?.[1] ?? "";
      heads.push(head);
      note(path);
      for (const piece of play(path)) {
        if (piece === null) return;
        const bytes = new TextEncoder().encode(piece);
        for (let at = 0; at < bytes.byteLength;) at += await connection.write(bytes.subarray(at));
      }
      written.resolve(true);
    }
  }

  async function accept(): Promise<void> {
    for await (const connection of listener) {
      open.add(connection);
      converse(connection).catch(() => {}).finally(() => {
        written.resolve(false);
        closed.resolve();
        if (open.delete(connection)) connection.close();
      });
    }
  }

  accept().catch(() => {}); // the listener is closed
  return {
    port: (listener.addr as Deno.NetAddr).port,
    /** The paths asked for, in order. */
    seen,
    /** What was sent, request by request. */
    heads,
    /** Resolves when `path` has been asked for so often. */
    asked: (path: string, times: number) =>
      new Promise<void>((resolve) => void waiting.push({ path, times, resolve })),
    /** Resolves when a first connection has ended. */
    closed: closed.promise,
    /** Whether the whole of the first answer could be written. */
    written: written.promise,
    close() {
      listener.close();
      for (const connection of open) connection.close();
      open.clear();
    },
  };
}
