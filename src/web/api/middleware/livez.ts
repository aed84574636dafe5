import { SECURITY_HEADERS } from "./security_headers.ts";

/** Where a process says that it answers, whatever else it can do. */
export const LIVEZ = "/livez";

/** The answer there, as health+json (draft-inadarei-api-health-check-06). A Worker gives it without loading any dialect. */
export const liveResponse = (): Response => healthResponse(200, '{"status":"pass","checks":{}}');

/** The answer of `/readyz` and `/startupz` where there is no config to answer by. */
export const unreadyResponse = (): Response =>
  healthResponse(503, '{"status":"fail","checks":{"config":[{"status":"fail"}]}}');

const healthResponse = (status: number, text: string) =>
  new Response(text, { status, headers: { ...SECURITY_HEADERS, "content-type": "application/health+json" } });
