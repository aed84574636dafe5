import { createServer } from "node:http2";
import { Duplex } from "node:stream";
import { frame } from "./frames.ts";
import type { Line, Visit } from "./play.ts";

/**
 * Reads requests in HTTP/2, and calls `answer` once the head of one is there. The runtime's own server undoes the client's HPACK, but nothing
 * that it writes gets out: a play speaks for it, after the two frames of settings.
 */
export function converseInHttp2({ socket }: Line, answer: (visit: Visit) => void): void {
  const settings = (...flags: "end"[]) => void socket.write(frame("settings", "", { stream: 0, flags }));
  settings();
  const mute = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  socket.on("data", (chunk) => mute.push(chunk)).on("error", () => {}).on("close", () => mute.destroy());
  let turn = 0;
  const reader = createServer().on("stream", (stream, headers) => {
    stream.on("error", () => {});
    const { ":method": method = "", ":path": path = "", ...fields } = headers;
    if (turn === 0) settings("end");
    answer({ method, path, headers: fields as Record<string, string>, turn: ++turn });
  });
  reader.on("sessionError", () => {});
  reader.emit("connection", mute);
}
