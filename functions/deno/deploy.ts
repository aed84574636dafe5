/** Differences on Deno Deploy (docs.deno.com/deploy/reference: cron, runtime, timelines). */
import { liveResponse, LIVEZ } from "../../src/web/api/middleware/livez.ts";
import { MINUTE_MS } from "../../src/base/time.ts";
import { clock } from "../clock.ts";

/** Whether this process runs on Deno Deploy. */
export const isDeploy = () => Deno.env.has("DENO_DEPLOY");

/**
 * Each timeline (a branch, a preview, the warm-up of a deployment) runs its own crons; only production may
 * act.
 */
export const isPreview = () => isDeploy() && Deno.env.get("DENO_TIMELINE") !== "production";

/** A run that is still active when the next is due makes the platform skip the next. */
const RUN_MS = 55_000;

/**
 * Settles when `work` does, at the latest 55 s after the minute began. Work on an idle instance after that
 * may be lost.
 */
export async function untilSettled(work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const disarm = clock.after(Math.max(0, RUN_MS - clock.now() % MINUTE_MS), late.resolve);
  await Promise.race([work, late.promise]).finally(disarm);
}

/** The answers of a timeline that must not act; it may lack production's secrets. */
export const previewApp = {
  fetch(request: Request): Response {
    if (new URL(request.url).pathname === LIVEZ) return liveResponse();
    return Response.json({
      type: "about:blank",
      title: "Not the production timeline",
      status: 503,
      detail: "Assay runs only where DENO_TIMELINE is production",
    }, { status: 503, headers: { "content-type": "application/problem+json" } });
  },
};
