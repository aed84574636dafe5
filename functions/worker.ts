/**
 * The Worker. The ledger object answers everything; with ASSAY_PROBER set, the Worker is a pinned prober and
 * nothing else.
 */
import bundled from "#config";
import { REQUESTS_A_MINUTE } from "../src/config/api.ts";
import { publicCopies } from "../src/web/public_copies.ts";
import { clock } from "./clock.ts";
import { SECURITY_HEADERS } from "../src/web/api/middleware/security_headers.ts";
import { liveResponse, LIVEZ, unreadyResponse } from "../src/web/api/middleware/livez.ts";
import { type Env, stringBinding } from "./cloudflare/env.ts";
import { LedgerObject } from "./cloudflare/ledger.ts";
import { peerOf } from "./cloudflare/client_address.ts";
import { proberApp, ProberObject } from "./cloudflare/prober.ts";
import { messageOf } from "../src/base/error_message.ts";

// Under the names in wrangler.toml's migrations.
export { LedgerObject as Ledger, ProberObject as Prober };

/** The used part of the ledger's namespace. */
interface Ledgers {
  jurisdiction(name: string): Ledgers;
  getByName(name: string, options: { locationHint?: string }): Pick<LedgerObject, "fetch" | "tick">;
}

/** The location hint counts only when the object is created. Another jurisdiction means another object. */
function ledger(env: Env) {
  const all = env.LEDGER as Ledgers;
  const jurisdiction = stringBinding(env, "ASSAY_LEDGER_JURISDICTION");
  const ledgers = jurisdiction === undefined ? all : all.jurisdiction(jurisdiction);
  return ledgers.getByName("ledger", { locationHint: stringBinding(env, "ASSAY_LEDGER_HINT") });
}

let pinned: ReturnType<typeof proberApp> | undefined;

/**
 * Answers that this isolate gives itself: the free plan has 100,000 object requests a day, and a crawler must
 * not use them up.
 */
const doors = new WeakMap<Env, ReturnType<typeof publicCopies>>();

function doorOf(env: Env) {
  const { api } = bundled.config as { api?: { rateLimit?: { perMinute?: number }; proxies?: number } };
  // Behind the operator's own proxy all clients have one address here; only the ledger knows which proxies to
  // trust.
  const perMinute = api?.proxies ? Infinity : api?.rateLimit?.perMinute ?? REQUESTS_A_MINUTE;
  const door = doors.get(env) ??
    publicCopies({ clock, perMinute, ask: (request) => ledger(env).fetch(request) });
  doors.set(env, door);
  return door;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    // Does not wake an object; /readyz checks the ledger.
    const { pathname } = new URL(request.url);
    if (request.method === "GET" && pathname === LIVEZ) return liveResponse();
    try {
      if (typeof env.ASSAY_PROBER !== "string") return await doorOf(env)(request, peerOf(request).client);
      pinned ??= proberApp(env, env.ASSAY_PROBER);
      return await (await pinned()).fetch(request, peerOf(request));
    } catch (error) {
      // Most likely a fault in this deployment's config, such as a missing secret. The log names it; the
      // response does not.
      console.error({ level: "error", message: "this deployment cannot answer", error: messageOf(error) });
      if (pathname === "/readyz" || pathname === "/startupz") return unreadyResponse();
      const body = { type: "urn:assay:problem:internal", title: "Assay failed to answer", status: 500 };
      return Response.json(body, {
        status: 500,
        headers: { ...SECURITY_HEADERS, "content-type": "application/problem+json" },
      });
    }
  },

  /** The slot follows from the scheduled time, not from the event's arrival. */
  async scheduled(event: { scheduledTime: number }, env: Env): Promise<void> {
    await ledger(env).tick(event.scheduledTime);
  },
};
