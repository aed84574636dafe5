/** What a raw server does with one connection, byte by byte. A row of the matrix is played as a list of moves. */
import type { Socket } from "node:net";
import { setImmediate, setTimeout } from "node:timers/promises";

/** Bytes as they go out; text is sent as UTF-8. */
export type Bytes = string | Uint8Array;

/**
 * One move: send bytes; send them again and again (`times`, or until the client goes away); send them in pieces of one
 * byte; wait; close (`fin`: our half only) or reset. After the last move the connection stays open and the next request is awaited.
 */
export type Move =
  | { send: Bytes }
  | { flood: Bytes; times?: number }
  | { drip: Bytes; everyMs?: number }
  | { waitMs: number }
  | { end: "fin" | "rst" };

/** The request that a play answers. */
export interface Visit {
  method: string;
  path: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** 1 for the first request of its connection. */
  turn: number;
}

/** The moves that answer one request. */
export type Play = (visit: Visit) => Move[];

/** A connection as a play sees it: `socket` speaks (through TLS or not), `wire` is the TCP connection under it. */
export interface Line {
  socket: Socket;
  wire: Socket;
}

const FLOOD_BLOCK = 64 * 1024;

const bytesOf = (bytes: Bytes): Uint8Array =>
  typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;

/** Makes the moves, one after the other; ends early when the client has gone. */
export async function perform(moves: readonly Move[], line: Line): Promise<void> {
  for (const move of moves) {
    if (line.socket.destroyed) return;
    if ("send" in move) await write(line.socket, bytesOf(move.send));
    else if ("flood" in move) await flood(line.socket, bytesOf(move.flood), move.times ?? Infinity);
    else if ("drip" in move) await drip(line.socket, bytesOf(move.drip), move.everyMs);
    else if ("waitMs" in move) await setTimeout(move.waitMs);
    else if (move.end === "fin") line.socket.end();
    else line.wire.resetAndDestroy();
  }
}

/** Whole blocks, so that the client is slower than the server. */
async function flood(socket: Socket, unit: Uint8Array, times: number): Promise<void> {
  const inBlock = Math.max(1, Math.min(times, Math.floor(FLOOD_BLOCK / unit.byteLength)));
  const block = Buffer.concat(Array(inBlock).fill(unit));
  for (let left = times; left > 0 && !socket.destroyed; left -= inBlock) {
    await write(socket, left < inBlock ? block.subarray(0, left * unit.byteLength) : block);
    await setImmediate();
  }
}

async function drip(socket: Socket, bytes: Uint8Array, everyMs: number | undefined): Promise<void> {
  for (let at = 0; at < bytes.byteLength && !socket.destroyed; at++) {
    await write(socket, bytes.subarray(at, at + 1));
    if (everyMs === undefined) await setImmediate();
    else await setTimeout(everyMs);
  }
}

/** Resolves once the bytes have been taken, or the connection has gone. */
function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed || socket.writableEnded || socket.write(bytes)) return resolve();
    const goOn = () => {
      socket.off("drain", goOn).off("close", goOn);
      resolve();
    };
    socket.on("drain", goOn).on("close", goOn);
  });
}
