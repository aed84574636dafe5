import { guardUrls } from "../../src/base/http/guard.ts";
import { type Channel, LimitExceeded, NotUpgraded, type OpenWebSocket } from "../../src/base/ports.ts";
import { messageQueue } from "../message_queue.ts";

/** An answer that upgraded to a WebSocket. */
interface Upgraded extends Response {
  webSocket?: (WebSocket & { accept(): void }) | null;
}

/** The maximum number of unread messages; a server that sends more exceeds our limit. */
const MAX_WAITING = 64;

/** The `openWebSocket` port of a Worker. It measures nothing. */
export const webSockets = ({ allowPrivate }: { allowPrivate: boolean }): OpenWebSocket =>
  guardUrls(async (url, { headers, protocols, maxBytes, signal }) => {
    const offered: Record<string, string> = protocols.length > 0
      ? { "sec-websocket-protocol": protocols.join(", ") }
      : {};
    const answer: Upgraded = await fetch(url, {
      headers: { ...headers, ...offered, upgrade: "websocket" },
      redirect: "manual",
      signal,
    });
    const socket = answer.webSocket;
    if (!socket) {
      await answer.body?.cancel();
      throw new NotUpgraded(answer.status);
    }
    const channel = channelOver(socket, maxBytes, signal);
    socket.accept();
    return Object.assign(channel, { protocol: answer.headers.get("sec-websocket-protocol") ?? "" });
  }, allowPrivate);

function channelOver(socket: WebSocket, maxBytes: number, signal: AbortSignal): Omit<Channel, "protocol"> {
  const queue = messageQueue(signal);
  const close = () => {
    try {
      socket.close(1000);
    } catch {
      // It is closed already.
    }
  };
  signal.addEventListener("abort", close, { once: true });
  socket.addEventListener("message", ({ data }) => {
    const message: string | Uint8Array = typeof data === "string" ? data : new Uint8Array(data);
    if (message.length > maxBytes) {
      queue.fail(new LimitExceeded(`a message is longer than ${maxBytes} bytes`));
    } else if (queue.size >= MAX_WAITING) {
      queue.fail(new LimitExceeded(`more than ${MAX_WAITING} messages at once`));
    } else queue.push(message);
  });
  socket.addEventListener("close", ({ code }) => queue.close(code));
  socket.addEventListener("error", () => queue.fail(new Error("the WebSocket broke")));
  return {
    trace: {},
    get closeCode() {
      return queue.closeCode;
    },
    receive: () => queue.receive(),
    send: (text) => socket.send(text),
    close,
  };
}
