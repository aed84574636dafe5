/**
 * Imports Uptime Kuma: the JSON backup of version 1, or the table `monitor` as JSON (`sqlite3 -json kuma.db
 * 'select * from monitor'`).
 */
import {
  celText,
  type Imported,
  type ImportedCheck,
  type Remark,
  type SecretNames,
  splitUrl,
  statusRange,
  stepTimeout,
  Taken,
  withReport,
} from "./draft.ts";
import { KUMA_STEPS, type KumaStep, REQUEST_DEFAULTS } from "./uptime_kuma_connection.ts";

const HTTP = new Set(["http", "keyword", "json-query"]);
/** Keys about how Kuma shows and stores a monitor, and keys of kinds that are lost as a whole. */
const OWN = [
  "id",
  "user_id",
  "weight",
  "createdDate",
  "created_date",
  "description",
  "hostname",
  "port",
  "dns_resolve_type",
  "dns_resolve_server",
  "pathName",
  "childrenIDs",
  "includeSensitiveData",
  "notificationIDList",
  "tags",
  "path",
  "screenshot",
  "dns_last_result",
  "packetSize",
  "packet_size",
  "resendInterval",
  "resend_interval",
  "forceInactive",
  "parent",
  "maintenance",
];

/** Imports the monitors. */
export function importUptimeKuma(text: string, secrets: SecretNames): Imported {
  const root: unknown = JSON.parse(text);
  const list = Array.isArray(root) ? root : (root as { monitorList?: unknown }).monitorList ?? [];
  const monitors = (Array.isArray(list) ? list : Object.values(list as object)) as Record<string, unknown>[];
  const names = new Map(monitors.map(({ id, name }) => [id, String(name)]));
  const remarks: Remark[] = [];
  const checks = monitors.flatMap((monitor, i) => {
    const at = `monitor ${String(monitor.name ?? i)}`;
    const type = String(monitor.type);
    const isOff = monitor.active === false || monitor.active === 0;
    const split = splitUrl(String(monitor.url ?? ""));
    if (type === "group") return [];
    const group = names.get(monitor.parent);
    const made = isOff ? undefined : KUMA_STEPS[type]?.(monitor);
    if (made && "step" in made) return [connectionCheck(new Taken(monitor, at), made, group)];
    if (!HTTP.has(type) || isOff || !split) {
      const text = isOff
        ? "it is paused"
        : type === "push"
        ? "write report: { push: { ttl: 5m } } and a journey"
        : made?.lost ?? `there is no step for ${type}`;
      remarks.push({ kind: "lost", at, text });
      return [];
    }
    return [checkOf(new Taken(monitor, at), type, split, { group, secrets })];
  });
  return { checks, remarks };
}

function checkOf(
  monitor: Taken,
  type: string,
  { origin, path }: { origin: string; path: string },
  { group, secrets }: { group?: string; secrets: SecretNames },
): ImportedCheck {
  const either = <Value>(one: string, other: string) =>
    monitor.take<Value>(one) ?? monitor.take<Value>(other);
  const name = monitor.take<string>("name") ?? monitor.at;
  const remarks: Remark[] = [];
  const schedule = scheduleOf(monitor, remarks);
  const method = monitor.take<string>("method") ?? "GET";
  const body = monitor.take<string>("body");
  const encoding = either<string>("httpBodyEncoding", "http_body_encoding") ?? "json";
  const redirects = Number(monitor.take("maxredirects") ?? 10);
  const timeout = timeoutOf(monitor, remarks);
  const isUpsideDown = Boolean(either("upsideDown", "upside_down"));
  const expect = expectationsOf(monitor, type, remarks);
  if (isUpsideDown) remarks.push(silenceIsBad(monitor));
  const headers = headersOf(monitor, secrets, name, remarks);
  if (body && encoding === "xml") headers["content-type"] ??= "text/xml; charset=utf-8";
  const auth = authOf(monitor, secrets, name, remarks);
  monitor.ignore(...OWN);
  const draft: ImportedCheck = {
    url: origin,
    name,
    labels: group ? { group } : {},
    check: {
      ...schedule,
      journey: [{
        request: {
          ...method !== "GET" && { method },
          path,
          ...Object.keys(headers).length > 0 && { headers },
          ...body && (encoding === "json" ? jsonBody(body) : { raw: body }),
        },
        redirects: Math.min(10, redirects),
        ...timeout,
        ...auth,
        expect: isUpsideDown ? [`!(${expect.map((one) => `(${one})`).join(" && ")})`] : expect,
      }],
    },
    remarks: [...remarks, ...monitor.lost()],
  };
  return method === "GET" && type === "http" ? withReport(draft, path) : draft;
}

function scheduleOf(monitor: Taken, remarks: Remark[]) {
  const retries = Number(monitor.take("maxretries") ?? 0);
  if (retries > 0) {
    const text = "retries come at the check's period, not faster";
    remarks.push({ kind: "approximated", at: `${monitor.at}.maxretries`, text });
  }
  monitor.ignore("retryInterval", "retry_interval", "type", "url", "active");
  return {
    every: `${Math.max(1, Number(monitor.take("interval") ?? 60))}s`,
    ...retries > 0 && { failureThreshold: Math.min(100, retries + 1) },
  };
}

const timeoutOf = (monitor: Taken, remarks: Remark[]) =>
  stepTimeout(1_000 * Number(monitor.take("timeout") ?? 0), monitor.at, remarks);

const silenceIsBad = ({ at }: Taken): Remark => ({
  kind: "lost",
  at: `${at}.upsideDown`,
  text: "a check never passes without a response",
});

