import { connect, type Socket } from "node:net";
import { Refused } from "../../../src/base/ports.ts";
import { closedReason } from "./permission.ts";

/** RFC 8305 section 8, "Connection Attempt Delay". */
const ATTEMPT_DELAY_MS = 250;
/** The maximum number of addresses tried per name; a DNS answer may hold thousands. */
const MAX_ADDRESSES = 16;

/** Begins a TCP connection, which is open at "connect". */
export type OpenSocket = (address: string, port: number) => Socket;

/** `open` is for tests. */
export interface TcpDialOptions {
  port: number;
  allowPrivate: boolean;
  signal: AbortSignal;
  open?: OpenSocket;
}

/** A TCP connection and the address it leads to. */
export interface Dialled {
  socket: Socket;
  address: string;
}

/** The only place that opens a TCP socket, so that the guard covers them all. */
const openTcp: OpenSocket = (host, port) => connect({ host, port, noDelay: true });

/**
 * Connects to the first allowed address that answers (RFC 8305, "Happy Eyeballs"). Address families
 * alternate; the next attempt starts after 250 ms, or once all before it failed. Slow attempts stay in the
 * race. The winner ends the others; an abort ends all. Throws `Refused` if no address is allowed, the
 * signal's reason, or the last attempt's error.
 */
export async function dial(
  addresses: string[],
  { port, allowPrivate, signal, open = openTcp }: TcpDialOptions,
): Promise<Dialled> {
  const order = interleave(openOf(addresses, port, allowPrivate)).slice(0, MAX_ADDRESSES);
  signal.throwIfAborted();
  const attempts = new Set<Socket>();
  const { promise, resolve, reject } = Promise.withResolvers<Dialled>();
  let next = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const attempt = () => {
    clearTimeout(timer);
    const address = order[next++];
    if (address === undefined) return;
    const socket = open(address, port);
    attempts.add(socket);
    socket.once("connect", () => resolve({ socket, address }));
    socket.on("error", (error) => {
      attempts.delete(socket);
      if (next < order.length) return attempt();
      if (attempts.size === 0) reject(isLocal(error) ? lockedOut(address, error) : error);
    });
    if (next < order.length) timer = setTimeout(attempt, ATTEMPT_DELAY_MS);
  };
  const giveUp = () => reject(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  let winner: Socket | undefined;
  try {
    attempt();
    const dialled = await promise;
    winner = dialled.socket;
    return dialled;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
    next = order.length;
    for (const socket of attempts) if (socket !== winner) socket.destroy();
  }
}

/** The errors of connect(2) that only a local rule causes, such as a firewall or systemd's IPAddressDeny. */
const isLocal = (error: Error) => "code" in error && (error.code === "EPERM" || error.code === "EACCES");

const lockedOut = (address: string, cause: Error) =>
  new Refused(`Cannot ask ${address}: a local rule of this machine blocks it`, { cause });

function openOf(addresses: string[], port: number, allowPrivate: boolean): string[] {
  const reasons = addresses.map((address) => closedReason(address, port, allowPrivate));
  const [first] = reasons;
  if (typeof first === "string" && !reasons.includes(null)) throw new Refused(first);
  return addresses.filter((_, i) => reasons[i] === null);
}

/** Alternates address families, beginning with that of the first address (RFC 8305 section 4). */
function interleave(addresses: string[]): string[] {
  const isV6 = (address: string) => address.includes(":");
  const first = addresses.filter((address) => isV6(address) === isV6(addresses[0]!));
  const second = addresses.filter((address) => isV6(address) !== isV6(addresses[0]!));
  return first.flatMap((address, i) => [address, ...second.slice(i, i + 1)]).concat(
    second.slice(first.length),
  );
}
