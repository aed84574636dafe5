/** Imports Gatus: `endpoints`, `external-endpoints` and `suites`. */
import { parse } from "yaml";
import {
  durationText,
  goDurationMs,
  type Imported,
  type ImportedCheck,
  type Remark,
  type SecretNames,
  splitUrl,
  stepTimeout,
  Taken,
  withReport,
} from "./draft.ts";
import { conditionsOf, SEEN } from "./gatus_condition.ts";
import { connectionOf, placeholders, type StepOptions } from "./gatus_connection.ts";

const WHY: Record<string, string> = {
  ssh: "there is no SSH step",
  alerting: "write the webhooks yourself",
  client: "",
};

/** Imports a Gatus config. */
export function importGatus(text: string, secrets: SecretNames): Imported {
  const root = new Taken(parse(text), "config");
  const endpoints = root.take<unknown[]>("endpoints") ?? [];
  const external = root.take<unknown[]>("external-endpoints") ?? [];
  const suites = root.take<unknown[]>("suites") ?? [];
  const remarks: Remark[] = [];
  const checks = [
    ...endpoints.flatMap((endpoint, i) =>
      endpointOf(new Taken(endpoint, `endpoints[${i}]`), secrets, remarks)
    ),
    ...suites.flatMap((suite, i) => suiteOf(new Taken(suite, `suites[${i}]`), secrets, remarks)),
  ];
  for (const [i, one] of external.entries()) {
    const text = "a pushed report needs a journey beside it: add report: { push: { ttl: 5m } } to a check";
    remarks.push({
      kind: "lost",
      at: `external-endpoints[${i}] ${(one as { name?: string })?.name ?? ""}`,
      text,
    });
  }
  return { checks, remarks: [...remarks, ...root.lost((key) => WHY[key] || "it is about Gatus itself")] };
}

function endpointOf(endpoint: Taken, secrets: SecretNames, unplaced: Remark[]): ImportedCheck[] {
  const name = endpoint.take<string>("name") ?? endpoint.at;
  const group = endpoint.take<string>("group");
  const url = endpoint.take<string>("url") ?? "";
  if (endpoint.take("enabled") === false) {
    unplaced.push({ kind: "lost", at: `${endpoint.at} ${name}`, text: "it is not enabled" });
    return [];
  }
  const made = connectionOf(endpoint, url);
  const split = splitUrl(url);
  if (!split && !made || made && "lost" in made) {
    const text = made && "lost" in made ? made.lost : `there is no step for ${url.split(":")[0]}`;
    unplaced.push({ kind: "lost", at: `${endpoint.at} ${name}`, text });
    return [];
  }
  const remarks: Remark[] = [];
  const everyMs = goDurationMs(endpoint.take("interval")) ?? 60_000;
  const thresholds = thresholdsOf(endpoint, remarks);
  const options = { name, path: split?.path ?? "/", secrets, remarks };
  const step = made ? made.step(options) : stepOf(endpoint, options);
  const labels = { ...endpoint.take<Record<string, string>>("extra-labels"), ...group && { group } };
  endpoint.ignore("ui");
  const draft: ImportedCheck = {
    url: made?.origin ?? split!.origin,
    name,
    labels,
    check: { every: durationText(Math.max(1_000, everyMs)), ...thresholds, journey: [step] },
    remarks: [...remarks, ...endpoint.lost((key) => WHY[key] || "there is nothing like it")],
  };
  return [made ? draft : withReport(draft, options.path)];
}

function thresholdsOf(holder: Taken, remarks: Remark[]) {
  const alerts = holder.take<Record<string, unknown>[]>("alerts") ?? [];
  const all = (key: string) => alerts.map((alert) => alert[key]).filter((value) => typeof value === "number");
  const [failures, successes] = [all("failure-threshold"), all("success-threshold")];
  if (alerts.length > 0) {
    const text = "thresholds belong to the check; write the receivers under webhooks";
    remarks.push({ kind: "approximated", at: `${holder.at}.alerts`, text });
  }
  return {
    ...failures.length > 0 && { failureThreshold: Math.min(...failures) },
    ...successes.length > 0 && { successThreshold: Math.min(...successes) },
  };
}