/** Converts a monitor that does not use HTTP. */
function connectionCheck(
  monitor: Taken,
  { origin, step, approximated = [] }: KumaStep,
  group?: string,
): ImportedCheck {
  const remarks = approximated.map(([key, text]): Remark => ({
    kind: "approximated",
    at: `${monitor.at}.${key}`,
    text,
  }));
  const name = monitor.take<string>("name") ?? monitor.at;
  const schedule = scheduleOf(monitor, remarks);
  const isUpsideDown = Boolean(monitor.take("upsideDown") ?? monitor.take("upside_down"));
  if (isUpsideDown) remarks.push(silenceIsBad(monitor));
  const conditions = monitor.take<string>("conditions");
  if (conditions && conditions.length > 0 && conditions !== "[]") {
    const text = "write them as expect";
    remarks.push({ kind: "lost", at: `${monitor.at}.conditions`, text });
  }
  monitor.ignore(...OWN, ...REQUEST_DEFAULTS);
  const journey = [{ ...step, ...timeoutOf(monitor, remarks) }];
  const check = { ...schedule, journey };
  return {
    url: origin,
    name,
    labels: group ? { group } : {},
    check,
    remarks: [...remarks, ...monitor.lost()],
  };
}

function expectationsOf(monitor: Taken, type: string, remarks: Remark[]): string[] {
  const written = monitor.take<string[] | string>("accepted_statuscodes") ??
    monitor.take<string>("accepted_statuscodes_json");
  const codes = typeof written === "string" ? JSON.parse(written) as string[] : written ?? ["200-299"];
  const ranges = codes.map((code) => {
    const [from, to = from] = code.split("-").map(Number);
    return statusRange(from!, to!);
  });
  const expect = [ranges.length === 1 ? ranges[0]! : ranges.map((range) => `(${range})`).join(" || ")];
  const keyword = monitor.take<string>("keyword");
  const isInverted = Boolean(monitor.take("invertKeyword") ?? monitor.take("invert_keyword"));
  if (type === "keyword" && keyword) {
    expect.push(`${isInverted ? "!" : ""}text.contains(${celText(keyword)})`);
  }
  const query = monitor.take<string>("jsonPath") ?? monitor.take<string>("json_path");
  const operator = monitor.take<string>("jsonPathOperator") ?? monitor.take<string>("json_path_operator") ??
    "==";
  const wanted = monitor.take<string>("expectedValue") ?? monitor.take<string>("expected_value") ?? "";
  if (type !== "json-query" || !query) return expect;
  const plain = /^(?:\$\.?)?((?:\.?[A-Za-z_]\w*|\[\d+\])*)$/.exec(query)?.[1];
  if (plain === undefined) {
    remarks.push({ kind: "lost", at: `${monitor.at}.jsonPath`, text: `JSONata: ${query}` });
    return expect;
  }
  const value = plain === "" ? "body" : `body${plain.startsWith("[") ? "" : "."}${plain}`;
  const isNumber = /^-?\d+(\.\d+)?$/.test(wanted);
  const isBool = wanted === "true" || wanted === "false";
  remarks.push({
    kind: "approximated",
    at: `${monitor.at}.expectedValue`,
    text: `compares a ${isNumber ? "number" : isBool ? "bool" : "text"}; Kuma compares texts`,
  });
  const literal = isNumber || isBool ? wanted : celText(wanted);
  expect.push(
    operator === "contains" ? `${value}.contains(${celText(wanted)})` : `${value} ${operator} ${literal}`,
  );
  return expect;
}

function headersOf(
  monitor: Taken,
  secrets: SecretNames,
  about: string,
  remarks: Remark[],
): Record<string, string> {
  const text = monitor.take<string>("headers");
  if (!text) return {};
  try {
    const headers = JSON.parse(text) as Record<string, string>;
    return Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, secrets.header(name, String(value), about)]),
    );
  } catch {
    remarks.push({ kind: "lost", at: `${monitor.at}.headers`, text: "they are not JSON" });
    return {};
  }
}

function jsonBody(body: string): { json: unknown } | { raw: string } {
  try {
    return { json: JSON.parse(body) };
  } catch {
    return { raw: body };
  }
}

function authOf(monitor: Taken, secrets: SecretNames, about: string, remarks: Remark[]) {
  const method = monitor.take<string>("authMethod") ?? monitor.take<string>("auth_method");
  const user = monitor.take<string>("basic_auth_user");
  const password = monitor.take<string>("basic_auth_pass");
  const token = monitor.take<string>("bearer_token");
  const take = (name: string) => monitor.take<string>(`oauth_${name}`);
  const [tokenUrl, clientId, secret, scope] = [
    take("token_url"),
    take("client_id"),
    take("client_secret"),
    take("scopes"),
  ];
  monitor.ignore("oauth_auth_method");
  if (method === "basic" || (!method && user)) {
    return {
      auth: { basic: { user: user ?? "", password: secrets.reference(password ?? "", about, "password") } },
    };
  }
  if (method === "bearer" || (!method && token)) {
    return { auth: { bearer: secrets.reference(token ?? "", about, "token") } };
  }
  if (method === "oauth2-cc") {
    const clientSecret = secrets.reference(secret ?? "", about, "client secret");
    return { auth: { oauth2: { tokenUrl, clientId, clientSecret, ...scope && { scope } } } };
  }
  if (method) {
    remarks.push({ kind: "lost", at: `${monitor.at}.authMethod`, text: `there is no auth ${method}` });
  }
  return {};
}
