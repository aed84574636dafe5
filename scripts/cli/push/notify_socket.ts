/**
 * Sends to systemd's notify socket (sd_notify(3)): one datagram on a unix socket. Deno supports these with
 * `"unstable": ["net"]`, but only by path. `systemd-notify` sends to an abstract address (`@...`), and if
 * Deno cannot bind a socket of its own.
 */
import { join } from "node:path";

/** Readiness in sd_notify(3), which has no notice to revoke READY. */
export interface SystemdNotice {
  /** `READY=1`: the unit becomes active. */
  ready?: boolean;
  /** One line for `systemctl status`. */
  status?: string;
}

/** Encodes a notice as a datagram. */
export function datagram({ ready, status }: SystemdNotice): string {
  const lines = [
    ...ready ? ["READY=1"] : [],
    ...status === undefined ? [] : [`STATUS=${status.replace(/[\r\n\0]+/g, " ")}`],
  ];
  return lines.join("\n");
}

/** Sends a datagram to the socket at `address`; rejects if neither way works. */
export async function notify(address: string, text: string): Promise<void> {
  if (!address.startsWith("/")) return await sendBySystemd(address, text);
  try {
    await sendBySocket(address, text);
  } catch (cause) {
    await sendBySystemd(address, text).catch((error) => {
      throw new Error(`Cannot notify ${address}: ${error.message}`, { cause });
    });
  }
}

/** Binds a temporary path, because Deno only opens bound datagram sockets. Nothing is received there. */
async function sendBySocket(address: string, text: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "assay-notify-" });
  try {
    const socket = Deno.listenDatagram({ transport: "unixpacket", path: join(folder, "s") });
    try {
      await socket.send(new TextEncoder().encode(text), { transport: "unixpacket", path: address });
    } finally {
      socket.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function sendBySystemd(address: string, text: string): Promise<void> {
  const env = { NOTIFY_SOCKET: address };
  const { success, stderr } = await new Deno.Command("systemd-notify", { args: text.split("\n"), env })
    .output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim() || "systemd-notify failed");
}
