/**
 * A server that writes the bytes it is told to, whatever they mean, on 127.0.0.1 and ::1. A door is a port with a way of
 * its own to open a connection; behind `http` and `https` each row of the matrix has the paths `/<row>/<visitor>`.
 * `/-/seen/<row>/<visitor>` says how often a path was asked for, best over `control`, where nothing else comes.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { authority, certificate, type KeyPair } from "../certificate.ts";
import { HTTP2 } from "./http2.ts";
import { converseInHttp2 } from "./http2_server.ts";
import { type Line, perform, type Play } from "./play.ts";

/** The name that the certificates of all doors but `wrong-name` are for; so are both addresses. */
export const HOST = "shop.test";
const ADDRESSES = { v4: "127.0.0.1", v6: "::1" };

/** The ports of one door. `v6` is absent on a machine without ::1. */
export interface Door {
  v4: number;
  v6?: number;
}

/** A server that runs. */
export interface RawServer {
  doors: Record<string, Door>;
  /** PEM, trusted by all https doors but `self-signed`. */
  ca: string;
  close(): void;
}

/** How a row is answered; `early`: once the head of the request is there, whatever body is announced. */
export interface RowPlay {
  play: Play;
  early?: boolean;
}

/** Opens a connection at a door. */
type Greet = (wire: Socket) => void;

/** Opens all doors. `plays` by row name. */
export async function openRawServer(plays: Record<string, RowPlay>): Promise<RawServer> {
  const { ca, issue } = authority();
  const names = [HOST, ...Object.values(ADDRESSES)];
  const good = issue(names);
  const servers: Server[] = [];
  /** A TLS server whose connections are known by the port that the relay dials from. */
  const wires = new Map<number, Socket>();
  const secure = async (pair: KeyPair, serve: (line: Line) => void, alpn?: string[]) => {
    const server = createTlsServer({ ...pair, ALPNProtocols: alpn }, (socket: TLSSocket) => {
      const wire = wires.get(socket.remotePort!);
      if (wire) serve({ socket, wire });
      else socket.destroy();
    });
    server.on("tlsClientError", () => {});
    servers.push(server);
    const port = await listen(server, ADDRESSES.v4);
    return (shape?: Shape) => relay(port!, wires, shape);
  };
  const answer = answerer(plays);
  const serve = (line: Line) => converse(line, plays, answer);
  const serveInHttp2 = (line: Line) =>
    converseInHttp2(line, (visit) => void perform(answer(visit), line).catch(() => line.wire.destroy()));
  const shaped = await secure(good, serve, ["http/1.1"]);
  const greets: Record<string, Greet> = {
    ...BLUNT,
    "http": (wire) => serve({ socket: wire, wire }),
    "control": (wire) => serve({ socket: wire, wire }),
    "https": shaped(),
    "self-signed": (await secure(certificate(...names), serve))(),
    [HTTP2]: (await secure(good, serveInHttp2, ["h2"]))(),
    "expired": (await secure(issue(names, -1), serve))(),
    "wrong name": (await secure(issue(["other.test"]), serve))(),
    "unhurried handshake": shaped({ pauseMs: 20 }),
    "crawling handshake": shaped({ pauseMs: 100, piece: 1 }),
    "reset in the handshake": shaped({ resetAfter: 20 }),
  };
  const doors: Record<string, Door> = { closed: CLOSED };
  for (const [name, greet] of Object.entries(greets)) {
    const [v4, v6] = await Promise.all(Object.values(ADDRESSES).map((at) => open(at, greet, servers)));
    doors[name] = { v4: v4!, v6 };
  }
  return { doors, ca, close: () => servers.forEach((server) => server.close()) };
}

