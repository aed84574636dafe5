/**
 * A small stateful shop. Its `/readyz` reports ready as soon as the process is up, whatever its order worker
 * does. Run as a script (`deno task shop [--port n]`), it also receives webhooks at `/hook`.
 */
import { webhookHandler } from "./hook.ts";

interface Order {
  id: string;
  ref: unknown;
  state: "pending" | "accepted" | "cancelled";
}

/** One replica of the shop, on loopback. */
export interface Shop {
  url: string;
  /** Deploys a new version: the HTTP server is up at once, but the order worker has a backlog. */
  deploy(): void;
  /** Lets the order worker catch up. */
  catchUp(): void;
  close(): Promise<void>;
}

type Hooks = Record<string, (request: Request) => Promise<Response>>;

/** A public secret, only for webhooks from this machine to itself. */
const DEV_SECRET = `whsec_${btoa("known to all, so only for trying")}`;
const PORT = 8090;
const READY = "[+]ping ok\n[+]database ok\n[+]order-worker ok\nreadyz check passed\n";

/** The shop's page, with buttons to break and mend it. */
const page = (working: boolean) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Demo shop</title><h1>Demo shop</h1>
<p>Says ready. ${working ? "Orders are accepted." : "Its order worker lags: orders stay pending."}</p>
<form method="post" action="/deploy"><button>Break it</button></form>
<form method="post" action="/catch-up"><button>Mend it</button></form></html>`;

/**
 * Starts a replica, by default on a free port. `POST /deploy` and `POST /catch-up` call the methods of that
 * name. POST requests to a path in `hooks` go to its handler. `onChange` runs after each deploy (true) or
 * catch-up (false) by request.
 */
export function shop(port = 0, hooks: Hooks = {}, onChange = (_breaks: boolean) => {}): Shop {
  const orders = new Map<string, Order>();
  let working = true;
  let count = 0;
  const deploy = () => void (working = false);
  const catchUp = () => {
    working = true;
    for (const order of orders.values()) order.state = "accepted";
  };
  const controls: Record<string, () => void> = {
    "/deploy": () => (deploy(), onChange(true)),
    "/catch-up": () => (catchUp(), onChange(false)),
  };

  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const id = /^\/orders\/(\w+)$/.exec(pathname)?.[1];
    if (pathname === "/readyz") return new Response(READY);
    if (pathname === "/") {
      return new Response(page(working), { headers: { "content-type": "text/html; charset=utf-8" } });
    }
    if (request.method === "POST" && pathname in controls) {
      controls[pathname]!();
      // Redirects form posts back to the page.
      const isForm = request.headers.get("content-type")?.startsWith("application/x-www-form-urlencoded");
      return new Response(null, isForm ? { status: 303, headers: { location: "/" } } : { status: 204 });
    }
    if (request.method === "POST" && pathname in hooks) return await hooks[pathname]!(request);
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
  const at = Deno.args.indexOf("--port");
  const secret = Deno.env.get("ONCALL_SECRET") || DEV_SECRET;
  const { url } = shop(at < 0 ? PORT : Number(Deno.args[at + 1]), {
    "/hook": webhookHandler(secret, (line) => console.log(`webhook  ${line}`)),
  });
  console.log(
    `the shop serves at ${url}; POST ${url}/deploy makes it overclaim, POST ${url}/catch-up ends that`,
  );
  const whose = secret === DEV_SECRET ? secret : "ONCALL_SECRET";
  console.log(`it verifies the webhooks that ${url}/hook receives with the secret ${whose}`);
}
