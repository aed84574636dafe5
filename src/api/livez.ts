/** Where a process says that it answers, whatever else it can do. */
export const LIVEZ = "/livez";

/** The answer there, as health+json (draft-inadarei-api-health-check-06). */
export const lives = (): Response => verdict(200, {});

/** A health+json answer: 200 passes, 503 fails. */
export function verdict(status: 200 | 503, checks: Record<string, unknown>): Response {
  return new Response(JSON.stringify({ status: status === 200 ? "pass" : "fail", checks }), {
    status,
    headers: {
      "content-type": "application/health+json",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    },
  });
}
