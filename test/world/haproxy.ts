/** A real HAProxy, whose front door is a socket. It waits a minute for whom it asks: slow is not down. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * For `default-server`: down by one failed check, up by one that passed. The first number also bounds how long a check may take to
 * connect, so it is the large one.
 */
export const CHECK_OFTEN = "inter 500ms downinter 100ms fall 1 rise 1";

/** Starts one in `folder` before the backend `sites`. */
export function startHaproxy(folder: string, sites: string) {
  const socket = join(folder, "front.sock");
  const file = join(folder, "haproxy.cfg");
  writeFileSync(
    file,
    `defaults
    mode http
    retries 0
    timeout connect 60s
    timeout client 60s
    timeout server 60s
    timeout check 60s
frontend front
    bind unix@${socket}
    default_backend sites
${sites}
`,
  );
  const child = new Deno.Command("haproxy", {
    args: ["-db", "-q", "-f", file],
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    status: () => statusAt(socket),
    async stop() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

/** The status that a client of the socket sees; 0 while nobody listens. */
async function statusAt(path: string): Promise<number> {
  try {
    using connection = await Deno.connect({ transport: "unix", path });
    await connection.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
    const bytes = new Uint8Array(64);
    const length = await connection.read(bytes) ?? 0;
    return Number(/^HTTP\/1\.\d (\d{3})/.exec(new TextDecoder().decode(bytes.subarray(0, length)))?.[1]);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.ConnectionRefused) return 0;
    throw error;
  }
}
