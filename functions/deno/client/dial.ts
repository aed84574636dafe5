import { connect, type Socket } from "node:net";
import { Refused } from "../../../src/base/ports.ts";
import { closedReason } from "./permission.ts";

/** RFC 8305 section 8, "Connection Attempt Delay". */
const ATTEMPT_DELAY_MS = 250;
/** Of one name: a DNS answer may hold thousands. */
const MAX_ADDRESSES = 16;

/** Begins a TCP connection; it is done at "connect". */
export type OpenSocket = (address: string, port: number) => Socket;

/** What `dial` needs beside the addresses. `open` is for tests. */
export interface TcpDialOptions {
  port: number;
  allowPrivate: boolean;
  signal: AbortSignal;
  open?: OpenSocket;
}

/** A TCP connection, and which of the addresses it leads to. */
export interface Dialled {
  socket: Socket;
  address: string;
}

/** The only place that opens a socket, so the guard stands in front of each. */
const openTcp: OpenSocket = (host, port) => connect({ host, port, noDelay: true });

/**
 * Connects to the first of the allowed addresses that answers (RFC 8305, "Happy Eyeballs"): families by turns, the next one after 250 ms
 * or as soon as all before it failed. An attempt that is only slow stays in the race. The winner ends the others, an abort all.
 * Throws `Refused` where no address is allowed, the signal's reason, or the last attempt's error.
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

/** What connect(2) says of this machine's own rules, such as a firewall or systemd's IPAddressDeny, and of nothing else. */
const isLocal = (error: Error) => "code" in error && (error.code === "EPERM" || error.code === "EACCES");

const lockedOut = (address: string, cause: Error) =>
  new Refused(`Cannot ask ${address}: a rule of this machine keeps it closed`, { cause });

function openOf(addresses: string[], port: number, allowPrivate: boolean): string[] {
  const reasons = addresses.map((address) => closedReason(address, port, allowPrivate));
  const [first] = reasons;
  if (typeof first === "string" && !reasons.includes(null)) throw new Refused(first);
  return addresses.filter((_, i) => reasons[i] === null);
}

/** RFC 8305 section 4: the families by turns, beginning with that of the first address. */
function interleave(addresses: string[]): string[] {
  const isV6 = (address: string) => address.includes(":");
  const first = addresses.filter((address) => isV6(address) === isV6(addresses[0]!));
  const second = addresses.filter((address) => isV6(address) !== isV6(addresses[0]!));
  return first.flatMap((address, i) => [address, ...second.slice(i, i + 1)]).concat(
    second.slice(first.length),
  );
}
