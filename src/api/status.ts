import { Hono } from "hono";
import type { Config } from "../config/config.ts";
import type { Ports } from "../ports.ts";
import type { Store } from "../store/store.ts";
import type { Access } from "./access.ts";
import { problem } from "./problem.ts";
import { publicly } from "./public.ts";
import { lastSlot } from "./pulse.ts";
import type { StatesReader } from "./states.ts";
import { fullStatus, iso, publicStatus, targetView } from "./view.ts";

/** `GET /v1/status` (coarse without a token, else of the targets that it is good for) and `GET /v1/targets/{id}`. */
export function status(
  { clock }: Ports,
  config: Config,
  store: Store,
  states: StatesReader,
  access: Access,
): Hono {
  const app = new Hono();

  app.get("/v1/status", async (c) => {
    if (!c.req.header("authorization")) {
      return c.json(publicly("status", publicStatus(config, await states(), clock.now())));
    }
    const who = await access.principal(c);
    if (!who?.scopes.has("read")) return await access.refuse(c, "read");
    const targets = who.all ? config.targets : config.targets.filter(({ id }) => who.good(id));
    const slot = await lastSlot(store);
    const nowMs = clock.now();
    const settled = slot === null
      ? { slot: null, ageMs: null }
      : { slot: iso(slot), ageMs: Math.max(0, nowMs - slot) };
    return c.json({ ...fullStatus({ ...config, targets }, await states(), nowMs), settled });
  });

  app.get("/v1/targets/:id", access.allow("read", "id"), async (c) => {
    const target = config.targets.find(({ id }) => id === c.req.param("id"));
    if (!target) return problem(c, "not-found", "No target has this id");
    return c.json(targetView(config, target, await states(), clock.now()));
  });

  return app;
}
