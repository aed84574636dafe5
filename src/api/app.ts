/** The HTTP door: one hono app for every runtime. One file per resource; each adds its routes here. */
import { Hono } from "hono";
import type { Config } from "../config/config.ts";
import { messageOf } from "../exchange.ts";
import { pack } from "../packing.ts";
import type { Ports } from "../ports.ts";
import type { Prober } from "../round.ts";
import type { Store } from "../store/store.ts";
import { access } from "./access.ts";
import { deliveries } from "./deliveries.ts";
import { health } from "./health.ts";
import { history } from "./history.ts";
import { incidents } from "./incidents.ts";
import { problem } from "./problem.ts";
import { rounds } from "./rounds.ts";
import { statesReader } from "./states.ts";
import { status } from "./status.ts";

/** What the API answers from. */
export interface ApiOptions {
  ports: Ports;
  config: Config;
  /** Absent in a process that is only a prober. */
  store?: Store;
  /** The prober in this process that answers others, and its token. */
  prober?: { prober: Prober; token: string };
}

/** The app of a process that settles, of one that only probes, or of both. */
export function api(options: ApiOptions): Hono {
  const { ports, config, store, prober } = options;
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
    c.header("x-content-type-options", "nosniff");
  });
  app.route("/", health(ports, config, store));
  if (prober) app.route("/", rounds(config, prober.prober, () => ports.vault.reveal(prober.token)));
  if (store) {
    const allowed = access(config, ports);
    const packing = pack(config);
    const states = statesReader(store);
    app.route("/", status(ports, config, store, states, allowed));
    app.route("/", incidents(store, allowed));
    app.route("/", history(ports, config, store, packing, allowed));
    app.route("/", deliveries(ports, store, allowed));
  }
  app.notFound((c) => problem(c, "not-found", `No route answers ${c.req.method} ${c.req.path}`));
  app.onError((error, c) => {
    ports.log.error("a request failed", {
      path: c.req.path,
      error: ports.vault.redact(messageOf(error)),
    });
    return problem(c, "internal", "The request failed; the log of this process says why");
  });
  return app;
}
