/** Monitors of Uptime Kuma that are not asked over HTTP. */
import { dnsFields, placeOf } from "./connection.ts";
import { splitUrl } from "./draft.ts";

/** One step, and the target that it belongs to. */
export interface KumaStep {
  origin: string;
  step: Record<string, unknown>;
  /** Keys that the step does not have as they were, each with what it has instead. */
  approximated?: [key: string, text: string][];
}

type Monitor = Record<string, unknown>;
type Made = KumaStep | { lost: string };

/** What Kuma fills in for requests, which these monitors never make. */
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

/** One row a type. */
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

/** Kuma is up where anything is answered (its resolver throws for NXDOMAIN and for no record). */
function dnsOf(monitor: Monitor): Made {
  const { hostname, port, dns_resolve_server: servers, dns_resolve_type: type } = monitor;
  const transport = monitor.dns_transport ?? "UDP";
  const place = placeOf(`${hostname}`);
  const [server, ...others] = `${servers ?? "1.1.1.1"}`.split(",");
  const at = placeOf(server!);
  if (!place || !at) return { lost: "it names no host and server" };
  const shown = at.host.includes(":") ? `[${at.host}]` : at.host;
  const fields = dnsFields(`${hostname}`, `${type ?? "A"}`, `${shown}:${Number(port) || 53}`);
  if (!fields) return { lost: `a DNS step asks for no ${type} records` };
  const approximated: KumaStep["approximated"] = [];
  if (others.length > 0) approximated.push(["dns_resolve_server", `only ${server} is asked`]);
  if (transport !== "UDP") approximated.push(["dns_transport", `by UDP, not ${transport}`]);
  return { origin: place.origin, step: { ...fields, expect: ["size(records) > 0"] }, approximated };
}

function websocketOf({ url, ws_subprotocol: offered }: Monitor): Made {
  const split = splitUrl(`${url}`.replace(/^ws/i, "http"));
  if (!split) return { lost: "it is no URL of a WebSocket" };
  const protocols = `${offered ?? ""}`.split(",").map((name) => name.trim()).filter(Boolean);
  const websocket = { messages: 0, ...protocols.length > 0 && { protocols } };
  return {
    origin: split.origin,
    step: { websocket, request: { path: split.path }, expect: ["durationMs >= 0.0"] },
  };
}
