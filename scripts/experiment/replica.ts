/**
 * One replica of a stateful service, in its own process. Its port answers at once, but it can serve only
 * seconds later, after it has loaded its config, lock and cache. `GET /healthz` always answers 200. `GET
 * /readyz` is honest (it also checks the store) or lies.
 */
import { parseArgs } from "node:util";
import { CONSTANTS } from "./constants.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    store: { type: "string" },
    readyz: { type: "string", default: "honest" },
    release: { type: "string", default: "1" },
    broken: { type: "boolean", default: false },
  },
});
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const items = new Map<number, { id: number; price: number }>();
/** Why it cannot serve now; undefined if it can. */
let refusal: string | undefined = "config is not synced";
let storeAnswers = false;
let load = Promise.resolve();

/** Requests a path from the store until it answers. */
async function ask<T>(path: string): Promise<T> {
  for (;;) {
    try {
      const answer = await fetch(values.store + path);
      if (answer.ok) return await answer.json();
      await answer.body?.cancel();
    } catch { /* retried below */ }
    await sleep(100);
  }
}

/** Loads everything that the replica needs before it can serve. */
async function warmUp(): Promise<void> {
  items.clear();
  refusal = "config is not synced";
  await ask("/config");
  if (values.broken) {
    refusal = "migration 42 failed: no such column price_cents";
    return;
  }
  refusal = "no leader is elected";
  await ask("/lock");
  for (let page = 0; page < CONSTANTS.pages; page++) {
    refusal = `cache is cold: ${page} of ${CONSTANTS.pages} pages`;
    const found = await ask<{ id: number; price: number }[]>(`/page?n=${page}`);
    for (const item of found) items.set(item.id, item);
  }
  refusal = undefined;
}

async function watchStore(): Promise<void> {
  for (;;) {
    const answer = await fetch(`${values.store}/ping`).catch(() => undefined);
    await answer?.body?.cancel();
    storeAnswers = answer?.ok === true;
    await sleep(150);
  }
}

function readiness(): Response {
  const word = { release: values.release };
  if (values.readyz === "lying") return Response.json({ status: "ready", ...word });
  const reason = refusal ?? (storeAnswers ? undefined : "the store does not answer");
  return reason
    ? Response.json({ status: "not ready", reason, ...word }, { status: 503 })
    : Response.json({ status: "ready", ...word });
}

function item(id: number): Response {
  if (refusal) return Response.json({ error: refusal }, { status: values.broken ? 500 : 503 });
  const found = items.get(id);
  return found ? Response.json({ ...found, release: values.release }) : new Response(null, { status: 404 });
}

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: Number(values.port),
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
}, (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/healthz") return Response.json({ status: "ok" });
  if (pathname === "/readyz") return readiness();
  if (pathname === "/reload") {
    load = load.then(warmUp);
    return new Response(null, { status: 202 });
  }
  return item(Number(pathname.slice("/items/".length)));
});
void watchStore();
load = warmUp();
Deno.addSignalListener("SIGTERM", async () => {
  await server.shutdown();
  Deno.exit(0);
});
