/**
 * What the tests of both runtimes talk to over loopback: rooms `/<room>` with stalls `/<room>/<stall>/readyz|orders` that
 * can be told to lie, and a receiver of webhooks at `/<room>/hook`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Behaviour, Behaviours, ShopLog, ShopSettings } from "./shop_client.ts";

const OK = { status: 200, text: "[+]ping ok\nreadyz check passed\n" };
const STARTING = { status: 425, text: `{"status":"starting"}` };
const NOT_READY = {
  status: 503,
  text: "[+]ping ok\n[-]queue failed: reason withheld\nreadyz check failed\n",
};

/** What `/readyz` says, and whether an order placed is accepted. */
const BEHAVIOURS: Record<
  Exclude<Behaviour, "refuses" | "hangs" | "waits">,
  { says: typeof OK; does: boolean }
> = {
  "serves": { says: OK, does: true },
  "lies": { says: OK, does: false },
  "lies to the second walk": { says: OK, does: false },
  "is shy": { says: NOT_READY, does: true },
  "starts": { says: STARTING, does: false },
};

interface ShopState extends ShopLog {
  moods: Behaviours;
  hooks: number[];
  waiting: (() => void)[];
}

const newShop = (): ShopState => ({
  moods: { all: "serves" },
  hooks: [],
  hits: [],
  posts: [],
  waiting: [],
});

/** Opens the shop on loopback; port 0 takes a free one. */
export async function openShop(port = 0): Promise<{ url: string; close(): Promise<void> }> {
  const rooms = new Map<string, ShopState>();
  const server = createServer(async (request, response) => {
    const [, name = "", stall, ...path] = request.url!.split("/");
    const room = rooms.get(name) ?? newShop();
    rooms.set(name, room);
    const body = await textOf(request).catch(() => undefined);
    // The prober went away in the middle of its request.
    if (body === undefined) return void response.destroy();
    if (stall === undefined) return handleTest(room, request.method!, body, response);
    if (stall === "hook") return handleWebhook(room, request, body, response);
    handleProbe(room, stall, `/${path.join("/")}`, request, response);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return new TextDecoder().decode(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

/** The test's own requests. */
function handleTest(room: ShopState, method: string, body: string, response: ServerResponse): void {
  const { hits, posts } = room;
  if (method !== "PUT") return void response.end(JSON.stringify({ hits, posts }));
  Object.assign(room, JSON.parse(body) as ShopSettings);
  room.waiting.splice(0).forEach((go) => go());
  response.end();
}

function handleWebhook(
  room: ShopState,
  { headers }: IncomingMessage,
  body: string,
  response: ServerResponse,
): void {
  const status = room.hooks.shift() ?? 204;
  room.posts.push({ headers: headers as Record<string, string>, body, status });
  if (status === -1) return;
  if (status === 0) return void response.destroy();
  response.writeHead(status).end();
}

function handleProbe(
  room: ShopState,
  stall: string,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const run = String(request.headers["x-assay-run"] ?? "");
  const prober = run.split(".")[2] ?? "";
  room.hits.push({ prober, stall, method: request.method!, path, run });
  const answer = () => {
    const mood = room.moods[prober] ?? room.moods[stall] ?? room.moods.all;
    if (mood === "waits") return void room.waiting.push(answer);
    if (mood === "hangs") return;
    const isFirst = mood === "lies to the second walk" && !run.endsWith(".r");
    if (mood === "refuses" || isFirst) return void response.destroy();
    const { says, does } = BEHAVIOURS[mood];
    if (path === "/readyz") return void response.writeHead(says.status).end(says.text);
    const [status, value] = request.method === "POST"
      ? [201, { id: "ord_1" }]
      : [200, { state: does ? "accepted" : "pending" }];
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  };
  answer();
}
