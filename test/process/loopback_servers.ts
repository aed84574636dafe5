/** The world of a process under test, on loopback: a target that plays the story, and a receiver of webhooks. */
import { behaviourOf } from "./long_scenario.ts";

/** A request that the world saw; the target's carry the slot (epoch ms) they were sent for. */
export type ServedRequest =
  | { at: "target"; method: string; run: string; slot: number }
  | { at: "receiver"; id: string };

/** One arrival at the receiver. */
export interface WebhookPost {
  id: string;
  type: string;
  incident: string;
  /** What it was answered, if the sender lived to hear it. */
  status: number;
}

/** A running world. */
export interface LoopbackServers {
  target: string;
  receiver: string;
  hits: ServedRequest[];
  posts: WebhookPost[];
  /** Called with each hit before it is answered; the answer waits for it. */
  onHit: (hit: ServedRequest) => unknown;
  close(): Promise<void>;
}

/** Opens a world on free ports. */
export function startServers(): LoopbackServers {
  const target = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const run = request.headers.get("x-assay-run") ?? "";
    const [service, check, prober, slot36] = run.split(".");
    const slot = parseInt(slot36 ?? "", 36);
    await record({ at: "target", method: request.method, run, slot });
    return answer(request, behaviourOf(`${service}/${check}`, prober!, slot));
  });
  const known = new Set<string>();
  const receiver = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const id = request.headers.get("webhook-id") ?? "";
    const { type, data } = await request.json();
    // It wants every recovery again later; what opens meanwhile under the same id has to wait for that.
    const status = type === "incident.resolved" && !known.has(id) ? 503 : 204;
    known.add(id);
    opened.posts.push({ id, type, incident: data.incident.id, status });
    await record({ at: "receiver", id });
    return new Response(null, { status, headers: status === 503 ? { "retry-after": "300" } : {} });
  });
  const opened: LoopbackServers = {
    target: `http://127.0.0.1:${target.addr.port}`,
    receiver: `http://127.0.0.1:${receiver.addr.port}/hook`,
    hits: [],
    posts: [],
    onHit: () => {},
    close: async () => void await Promise.all([target.shutdown(), receiver.shutdown()]),
  };
  const record = (hit: ServedRequest) => {
    opened.hits.push(hit);
    return opened.onHit(hit);
  };
  return opened;
}

function answer(request: Request, { says, does }: { says: boolean; does: boolean }): Response {
  if (request.url.endsWith("/readyz")) return new Response(null, { status: says ? 200 : 503 });
  if (request.method === "POST") return Response.json({ id: "ord_1" }, { status: 201 });
  return Response.json({ state: does ? "accepted" : "pending" });
}
