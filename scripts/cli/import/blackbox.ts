/** Imports Prometheus's blackbox exporter: modules from blackbox.yml, targets from prometheus.yml. */
import { parse } from "yaml";
import { BLACKBOX_STEPS, type BlackboxStep } from "./blackbox_connection.ts";
import {
  celText,
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

interface Target {
  url: string;
  module: string;
  everyMs: number;
  labels: Record<string, string>;
}

/** Combines the modules and the targets of all texts. */
export function importBlackbox(texts: readonly string[], secrets: SecretNames): Imported {
  const remarks: Remark[] = [];
  const roots = texts.map((text) => parse(text) as Record<string, unknown>);
  const modules = Object.assign({}, ...roots.map((root) => root?.modules ?? {})) as Record<string, unknown>;
  const targets = roots.flatMap((root) => targetsOf(root ?? {}, remarks));
  if (Object.keys(modules).length === 0) {
    remarks.push({ kind: "lost", at: "modules", text: "no file has any" });
  }
  if (targets.length === 0) {
    remarks.push({
      kind: "lost",
      at: "scrape_configs",
      text: "no file has probed targets: also pass prometheus.yml",
    });
  }
  const checks = targets.flatMap((target) => {
    const at = `${target.url} (${target.module})`;
    const module = new Taken(modules[target.module], `modules.${target.module}`);
    const prober = module.take<string>("prober");
    const made = BLACKBOX_STEPS[prober ?? ""]?.(module, target.url, secrets);
    if (made && "check" in made) return [draftOf(module, target, made)];
    const split = splitUrl(/^\w+:\/\//.test(target.url) ? target.url : `http://${target.url}`);
    if (prober !== "http" || !split) {
      const none = prober ? `there is no step for prober ${prober}` : "there is no such module";
      remarks.push({ kind: "lost", at, text: made?.lost ?? none });
      return [];
    }
    return [checkOf(module, target, split, secrets)];
  });
  return { checks, remarks };
}

/** Converts a module that does not use HTTP, for one target. */
function draftOf(module: Taken, target: Target, { origin, check, remarks }: BlackboxStep): ImportedCheck {
  const timeout = stepTimeout(goDurationMs(module.take("timeout")), module.at, remarks);
  return {
    url: origin,
    name: target.url,
    labels: target.labels,
    check: { every: durationText(Math.max(1_000, target.everyMs)), journey: [{ ...check, ...timeout }] },
    remarks: [...remarks, ...module.lost(() => "a prober of another kind")],
  };
}

function targetsOf(root: Record<string, unknown>, remarks: Remark[]): Target[] {
  const everyMs = goDurationMs((root.global as Record<string, unknown>)?.scrape_interval) ?? 60_000;
  const jobs = Array.isArray(root.scrape_configs) ? root.scrape_configs as Record<string, unknown>[] : [];
  return jobs.flatMap((job, i) => {
    const module = (job.params as Record<string, string[]> | undefined)?.module?.[0];
    if (job.metrics_path !== "/probe" || !module) return [];
    for (const key of Object.keys(job).filter((key) => key.endsWith("_sd_configs"))) {
      remarks.push({
        kind: "lost",
        at: `scrape_configs[${i}].${key}`,
        text: "the import cannot discover its targets",
      });
    }
    const groups = Array.isArray(job.static_configs) ? job.static_configs as Record<string, unknown>[] : [];
    return groups.flatMap(({ targets, labels }) =>
      (targets as string[] ?? []).map((url) => ({
        url,
        module,
        everyMs: goDurationMs(job.scrape_interval) ?? everyMs,
        labels: { ...labels as Record<string, string>, job: String(job.job_name ?? "") },
      }))
    );
  });
}

function checkOf(
  module: Taken,
  target: Target,
  { origin, path }: { origin: string; path: string },
  secrets: SecretNames,
): ImportedCheck {
  const remarks: Remark[] = [];
  const http = module.below("http");
  const method = http.take<string>("method") ?? "GET";
  const values = Object.entries(
    http.take<Record<string, { values?: string[]; secrets?: string[]; files?: string[] }>>("http_headers") ??
      {},
  )
    .flatMap(([name, { values = [], secrets: hidden = [], files = [] }]): [string, string][] => {
      for (const file of files) {
        remarks.push({ kind: "lost", at: `${http.at}.http_headers.${name}`, text: `the file ${file}` });
      }
      const all = [...values, ...hidden];
      return all.length > 0 ? [[name, all.join(", ")]] : [];
    });
  const written = [...Object.entries(http.take<Record<string, string>>("headers") ?? {}), ...values];
  const headers = written.flatMap(
    ([name, value]) => {
      if (!/^(host|content-length|connection)$/i.test(name)) {
        return [[name, secrets.header(name, value, module.at)]];
      }
      remarks.push({ kind: "lost", at: `${http.at}.headers.${name}`, text: "the transport sets it" });
      return [];
    },
  );
  const body = http.take<string>("body");
  const follows = http.take<boolean>("follow_redirects") ??
    !(http.take<boolean>("no_follow_redirects") ?? false);
  const expect = expectationsOf(http, origin, remarks);
  const auth = authOf(http, secrets, module.at, remarks);
  const timeout = stepTimeout(goDurationMs(module.take("timeout")), module.at, remarks);
  http.ignore("preferred_ip_protocol", "ip_protocol_fallback");
  const draft: ImportedCheck = {
    url: origin,
    name: target.url,
    labels: target.labels,
    check: {
      every: durationText(Math.max(1_000, target.everyMs)),
      journey: [{
        request: {
          ...method !== "GET" && { method },
          path,
          ...headers.length > 0 && { headers: Object.fromEntries(headers) },
          ...body !== undefined && { raw: body },
        },
        ...!follows && { redirects: 0 },
        ...timeout,
        ...auth,
        expect,
      }],
    },
    remarks: [...remarks, ...http.lost(), ...module.lost(() => "a prober of another kind")],
  };
  return method === "GET" ? withReport(draft, path) : draft;
}

function expectationsOf(http: Taken, origin: string, remarks: Remark[]): string[] {
  const codes = http.take<number[]>("valid_status_codes") ?? [];
  const isAny = http.take<boolean>("accept_any_response") ?? false;
  const expect = [
    isAny
      ? "status > 0"
      : codes.length > 0
      ? `status in [${codes.join(", ")}]`
      : "status >= 200 && status < 300",
  ];
  for (const pattern of http.take<string[]>("fail_if_body_matches_regexp") ?? []) {
    expect.push(`!text.matches(${celText(pattern)})`);
  }
  for (const pattern of http.take<string[]>("fail_if_body_not_matches_regexp") ?? []) {
    expect.push(`text.matches(${celText(pattern)})`);
  }
  const cel = http.take<string>("fail_if_body_json_not_matches_cel");
  if (cel) expect.push(cel);
  const not = http.take<string>("fail_if_body_json_matches_cel");
  if (not) expect.push(`!(${not})`);
  for (
    const [key, wanted] of [["fail_if_header_matches", false], ["fail_if_header_not_matches", true]] as const
  ) {
    for (const rule of http.take<{ header: string; regexp: string; allow_missing?: boolean }[]>(key) ?? []) {
      const [has, value] = [`${celText(rule.header)} in headers`, `headers[${celText(rule.header)}]`];
      const match = `${wanted ? "" : "!"}${value}.matches(${celText(rule.regexp)})`;
      expect.push(rule.allow_missing ? `!(${has}) || ${match}` : `${has} && ${match}`);
    }
  }
  const isHttps = origin.startsWith("https:");
  for (const [key, fails] of [["fail_if_ssl", isHttps], ["fail_if_not_ssl", !isHttps]] as const) {
    if (http.take<boolean>(key) && fails) {
      remarks.push({ kind: "lost", at: `${http.at}.${key}`, text: `${origin} would always fail` });
    }
  }
  return expect;
}

function authOf(http: Taken, secrets: SecretNames, about: string, remarks: Remark[]) {
  const basic = http.take<Record<string, string>>("basic_auth");
  if (basic) {
    const password = secrets.reference(basic.password ?? basic.password_file ?? "", about, "password");
    return { auth: { basic: { user: basic.username ?? "", password } } };
  }
  const token = http.take<string>("bearer_token") ??
    http.take<Record<string, string>>("authorization")?.credentials;
  if (token) return { auth: { bearer: secrets.reference(token, about, "token") } };
  const oauth2 = http.below("oauth2");
  const tokenUrl = oauth2.take<string>("token_url");
  if (!tokenUrl) return {};
  const clientId = oauth2.take<string>("client_id");
  const clientSecret = secrets.reference(String(oauth2.take("client_secret") ?? ""), about, "client secret");
  const scopes = oauth2.take<string[]>("scopes") ?? [];
  const { grant_type: _, ...params } = oauth2.take<Record<string, string>>("endpoint_params") ?? {};
  remarks.push(...oauth2.lost());
  return {
    auth: {
      oauth2: {
        tokenUrl,
        clientId,
        clientSecret,
        ...scopes.length > 0 && { scope: scopes.join(" ") },
        ...Object.keys(params).length > 0 && { params },
      },
    },
  };
}
