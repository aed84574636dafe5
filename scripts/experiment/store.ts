/**
 * The store that the replicas depend on, in its own process. It serves a config, a leader lock and pages of
 * items, each after a delay. `POST /away?ms=` makes it answer 503 for that time.
 */
import { parseArgs } from "node:util";
import { CONSTANTS } from "./constants.ts";

const { values } = parseArgs({ options: { scale: { type: "string", default: "1" } } });
const scale = Number(values.scale);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
let awayUntil = 0;
let lock: Promise<unknown> = Promise.resolve();

const ROUTES: Record<string, (url: URL) => Promise<Response> | Response> = {
  "/ping": () => Response.json({ ok: true }),
  "/config": async () => {
    await sleep(CONSTANTS.configMs * scale);
    return Response.json({ currency: "EUR" });
  },
  "/lock": async () => {
    // Grants the lock to one replica after the other.
    const mine = lock.then(() => sleep(CONSTANTS.lockMs * scale / 2));
    lock = mine;
    await mine;
    await sleep(CONSTANTS.lockMs * scale / 2);
    return Response.json({ held: true });
  },
  "/page": async (url) => {
    await sleep(CONSTANTS.pageMs * scale);
    const page = Number(url.searchParams.get("n"));
    return Response.json(Array.from({ length: 10 }, (_, i) => ({ id: page * 10 + i, price: 100 + i })));
  },
  "/away": (url) => {
    awayUntil = performance.now() + Number(url.searchParams.get("ms"));
    return Response.json({ away: true });
  },
};

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
}, (request) => {
  const url = new URL(request.url);
  if (performance.now() < awayUntil) return new Response("the store is away", { status: 503 });
  return ROUTES[url.pathname]?.(url) ?? new Response(null, { status: 404 });
});
