/** Converts Gatus endpoints that do not use HTTP (see Gatus's client/client.go). */
import { dnsFields, grpcOrigin, placeOf } from "./connection.ts";
import { goDurationMs, type Remark, type SecretNames, splitUrl, stepTimeout, type Taken } from "./draft.ts";
import { conditionsOf, SEEN } from "./gatus_condition.ts";

/** Options for building a step. */
export interface StepOptions {
  name: string;
  path: string;
  secrets: SecretNames;
  remarks: Remark[];
}

/** The target and step of an endpoint, or why it was lost. */
type Made = { origin: string; step: (options: StepOptions) => Record<string, unknown> } | { lost: string };

/** Replaces Gatus's placeholders in a body. */
export const placeholders = (body: string, name: string): string =>
  body.replaceAll("[ENDPOINT_NAME]", name).replace(/\[RANDOM_STRING_\d+\]/g, "{{ run.id }}");

/** Converts an endpoint with a DNS query or a scheme of `KINDS`; undefined for any other. */
export function connectionOf(endpoint: Taken, url: string): Made | undefined {
  const dns = endpoint.take<{ "query-name"?: string; "query-type"?: string }>("dns");
  if (dns) return dnsOf(endpoint, url, { name: dns["query-name"] ?? "", type: dns["query-type"] ?? "A" });
  return KINDS[url.split(":")[0]!.toLowerCase()]?.(endpoint, url);
}

/** One row per scheme. */
const KINDS: Record<string, (endpoint: Taken, url: string) => Made> = {
  tcp: tcpOf,
  tls: tlsOf,
  ws: websocketOf,
  wss: websocketOf,
  grpc: grpcOf,
  grpcs: grpcOf,
  starttls: () => ({ lost: "there is no STARTTLS" }),
};

function tcpOf(endpoint: Taken, url: string): Made {
  const place = placeOf(url);
  if (!place?.port) return { lost: "it names no port" };
  const { host, port, origin } = place;
  const step = ({ name, remarks }: StepOptions) => {
    const body = endpoint.take<string>("body");
    const send = body && placeholders(body, name);
    const expect = conditionsOf(endpoint, SEEN.tcp, remarks);
    if (send) {
      const text = "a response ends with its first line; Gatus reads whatever arrives first";
      remarks.push({ kind: "approximated", at: `${endpoint.at}.body`, text });
    }
    return {
      tcp: { host, port, ...send && { send } },
      ...clientOf(endpoint, remarks),
      expect: send ? ["size(text) > 0", ...expect] : expect.length > 0 ? expect : ["connected"],
    };
  };
  return { origin, step };
}

function tlsOf(endpoint: Taken, url: string): Made {
  const place = placeOf(url);
  if (!place?.port) return { lost: "it names no port" };
  const { host, port, origin } = place;
  const step = ({ remarks }: StepOptions) => {
    const client = endpoint.below("client");
    const isUnverified = client.take<boolean>("insecure") ?? false;
    const expect = conditionsOf(endpoint, SEEN.tls, remarks);
    return {
      tls: { host, port, ...isUnverified && { verify: false } },
      ...clientOf(endpoint, remarks, client),
      expect: expect.length > 0 ? expect : [SEEN.tls.connected],
    };
  };
  return { origin, step };
}

function dnsOf(endpoint: Taken, url: string, { name, type }: { name: string; type: string }): Made {
  const server = url.replace(/^\w+:\/\//, "");
  const place = placeOf(server);
  const fields = dnsFields(name, type, server);
  if (!place) return { lost: "it is not a DNS server" };
  if (!fields) return { lost: `a DNS step cannot ask for ${type} records` };
  const records = type === "MX" ? "MX" : type === "CNAME" || type === "NS" ? "named" : "plain";
  const step = ({ remarks }: StepOptions) => {
    const expect = conditionsOf(endpoint, { ...SEEN.dns, records }, remarks);
    return {
      ...fields,
      ...clientOf(endpoint, remarks),
      expect: expect.length > 0 ? expect : ["rcode == 'NOERROR'"],
      emptyOk: true,
    };
  };
  return { origin: place.origin, step };
}

function websocketOf(endpoint: Taken, url: string): Made {
  const split = splitUrl(url.replace(/^ws/i, "http"));
  if (!split) return { lost: "it is not a WebSocket URL" };
  const step = ({ name, secrets, remarks }: StepOptions) => {
    const body = endpoint.take<string>("body");
    const headers = Object.entries(endpoint.take<Record<string, string>>("headers") ?? {})
      .map(([header, value]) => [header, secrets.header(header, String(value), name)]);
    const expect = conditionsOf(endpoint, SEEN.websocket, remarks);
    return {
      websocket: body ? { send: placeholders(body, name) } : {},
      request: { path: split.path, ...headers.length > 0 && { headers: Object.fromEntries(headers) } },
      ...clientOf(endpoint, remarks),
      expect: expect.length > 0 ? expect : [SEEN.websocket.connected],
    };
  };
  return { origin: split.origin, step };
}

/** Gatus asks only about the whole server, and its conditions see the response as JSON. */
function grpcOf(endpoint: Taken, url: string): Made {
  const origin = grpcOrigin(url, /^grpcs:/i.test(url));
  if (!origin) return { lost: "it names no port" };
  const step = ({ remarks }: StepOptions) => {
    const expect = conditionsOf(endpoint, SEEN.grpc, remarks);
    return {
      grpc: {},
      ...clientOf(endpoint, remarks),
      expect: expect.length > 0 ? expect : [SEEN.grpc.connected],
    };
  };
  return { origin, step };
}

function clientOf(endpoint: Taken, remarks: Remark[], client: Taken = endpoint.below("client")) {
  const timeout = stepTimeout(goDurationMs(client.take("timeout")), client.at, remarks);
  remarks.push(...client.lost(() => "a step has its own timeout only"));
  return timeout;
}
