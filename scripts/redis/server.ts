/** `redis-server` as a child process, and connections to it. */
import { join } from "node:path";
import { createClient } from "redis";

/** How to install redis-server. */
export const REDIS_INSTALL =
  "apt-get install redis-server (Debian, Ubuntu), dnf install redis (Fedora), brew install redis (macOS)";

/** Whether `redis-server` can be run here. */
export function isInstalled(): boolean {
  try {
    return new Deno.Command("redis-server", { args: ["--version"], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** The data folder, and whether to log each write (appendonly, with fsync) so that a crash loses none. */
export interface ServerOptions {
  dir: string;
  appendOnly?: boolean;
}

/** A running server; it only listens on a socket file. */
export interface RedisServer {
  socket: string;
  kill(signal: Deno.Signal): void;
  ended: Promise<Deno.CommandStatus>;
}

/** Starts a server, which {@linkcode connection} waits for. Throws if redis-server is not installed. */
export function redisServer({ dir, appendOnly = false }: ServerOptions): RedisServer {
  Deno.mkdirSync(dir, { recursive: true });
  // A socket path must be short, and `dir` may be long.
  const folder = Deno.makeTempDirSync({ prefix: "assay-" });
  const socket = join(folder, "redis");
  const process = new Deno.Command("redis-server", {
    args: [
      ...["--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "", "--lua-time-limit", "500"],
      ...["--appendonly", appendOnly ? "yes" : "no", "--appendfsync", "always"],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  let isOver = false;
  const ended = process.status.finally(() => {
    isOver = true;
    Deno.removeSync(folder, { recursive: true });
  });
  return { socket, ended, kill: (signal) => void (isOver || process.kill(signal)) };
}

/**
 * Opens a connection that reconnects after the server restarts. Commands in flight when it is lost are
 * rejected.
 */
export async function connection(socket: string, user?: { username: string; password: string }) {
  const client = createClient({
    ...user,
    RESP: 2,
    disableOfflineQueue: true,
    socket: {
      path: socket,
      tls: false,
      reconnectStrategy: (tries, cause) =>
        /WRONGPASS/.test(cause.message) ? cause : Math.min(20 * (tries + 1), 500),
    },
  });
  // Failed commands reject on their own. Without a listener, the event would end the process.
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** A connection as `connection` opens it. */
export type Connection = Awaited<ReturnType<typeof connection>>;