/** Doors that speak no HTTP. */
const BLUNT: Record<string, Greet> = {
  "silent": () => {},
  "plain text": (wire) => wire.once("data", () => wire.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
  "reset at once": (wire) => void wire.resetAndDestroy(),
  "end at once": (wire) => void wire.end(),
  "alert": (wire) => wire.once("data", () => wire.end(new Uint8Array([21, 3, 3, 0, 2, 2, 40]))),
  "noise": (wire) => wire.once("data", () => wire.write(new Uint8Array(2000).fill(0x7f))),
};

/** A port that nobody listens on (tcpmux): one that was just free may be another test's by now. */
const CLOSED: Door = { v4: 1, v6: 1 };

async function open(address: string, greet: Greet, servers: Server[]): Promise<number | undefined> {
  const server = createServer({ noDelay: true }, (wire) => {
    wire.on("error", () => {});
    greet(wire);
  });
  servers.push(server);
  return await listen(server, address);
}

/** The port, or undefined where the machine has no such address. */
function listen(server: Server, address: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(0, address, () => resolve((server.address() as AddressInfo).port));
  });
}

/** How the bytes of a TLS server reach its client: in pieces, after pauses, or not at all after so many. */
interface Shape {
  pauseMs?: number;
  piece?: number;
  resetAfter?: number;
}

/** Lets the TCP connection under a TLS one be slow or reset, which TLS sockets do not offer. */
function relay(port: number, wires: Map<number, Socket>, shape?: Shape): Greet {
  return (wire) => {
    const inner = connect(port, ADDRESSES.v4, () => {
      wires.set(inner.localPort!, wire);
      wire.pipe(inner);
      if (shape) pour(inner, wire, shape).catch(() => wire.destroy());
      else inner.pipe(wire);
    });
    inner.on("error", () => wire.destroy()).on("close", () => wires.delete(inner.localPort!));
    wire.on("close", () => inner.destroy());
  };
}

async function pour(inner: Socket, wire: Socket, { pauseMs, piece, resetAfter }: Shape): Promise<void> {
  for await (const chunk of inner.iterator({ destroyOnReturn: false })) {
    const bytes = chunk as Uint8Array;
    if (resetAfter !== undefined) {
      await perform([{ send: bytes.subarray(0, resetAfter) }, { waitMs: 20 }, { end: "rst" }], {
        socket: wire,
        wire,
      });
      return;
    }
    if (piece !== undefined) await perform([{ drip: bytes, everyMs: pauseMs }], { socket: wire, wire });
    else await perform([{ waitMs: pauseMs ?? 0 }, { send: bytes }], { socket: wire, wire });
  }
}

/** What a visit is answered with; who has been seen is asked for under `/-/seen`. */
function answerer(plays: Record<string, RowPlay>): Play {
  const seen = new Map<string, number>();
  return (visit) => {
    const [, row = "", visitor] = visit.path.split("/").map(decodeURIComponent);
    if (row === "-") return [{ send: ok(String(seen.get(visit.path.slice(SEEN.length)) ?? 0)) }];
    if (visitor !== undefined) seen.set(visit.path, (seen.get(visit.path) ?? 0) + 1);
    return plays[row]?.play(visit) ?? [{ send: "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n" }];
  };
}

/** Reads requests, one after the other, and plays their answers. */
function converse(line: Line, plays: Record<string, RowPlay>, answer: Play): void {
  let text = "";
  let turn = 0;
  let playing = Promise.resolve();
  line.socket.on("error", () => {});
  line.socket.on("data", (bytes: Uint8Array) => {
    text += Buffer.from(bytes).toString("latin1");
    for (let end; (end = text.indexOf("\r\n\r\n")) >= 0;) {
      const visit = { ...parseHead(text.slice(0, end)), turn: turn + 1 };
      const isEarly = plays[decodeURIComponent(visit.path.split("/")[1] ?? "")]?.early;
      const length = isEarly ? 0 : Number(visit.headers["content-length"] ?? 0);
      if (text.length < end + 4 + length) return;
      text = text.slice(end + 4 + length);
      turn++;
      const moves = answer(visit);
      playing = playing.then(() => perform(moves, line));
    }
  });
}

const SEEN = "/-/seen";

const ok = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

function parseHead(head: string) {
  const [first = "", ...lines] = head.split("\r\n");
  const [method = "", path = ""] = first.split(" ");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { method, path, headers: Object.fromEntries(headers) as Record<string, string> };
}
