import { Hono } from "hono";
import type { Config } from "../config/config.ts";
import { messageOf } from "../exchange.ts";
import type { Ports } from "../ports.ts";
import { staleAt } from "../schedule.ts";
import type { Store } from "../store/store.ts";
import { lives, LIVEZ, verdict } from "./livez.ts";
import { lastSlot } from "./pulse.ts";

/** One line of Assay's own readiness. */
interface Part {
  name: string;
  ok: boolean;
  detail: string;
}

/**
 * Assay's own health, as health+json (draft-inadarei-api-health-check-06). `/livez`: the process answers. `/readyz`: config loaded,
 * store writable, the last slot settled in time. `/startupz`: something was settled once.
 */
export function health(ports: Ports, config: Config, store?: Store): Hono {
  const app = new Hono();
  const answer = (parts: Part[]) => {
    const ok = parts.every((part) => part.ok);
    const checks = Object.fromEntries(parts.map(({ name, ok, detail }) => [
      name,
      [{ status: ok ? "pass" : "fail", output: detail }],
    ]));
    return verdict(ok ? 200 : 503, checks);
  };
  const loaded: Part = { name: "config", ok: true, detail: `${config.checks.length} checks` };

  app.get(LIVEZ, lives);
  app.get("/readyz", async () => {
    if (!store) return answer([loaded]);
    return answer([loaded, ...await storeParts(store, ports, config)]);
  });
  app.get("/startupz", async () => {
    if (!store) return answer([loaded]);
    const slot = await lastSlot(store).catch(() => null);
    return answer([loaded, {
      name: "slot",
      ok: slot !== null,
      detail: slot === null ? "nothing settled yet" : "settled",
    }]);
  });
  return app;
}

/** A store that fails is a part that fails: Assay can still say so. */
async function storeParts(store: Store, { clock, log, vault }: Ports, config: Config): Promise<Part[]> {
  try {
    await store.probe();
    const slot = await lastSlot(store);
    return [{ name: "store", ok: true, detail: "writable" }, slotPart(slot, clock.now(), config)];
  } catch (error) {
    log.error("the store failed", { error: vault.redact(messageOf(error)) });
    return [{ name: "store", ok: false, detail: "failed" }];
  }
}

/** In time: not older than the evidence of the most frequent check may be. */
function slotPart(slot: number | null, nowMs: number, config: Config): Part {
  if (slot === null) return { name: "slot", ok: false, detail: "nothing settled yet" };
  const rhythms = new Map(
    config.checks.map((check) => [JSON.stringify([check.schedule, check.maxAgeMs]), check]),
  );
  const staleMs = Math.min(...[...rhythms.values()].map((check) => staleAt(check, slot)));
  return { name: "slot", ok: nowMs <= staleMs, detail: `last settled ${Math.max(0, nowMs - slot)} ms ago` };
}
