/** Everything that is answered without a token. Whoever adds a public route adds its rows here. */

import { SCRIPT_PATH, STYLE_PATH } from "../../../src/web/page/assets.ts";

/** A request that shows no token, or a wrong one. */
export interface PublicRequest {
  path: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

const GUARDED = [
  "/v1/targets/shop",
  "/v1/incidents",
  "/v1/deliveries",
  "/v1/sinks",
  "/v1/tokens",
  "/v1/silences",
  "/metrics",
];

/** Requests of the public, good and bad. */
export const PUBLIC: PublicRequest[] = [
  { path: "/" },
  { path: "/v1/status" },
  { path: "/v1/status", headers: { accept: "text/html" } },
  { path: "/v1/status?nonsense=1" },
  { path: "/v1/status", method: "HEAD" },
  { path: "/v1/openapi.json" },
  { path: "/livez" },
  { path: "/readyz" },
  { path: "/readyz?verbose" },
  { path: "/readyz?as=spring" },
  { path: "/readyz?as=k8s" },
  { path: "/readyz?as=nonsense" },
  { path: "/startupz" },
  // Nothing of who may not is told either: 401, 403, 404, 400, 405.
  ...GUARDED.map((path) => ({ path })),
  ...GUARDED.map((path) => ({ path, headers: { authorization: "Bearer nobody" } })),
  { path: "/v1/status", headers: { authorization: "Bearer nobody" } },
  { path: "/v1/targets/nobody" },
  { path: "/v1/targets/shop/health?as=spring" },
  { path: "/v1/targets/shop/checks/nobody/history" },
  { path: "/v1/incidents?limit=zero" },
  { path: "/v1/incidents/nobody" },
  { path: "/v1/deliveries/nobody/resend", method: "POST" },
  { path: "/v1/sinks/nobody/flush", method: "POST" },
  { path: "/v1/targets/shop/checks/nobody/reports/nobody", method: "PUT", body: "{" },
  { path: "/v1/silences", method: "POST", body: "{" },
  { path: "/v1/deployments", method: "POST", body: "{" },
  { path: "/v1/events/flagger", method: "POST", body: "{" },
  { path: "/v1/events" },
  { path: "/v1/events", headers: { "last-event-id": "0" } },
  { path: "/v1/rounds", method: "POST", body: "{" },
  { path: "/v1/gates/shop" },
  { path: "/v1/gates/shop?mode=body" },
  { path: "/v1/gates/shop", method: "POST", body: "{" },
  { path: "/v1/gates/shop/rollback", method: "POST" },
  { path: "/v1/gates/shop/k/nobody" },
  { path: "/v1/nowhere" },
  { path: "/v1/%ff" },
  { path: "/api/v2/status.json" },
  { path: "/api/v2/summary.json" },
  { path: "/api/v2/components.json" },
  { path: "/api/v2/incidents.json" },
  { path: "/api/v2/incidents/unresolved.json" },
  { path: "/api/v2/scheduled-maintenances.json" },
  { path: "/api/v2/scheduled-maintenances/active.json" },
  { path: "/api/v2/scheduled-maintenances/upcoming.json" },
  { path: "/v1/badges/shop.svg" },
  { path: "/v1/badges/shop.json" },
  { path: "/v1/badges/nobody.svg" },
  { path: "/status" },
  { path: "/?q=shop&label=x:y&group=x&window=90d" },
  { path: "/login" },
  { path: "/login?next=/targets/shop" },
  { path: "/login", method: "POST", body: "token=nobody" },
  { path: "/logout", method: "POST" },
  { path: "/targets/shop" },
  { path: "/targets/shop/checks/nobody/rounds/nobody" },
  { path: "/targets/shop/checks/nobody/walk", method: "POST" },
  { path: "/targets/shop/silence", method: "POST", body: "until=2h&reason=x" },
  { path: "/targets/nobody", headers: { cookie: "assay_session=api.token.9999999999999.c2lnbmF0dXJl" } },
  { path: "/incidents" },
  { path: "/incidents/nobody" },
  { path: "/incidents/nobody/acknowledge", method: "POST" },
  { path: "/incidents/nobody/comments", method: "POST", body: "text=x" },
  { path: "/cards/shop.svg" },
  { path: "/cards/nobody.svg" },
  { path: STYLE_PATH },
  { path: SCRIPT_PATH },
];
