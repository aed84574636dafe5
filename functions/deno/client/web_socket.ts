/** The `openWebSocket` port of Deno: `ws` (RFC 6455) over a connection from the guarded dialler. */
// @ts-types="@types/ws"
import type WebSocket from "ws";
import { guardUrls, hostOf } from "../../../src/base/http/guard.ts";
import { type Channel, LimitExceeded, NotUpgraded, type OpenWebSocket } from "../../../src/base/ports.ts";
import type { ConnectorOptions } from "./mod.ts";
import { messageQueue } from "../../message_queue.ts";
import { opener } from "./open.ts";
import { pinning, systemResolve } from "./pins.ts";

/** The number of unread messages at which reading pauses. */
const MAX_WAITING = 16;

/** Connects like the HTTP client, but keeps no connection. */
export function webSockets(
  { allowPrivate, resolve = systemResolve, now = () => performance.now(), ca, open }: ConnectorOptions,
): OpenWebSocket {
  const pinOf = pinning({ resolve, now });
  const openLine = opener({ allowPrivate, now, ca, open });
  return guardUrls(async (url, { headers, protocols, maxBytes, signal, tls }) => {
    const began = now();
    const pin = await pinOf(hostOf(url), signal);
    const dnsMs = now() - began;
    const key = JSON.stringify(["ws", url.origin, tls]);
    const { line, times } = await openLine(url, key, pin, { signal, tls, protocols: ["http/1.1"] });
    const { socket, facts: { remoteAddress, certificate } } = line;
    // Few configs open one.
    // @ts-types="@types/ws"
    const { WebSocket } = await import("ws");
    const upgrading = new WebSocket(new URL(url.href.replace(/^http/, "ws")), [...protocols], {
      createConnection: () => socket,
      headers,
      maxPayload: maxBytes,
      perMessageDeflate: false,
      followRedirects: false,
    });
    const channel = channelOver(upgrading, signal);
    await opened(upgrading, signal);
    return Object.assign(channel, {
      protocol: upgrading.protocol,
      trace: { dnsMs, ...times, remoteAddress, certificate },
    });
  }, allowPrivate);
}

function opened(socket: WebSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    socket.once("open", () => resolve());
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, { statusCode = 0 }) => {
      reject(new NotUpgraded(statusCode));
      socket.terminate();
    });
  });
}

function channelOver(socket: WebSocket, signal: AbortSignal): Omit<Channel, "protocol" | "trace"> {
  const queue = messageQueue(signal);
  const close = () => socket.terminate();
  signal.addEventListener("abort", close, { once: true });
  socket.on("message", (data: Uint8Array, isBinary: boolean) => {
    queue.push(isBinary ? data : String(data));
    if (queue.size >= MAX_WAITING) socket.pause();
  });
  socket.on("close", (code) => {
    signal.removeEventListener("abort", close);
    // 1006: closed without a code (RFC 6455 section 7.1.5).
    queue.close(code === 1006 ? undefined : code);
  });
  socket.on(
    "error",
    (error) => queue.fail(isTooLong(error) ? new LimitExceeded("a message is longer than maxBytes") : error),
  );
  return {
    get closeCode() {
      return queue.closeCode;
    },
    async receive() {
      const message = await queue.receive();
      if (message !== null && socket.isPaused) socket.resume();
      return message;
    },
    send: (text) => socket.send(text),
    close,
  };
}

const isTooLong = (error: Error) => "code" in error && error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
