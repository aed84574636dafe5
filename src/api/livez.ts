import { SAFE } from "./headers.ts";

/** Where a process says that it answers, whatever else it can do. */
export const LIVEZ = "/livez";

/** The answer there, as health+json (draft-inadarei-api-health-check-06). A Worker gives it without loading any dialect. */
export const lives = (): Response =>
  new Response('{"status":"pass","checks":{}}', {
    headers: { ...SAFE, "content-type": "application/health+json" },
  });
