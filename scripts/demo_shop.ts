/** A small stateful shop. Its `/readyz` says ready as soon as the process is up, whatever its order worker does. */

interface Order {
  id: string;
  ref: unknown;
  state: "pending" | "accepted" | "cancelled";
}

/** One replica of the shop, on loopback. */
export interface Shop {
  url: string;
  /** A new version: the HTTP server is up at once, the order worker has a backlog to catch up with. */
  deploy(): void;
  /** The order worker has caught up. */
  catchUp(): void;
  close(): Promise<void>;
}

const READY = "[+]ping ok\n[+]database ok\n[+]order-worker ok\nreadyz check passed\n";

/** Starts a replica; on a free port if none is named. `POST /deploy` and `POST /catch-up` do what the methods do. */
export function shop(port = 0): Shop {
  const orders = new Map<string, Order>();
  let working = true;
  let count = 0;
  const deploy = () => void (working = false);
  const catchUp = () => {
    working = true;
    for (const order of orders.values()) order.state = "accepted";
  };
  const controls: Record<string, () => void> = { "/deploy": deploy, "/catch-up": catchUp };

  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const id = /^\/orders\/(\w+)$/.exec(pathname)?.[1];
    if (pathname === "/readyz") return new Response(READY);
    if (request.method === "POST" && pathname in controls) {
      controls[pathname]!();
      return new Response(null, { status: 204 });
    }
    if (pathname === "/orders" && request.method === "POST") {
      const { ref } = await request.json();
      const order: Order = { id: `ord_${++count}`, ref, state: working ? "accepted" : "pending" };
      orders.set(order.id, order);
      return Response.json(order, { status: 201 });
    }
    const order = id && orders.get(id);
    if (!order) return Response.json({ error: "no such order" }, { status: 404 });
    if (request.method !== "DELETE") return Response.json(order);
    orders.delete(order.id);
    return new Response(null, { status: 204 });
  };

  const server = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, answer);
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    deploy,
    catchUp,
    close: () => server.shutdown(),
  };
}

if (import.meta.main) {
  const { url } = shop(8090);
  console.log(
    `the shop serves at ${url}; curl -X POST ${url}/deploy makes it overclaim, ${url}/catch-up ends that`,
  );
}