function stepOf(endpoint: Taken, { name, path, secrets, remarks }: StepOptions): Record<string, unknown> {
  const body = endpoint.take<string>("body");
  const isGraphql = endpoint.take<boolean>("graphql") ?? false;
  const method = endpoint.take<string>("method");
  const headers = Object.entries(endpoint.take<Record<string, string>>("headers") ?? {})
    .filter(([header]) => kept(header, endpoint.at, remarks))
    .map(([header, value]) => [header, secrets.header(header, String(value), name)]);
  const client = endpoint.below("client");
  const timeout = stepTimeout(goDurationMs(client.take("timeout")), client.at, remarks);
  const isUnfollowed = client.take<boolean>("ignore-redirect") ?? false;
  const oauth2 = client.take("oauth2") === undefined ? undefined : client.below("oauth2");
  const expect = conditionsOf(endpoint, SEEN.http, remarks);
  remarks.push(...client.lost(() => "TLS is set on the target; there is no proxy or resolver option"));
  const content = body === undefined
    ? {}
    : isGraphql
    ? { graphql: { query: body } }
    : { raw: placeholders(body, name) };
  return {
    request: {
      ...method && method !== "GET" && { method },
      path,
      ...headers.length > 0 && { headers: Object.fromEntries(headers) },
      ...content,
    },
    ...isUnfollowed && { redirects: 0 },
    ...timeout,
    ...oauth2 && { auth: { oauth2: oauthOf(oauth2, secrets, name, remarks) } },
    expect: expect.length > 0 ? expect : ["status >= 200 && status < 300"],
  };
}

/** Whether to keep a header; adds a remark for those that the transport sets itself. */
function kept(header: string, at: string, remarks: Remark[]): boolean {
  if (!/^(host|connection|content-length|transfer-encoding|te|expect|upgrade)$/i.test(header)) return true;
  remarks.push({ kind: "lost", at: `${at}.headers.${header}`, text: "the transport sets it" });
  return false;
}

function oauthOf(oauth2: Taken, secrets: SecretNames, about: string, remarks: Remark[]) {
  const [tokenUrl, clientId] = [oauth2.take("token-url"), oauth2.take("client-id")];
  const clientSecret = secrets.reference(String(oauth2.take("client-secret") ?? ""), about, "client secret");
  const scopes = oauth2.take<string[]>("scopes") ?? [];
  remarks.push(...oauth2.lost());
  return { tokenUrl, clientId, clientSecret, ...scopes.length > 0 && { scope: scopes.join(" ") } };
}

function suiteOf(suite: Taken, secrets: SecretNames, unplaced: Remark[]): ImportedCheck[] {
  const name = suite.take<string>("name") ?? suite.at;
  const group = suite.take<string>("group");
  const endpoints = (suite.take<unknown[]>("endpoints") ?? []).map((one, i) =>
    new Taken(one, `${suite.at}.endpoints[${i}]`)
  );
  const urls = endpoints.map((one) => splitUrl(contextIn(one.take<string>("url") ?? "")));
  const origin = urls.find((url) => url)?.origin;
  if (!origin) {
    unplaced.push({ kind: "lost", at: `${suite.at} ${name}`, text: "none of its endpoints uses HTTP" });
    return [];
  }
  const everyMs = goDurationMs(suite.take("interval")) ?? 600_000;
  const timeoutMs = goDurationMs(suite.take("timeout")) ?? 300_000;
  const remarks: Remark[] = [];
  const parts: Record<"journey" | "cleanup", unknown[]> = { journey: [], cleanup: [] };
  endpoints.forEach((one, i) => {
    const url = urls[i];
    if (!url) return void remarks.push({ kind: "lost", at: one.at, text: "it does not use HTTP" });
    const path = url.origin === origin ? url.path : url.origin + url.path;
    const step = stepOf(one, { name: one.take<string>("name") ?? name, path, secrets, remarks });
    const store = Object.entries(one.take<Record<string, string>>("store") ?? {});
    const capture = store.map(([key, value]) => [key, value.replace(/^\[BODY\]/, "body")]);
    const part = one.take("always-run") ? "cleanup" : "journey";
    one.ignore("group", "ui");
    parts[part].push({ ...step, ...capture.length > 0 && { capture: Object.fromEntries(capture) } });
    remarks.push(...one.lost());
  });
  if (timeoutMs > 45_000) {
    remarks.push({ kind: "approximated", at: `${suite.at}.timeout`, text: "a journey may take at most 45s" });
  }
  const check = {
    every: durationText(everyMs),
    timeout: durationText(Math.min(timeoutMs, 45_000)),
    journey: parts.journey,
    ...parts.cleanup.length > 0 && { cleanup: parts.cleanup },
  };
  return [{
    url: origin,
    name,
    labels: group ? { group } : {},
    check,
    remarks: [...remarks, ...suite.lost()],
  }];
}

const contextIn = (url: string) => url.replace(/\[CONTEXT\]\.(\w+)/g, "{{ captures.$1 }}");
