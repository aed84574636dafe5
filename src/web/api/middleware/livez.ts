import { secure } from "./security_headers.ts";

/** Liveness endpoint: it says that the process answers, and nothing else. */
export const LIVEZ = "/livez";

/**
 * Response of {@linkcode LIVEZ}, as health+json (draft-inadarei-api-health-check-06). A Worker sends it
 * without loading any dialect.
 */
export const liveResponse = (): Response => healthResponse(200, '{"status":"pass","checks":{}}');

/** Response of `/readyz` and `/startupz` without a config. */
export const unreadyResponse = (): Response =>
  healthResponse(503, '{"status":"fail","checks":{"config":[{"status":"fail"}]}}');

const healthResponse = (status: number, text: string) =>
  secure(new Response(text, { status, headers: { "content-type": "application/health+json" } }));
