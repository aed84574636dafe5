/** Converts Uptime Kuma monitors that do not use HTTP. */
import { dnsFields, placeOf } from "./connection.ts";
import { splitUrl } from "./draft.ts";

/** One step and its target. */
export interface KumaStep {
  origin: string;
  step: Record<string, unknown>;
  /** Keys that the step only approximates, each with what it does instead. */
  approximated?: [key: string, text: string][];
}

type Monitor = Record<string, unknown>;
type Made = KumaStep | { lost: string };

/** Keys with Kuma's defaults for HTTP requests, which these monitors never make. */
export const REQUEST_DEFAULTS = [
  "method",
  "maxredirects",
  "accepted_statuscodes",
  "accepted_statuscodes_json",
  "httpBodyEncoding",
  "http_body_encoding",
  "ws_subprotocol",
  "dns_transport",
];

/** One row per type. */
export const KUMA_STEPS: Record<string, (monitor: Monitor) => Made> = {
  port: portOf,
  dns: dnsOf,
  "websocket-upgrade": websocketOf,
};

function portOf({ hostname, port }: Monitor): Made {
  const place = placeOf(`${hostname}`);
  if (!place || !Number(port)) return { lost: "it names no host and port" };
  const { host, origin } = place;
  return { origin, step: { tcp: { host, port: Number(port) }, expect: ["connected"] } };
}

/** In Kuma any record is up; its resolver throws for NXDOMAIN and for an empty response. */
function dnsOf(monitor: Monitor): Made {
  const { hostname, port, dns_resolve_server: servers, dns_resolve_type: type } = monitor;
  const transport = monitor.dns_transport ?? "UDP";
  const place = placeOf(`${hostname}`);
  const [server, ...others] = `${servers ?? "1.1.1.1"}`.split(",");
  const at = placeOf(server!);
  if (!place || !at) return { lost: "it names no host and server" };
  const shown = at.host.includes(":") ? `[${at.host}]` : at.host;
  const fields = dnsFields(`${hostname}`, `${type ?? "A"}`, `${shown}:${Number(port) || 53}`);
  if (!fields) return { lost: `a DNS step cannot ask for ${type} records` };
  const approximated: KumaStep["approximated"] = [];
  if (others.length > 0) approximated.push(["dns_resolve_server", `asks only ${server}`]);
  if (transport !== "UDP") approximated.push(["dns_transport", `uses UDP, not ${transport}`]);
  return { origin: place.origin, step: { ...fields, expect: ["size(records) > 0"] }, approximated };
}

function websocketOf({ url, ws_subprotocol: offered }: Monitor): Made {
  const split = splitUrl(`${url}`.replace(/^ws/i, "http"));
  if (!split) return { lost: "it is not a WebSocket URL" };
  const protocols = `${offered ?? ""}`.split(",").map((name) => name.trim()).filter(Boolean);
  const websocket = { messages: 0, ...protocols.length > 0 && { protocols } };
  return {
    origin: split.origin,
    step: { websocket, request: { path: split.path }, expect: ["durationMs >= 0.0"] },
  };
}
