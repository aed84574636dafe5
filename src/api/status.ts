import { Hono, type MiddlewareHandler } from "hono";
import type { Config } from "../config/config.ts";
import { decodeStates, type States } from "../packing.ts";
import type { Ports } from "../ports.ts";
import type { Store } from "../store/store.ts";
import { bears } from "./auth.ts";
import { problem } from "./problem.ts";
import { lastSlot } from "./pulse.ts";
import { fullStatus, iso, publicStatus, targetView } from "./view.ts";

/** `GET /v1/status` (coarse without the token) and `GET /v1/targets/{id}`. */
export function status(
  { clock }: Ports,
  config: Config,
  store: Store,
  token: () => string | undefined,
  operator: MiddlewareHandler,
): Hono {
  const app = new Hono();
  const states = reader(store);

  app.get("/v1/status", async (c) => {
    if (!c.req.header("authorization")) return c.json(publicStatus(config, await states(), clock.now()));
    if (!await bears(c, token())) return problem(c, "unauthorized", "This bearer token is not known");
    const slot = await lastSlot(store);
    const nowMs = clock.now();
    const settled = slot === null
      ? { slot: null, ageMs: null }
      : { slot: iso(slot), ageMs: Math.max(0, nowMs - slot) };
    return c.json({ ...fullStatus(config, await states(), nowMs), settled });
  });

  app.get("/v1/targets/:id", operator, async (c) => {
    const target = config.targets.find(({ id }) => id === c.req.param("id"));
    if (!target) return problem(c, "not-found", "No target has this id");
    return c.json(targetView(config, target, await states(), clock.now()));
  });

  return app;
}

/** All states; a shard is decoded again only when its text has changed. */
function reader(store: Store): () => Promise<States> {
  let decoded = new Map<number, { text: string; states: States }>();
  return async () => {
    const fresh: typeof decoded = new Map();
    for (const { shard, state } of await store.read("all")) {
      const known = decoded.get(shard);
      fresh.set(
        shard,
        known?.text === state ? known : { text: state, states: decodeStates(state, shard) },
      );
    }
    decoded = fresh;
    return Object.assign({}, ...[...fresh.values()].map(({ states }) => states));
  };
}
