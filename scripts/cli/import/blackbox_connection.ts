/**
 * Converts blackbox modules that do not use HTTP (see the exporter's prober/tcp.go, dns.go, websocket.go and
 * grpc.go).
 */
import {
  conditionsOf,
  dialogueOf,
  dnsFields,
  grpcOrigin,
  placeOf,
  type QueryResponse,
} from "./connection.ts";
import { celText, type Remark, type SecretNames, splitUrl, type Taken } from "./draft.ts";

/** One step, its target, and remarks about what it lacks. */
export interface BlackboxStep {
  origin: string;
  check: Record<string, unknown>;
  remarks: Remark[];
}

type Made = BlackboxStep | { lost: string };

/** One row per prober. */
export const BLACKBOX_STEPS: Record<
  string,
  (module: Taken, target: string, secrets: SecretNames) => Made
> = { tcp: tcpOf, dns: dnsOf, websocket: websocketOf, grpc: grpcOf };

const ROUTES = ["preferred_ip_protocol", "ip_protocol_fallback"];

function tcpOf(module: Taken, target: string): Made {
  const place = placeOf(target);
  if (!place?.port) return { lost: "it names no port" };
  const { host, port, origin } = place;
  const tcp = module.below("tcp");
  tcp.ignore(...ROUTES);
  const remarks: Remark[] = [];
  const isTls = tcp.take<boolean>("tls") ?? false;
  const exchanges = tcp.take<QueryResponse[]>("query_response") ?? [];
  if (isTls && exchanges.length === 0) {
    const config = tcp.below("tls_config");
    const serverName = config.take<string>("server_name");
    const isUnverified = config.take<boolean>("insecure_skip_verify") ?? false;
    const tls = { host, port, ...serverName && { serverName }, ...isUnverified && { verify: false } };
    const check = { tls, expect: [isUnverified ? "version != ''" : "trusted"] };
    return { origin, check, remarks: [...config.lost(), ...tcp.lost()] };
  }
  const dialogue = dialogueOf(exchanges, `${tcp.at}.query_response`, remarks);
  const isGreeted = dialogue.greeting !== undefined && dialogue.send !== undefined;
  const { send } = dialogue;
  const options = { ...isTls && { tls: true }, ...isGreeted && { greeting: true }, ...send && { send } };
  const conditions = conditionsOf(dialogue);
  const check = {
    tcp: { host, port, ...options },
    expect: conditions.length > 0 ? conditions : ["connected"],
  };
  return { origin, check, remarks: [...remarks, ...tcp.lost()] };
}

function dnsOf(module: Taken, target: string): Made {
  const place = placeOf(target);
  if (!place) return { lost: "it is not a DNS server" };
  const dns = module.below("dns");
  dns.ignore(...ROUTES);
  const type = dns.take<string>("query_type") ?? "ANY";
  const fields = dnsFields(dns.take<string>("query_name") ?? "", type, target);
  if (!fields) return { lost: `a DNS step cannot ask for ${type} records` };
  const rcodes = dns.take<string[]>("valid_rcodes") ?? ["NOERROR"];
  const remarks: Remark[] = [];
  if (dns.take<string>("transport_protocol") === "tcp") {
    const text = "uses UDP, and TCP only for a truncated response";
    remarks.push({ kind: "approximated", at: `${dns.at}.transport_protocol`, text });
  }
  const expect = [
    rcodes.length === 1 ? `rcode == ${celText(rcodes[0]!)}` : `rcode in [${rcodes.map(celText).join(", ")}]`,
    ...recordRules(dns.below("validate_answer_rrs"), remarks),
  ];
  if (dns.take("recursion_desired") === false) {
    remarks.push({
      kind: "lost",
      at: `${dns.at}.recursion_desired`,
      text: "a step always asks for recursion",
    });
  }
  const check = { ...fields, expect, emptyOk: true };
  return { origin: place.origin, check, remarks: [...remarks, ...dns.lost()] };
}

/** CEL for a record as miekg/dns prints it. */
const RECORD = "r.name + '.\\t' + string(r.ttl) + '\\tIN\\t' + r.type + '\\t' + r.data";

function recordRules(rules: Taken, remarks: Remark[]): string[] {
  const patterns = (key: string) => rules.take<string[]>(key) ?? [];
  const each = (pattern: string) => `(${RECORD}).matches(${celText(pattern)})`;
  const none = patterns("fail_if_none_matches_regexp");
  const all = patterns("fail_if_all_match_regexp");
  if (all.length > 0) {
    const text = "follows blackbox, which fails unless all match";
    remarks.push({ kind: "approximated", at: `${rules.at}.fail_if_all_match_regexp`, text });
  }
  const expect = [
    ...patterns("fail_if_matches_regexp").map((pattern) => `!answers.exists(r, ${each(pattern)})`),
    ...patterns("fail_if_not_matches_regexp").map((pattern) =>
      `size(answers) > 0 && answers.all(r, ${each(pattern)})`
    ),
    ...all.map((pattern) => `answers.all(r, ${each(pattern)})`),
    ...none.length > 0 ? [`answers.exists(r, ${none.map(each).join(" || ")})`] : [],
  ];
  remarks.push(...rules.lost());
  return expect;
}

function websocketOf(module: Taken, target: string, secrets: SecretNames): Made {
  const split = splitUrl(target.replace(/^ws/i, "http"));
  if (!split) return { lost: "it is not a WebSocket URL" };
  const socket = module.below("websocket");
  const client = socket.below("http_config");
  const remarks: Remark[] = [];
  const headers = Object.entries(client.take<Record<string, string>>("headers") ?? {})
    .map(([name, value]) => [name, secrets.header(name, String(value), module.at)]);
  if ((socket.take<QueryResponse[]>("query_response") ?? []).length > 0) {
    const text = "blackbox only counts it in a metric, and is up without it";
    remarks.push({ kind: "lost", at: `${socket.at}.query_response`, text });
  }
  const check = {
    websocket: { messages: 0 },
    request: { path: split.path, ...headers.length > 0 && { headers: Object.fromEntries(headers) } },
    expect: ["durationMs >= 0.0"],
  };
  return { origin: split.origin, check, remarks: [...remarks, ...client.lost(), ...socket.lost()] };
}

function grpcOf(module: Taken, target: string): Made {
  const grpc = module.below("grpc");
  grpc.ignore(...ROUTES);
  const service = grpc.take<string>("service");
  const origin = grpcOrigin(target, grpc.take<boolean>("tls") ?? false);
  if (!origin) return { lost: "it names no port" };
  const check = { grpc: service ? { service } : {}, expect: ["message.status == 'SERVING'"] };
  return { origin, check, remarks: grpc.lost() };
}
