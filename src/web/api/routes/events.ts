import { Hono } from "../../hono.ts";
import type { Ports } from "../../../base/ports.ts";
import { feed, type FeedEvent } from "../views/feed.ts";
import { problem } from "../middleware/problem.ts";
import type { Operation } from "../openapi/operation.ts";
import type { ResourceContext } from "../resource.ts";
import { MINUTE_MS } from "../../../base/time.ts";

/** Maximum number of listeners. Half of them are reserved for requests with a token. */
const MAX_LISTENERS = 200;
/** A client with a larger backlog is disconnected; it may reconnect and resume. */
const BACKLOG_BYTES = 64 * 1024;
/** Interval of pings, so that proxies do not close the connection as idle. */
const PING_MS = 15_000;
/** Maximum lifetime of a connection. The client reconnects, perhaps to another process. */
const MAX_LIFETIME_MS = 15 * MINUTE_MS;
/** A request without a token has no access to lose. */
const always = () => Promise.resolve(true);
/** Reconnection delay of clients, ms. */
const RETRY_MS = 3_000;

/**
 * `GET /v1/events`: Server-Sent Events (WHATWG HTML, section 9.2): `status` of a check, `incident`, coarse
 * `target`, and `settled` for each new slot. Without a token only the last two are sent. `Last-Event-ID`
 * resumes: changes since then are sent first, some of them perhaps twice.
 */
export function routes(
  { ports, config, store, states, ownIncidents, access }: Pick<
    ResourceContext,
    "ports" | "config" | "store" | "states" | "ownIncidents" | "access"
  >,
): Hono {
  const { clock } = ports;
  const app = new Hono();
  const changes = feed(ports, config, { store, states, ownIncidents });
  app.get("/v1/events", async (c) => {
    const who = await access.principal(c);
    if (!who && c.req.header("authorization")) return await access.refuse(c, "read");
    if (changes.listeners >= (who ? MAX_LISTENERS : MAX_LISTENERS / 2)) {
      c.header("retry-after", "30");
      return problem(c, "busy", `At most ${MAX_LISTENERS} listeners at once`);
    }
    const isVisible = (one: FeedEvent) =>
      "target" in one ? !!who && who.scopes.has("read") && who.covers(one.target) : true;
    const last = Number(c.req.header("last-event-id") ?? NaN);
    const listen = (send: (text: string) => void, close: () => void) => {
      const sendEvents = (news: FeedEvent[]) => send(news.filter(isVisible).map(formatEvent).join(""));
      send(`retry: ${RETRY_MS}\n\n`);
      const unsubscribe = changes.subscribe(sendEvents);
      // After subscribing, so that no event in between is lost. If the catch-up fails, the connection closes
      // and the client resumes again.
      if (Number.isSafeInteger(last) && last >= 0) changes.since(last).then(sendEvents, close);
      return unsubscribe;
    };
    const stands = who ? access.watch(c) : always;
    return c.body(eventStream(clock, listen, stands, c.req.raw.signal), 200, {
      "content-type": "text/event-stream",
      "x-accel-buffering": "no",
    });
  });
  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(): Operation[] {
  return [
    {
      method: "get",
      path: "/v1/events",
      id: "streamEvents",
      summary: "Changes as they happen (Server-Sent Events)",
      tag: "status",
      access: "optional",
      headers: { "last-event-id": "The last received id: changes since then are sent first." },
      answers: {
        200: {
          description: "Events: status, incident, target, settled. Without a token the last two.",
          type: "text/event-stream",
        },
      },
      problems: [503],
    },
  ];
}

const formatEvent = ({ id, type, data }: FeedEvent) =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

/**
 * A stream that ends when the client leaves or falls behind, when its access ends (`stands`, checked at each
 * ping), or after its maximum lifetime.
 */
function eventStream(
  clock: Ports["clock"],
  listen: (send: (text: string) => void, close: () => void) => () => void,
  stands: () => Promise<boolean>,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let stop = () => {};
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const began = clock.elapsed();
      let open = true;
      let cancelPing = () => {};
      let unsubscribe = () => {};
      stop = () => {
        open = false;
        cancelPing();
        unsubscribe();
      };
      const close = () => {
        if (!open) return;
        stop();
        controller.close();
      };
      const send = (text: string) => {
        if (!open || text === "") return;
        // Checked before sending: one large message alone must not close the connection.
        if (controller.desiredSize! <= 0) return close();
        controller.enqueue(encoder.encode(text));
      };
      const ping = () => {
        if (clock.elapsed() - began >= MAX_LIFETIME_MS) return close();
        send(": still here\n\n");
        // A failing store says nothing about the client's access.
        stands().then((still) => still || close(), () => {});
        if (open) cancelPing = clock.after(PING_MS, ping);
      };
      unsubscribe = listen(send, close);
      cancelPing = clock.after(PING_MS, ping);
      signal.addEventListener("abort", close, { once: true });
    },
    // The stream itself is closed already.
    cancel() {
      stop();
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: BACKLOG_BYTES }));
}
