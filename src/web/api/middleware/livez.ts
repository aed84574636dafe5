import { SAFE } from "./security_headers.ts";

/** Where a process says that it answers, whatever else it can do. */
export const LIVEZ = "/livez";

/** The answer there, as health+json (draft-inadarei-api-health-check-06). A Worker gives it without loading any dialect. */
export const lives = (): Response => said(200, '{"status":"pass","checks":{}}');

/** The answer of `/readyz` and `/startupz` where there is no config to answer by. */
export const cannot = (): Response => said(503, '{"status":"fail","checks":{"config":[{"status":"fail"}]}}');

const said = (status: number, text: string) =>
  new Response(text, { status, headers: { ...SAFE, "content-type": "application/health+json" } });
