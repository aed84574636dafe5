/**
 * Imports Postman collections, v2.0 and v2.1: a folder becomes a check, its requests in order the journey.
 */
import {
  celText,
  type Imported,
  type ImportedCheck,
  type Remark,
  type SecretNames,
  splitUrl,
  Taken,
} from "./draft.ts";

interface Item {
  name?: string;
  item?: Item[];
  request?: unknown;
  event?: { listen?: string; script?: { exec?: string[] | string } }[];
  auth?: unknown;
}

interface Context {
  variables: Map<string, string>;
  captured: Set<string>;
  secrets: SecretNames;
  remarks: Remark[];
  auth?: unknown;
}

/** Imports a collection. The texts after it are environments. */
export function importPostman(
  [text = "{}", ...environments]: readonly string[],
  secrets: SecretNames,
): Imported {
  const collection = JSON.parse(text) as Item & {
    info?: { name?: string };
    variable?: { key: string; value?: string }[];
  };
  const values = environments.flatMap((one) =>
    (JSON.parse(one) as { values?: { key: string; value?: string }[] }).values ?? []
  );
  const variables = new Map(
    [...collection.variable ?? [], ...values].map(({ key, value = "" }) => [key, String(value)]),
  );
  const remarks: Remark[] = [];
  const groups = groupsOf(collection, collection.info?.name ?? "collection", collection.auth);
  const checks = groups.flatMap(({ name, items, auth }) => {
    const context: Context = { variables, captured: new Set(), secrets, remarks: [], auth };
    const steps = items.map((item) => stepOf(item, context));
    const origin = steps.find(({ origin }) => origin)?.origin;
    if (!origin) {
      remarks.push({
        kind: "lost",
        at: name,
        text: "none of its requests has a complete URL: also pass the environment file",
      });
      return [];
    }
    const journey = steps.flatMap(({ origin: at, path, step }) => {
      if (!at) return [];
      return [{ ...step, request: { ...step.request as object, path: at === origin ? path : at + path } }];
    });
    return [{ url: origin, name, check: { journey }, remarks: context.remarks } satisfies ImportedCheck];
  });
  return { checks, remarks };
}

interface Group {
  name: string;
  items: Item[];
  auth?: unknown;
}

function groupsOf({ item = [], auth }: Item, name: string, inherited: unknown): Group[] {
  const own = auth ?? inherited;
  const requests = item.filter(({ request }) => request);
  const folders = item.filter(({ item }) => item);
  return [
    ...requests.length > 0 ? [{ name, items: requests, auth: own }] : [],
    ...folders.flatMap((folder) => groupsOf(folder, folder.name ?? name, own)),
  ];
}

function stepOf(
  item: Item,
  context: Context,
): { origin?: string; path: string; step: Record<string, unknown> } {
  const { secrets, remarks, captured } = context;
  const name = item.name ?? "request";
  const request = typeof item.request === "string"
    ? new Taken({ url: item.request }, name)
    : new Taken(item.request, name);
  const url = fill(urlText(request.take("url"), remarks, name), context, name, "url");
  const split = splitUrl(url);
  if (!split) remarks.push({ kind: "lost", at: name, text: `not a complete URL: ${url}` });
  const { path = "/" } = split ?? {};
  const headers = (request.take<{ key: string; value: string; disabled?: boolean }[]>("header") ?? [])
    .filter(({ disabled }) => !disabled).map((
      { key, value },
    ) => [key, secrets.header(key, fill(value, context, name, key), name)]);
  const method = request.take<string>("method") ?? "GET";
  const body = bodyOf(request.take("body"), context, name);
  const auth = authOf(request.take("auth") ?? context.auth, context, name);
  request.ignore("description");
  const { expect, capture } = scriptsOf(item, context, name);
  for (const key of Object.keys(capture)) captured.add(key);
  remarks.push(...request.lost());
  const step = {
    name,
    request: {
      ...method !== "GET" && { method },
      path,
      ...headers.length > 0 && { headers: Object.fromEntries(headers) },
      ...body,
    },
    ...auth,
    expect: expect.length > 0 ? expect : ["status >= 200 && status < 300"],
    ...Object.keys(capture).length > 0 && { capture },
  };
  return { origin: split?.origin, path, step };
}

interface PostmanUrl {
  raw?: string;
  protocol?: string;
  host?: string | string[];
  path?: string | string[];
  variable?: { key?: string; id?: string; value?: string }[];
}

/** The URL as one text, with its path variables filled in. */
function urlText(url: unknown, remarks: Remark[], name: string): string {
  if (typeof url === "string") return url;
  const { raw, protocol = "https", host = "", path = "", variable = [] } = (url ?? {}) as PostmanUrl;
  const text = raw ?? `${protocol}://${[host].flat().join(".")}/${[path].flat().join("/")}`;
  return variable.reduce((all, { key, id, value }) => {
    const known = key ?? id ?? "";
    if (value) return all.replace(`:${known}`, value);
    remarks.push({ kind: "lost", at: `${name} :${known}`, text: "this part of the path has no value" });
    return all;
  }, text);
}

const DYNAMIC: Record<string, string> = {
  $guid: "{{ run.id }}",
  $timestamp: "{{ int(now) }}",
  $randomUUID: "{{ uuid() }}",
  $randomInt: "{{ random(1000) }}",
};

function fill(text: string, { variables, captured, secrets }: Context, about: string, key: string): string {
  return text.replace(/\{\{([^{}]+)\}\}/g, (_, name: string) => {
    if (captured.has(name)) return `{{ captures.${name} }}`;
    if (DYNAMIC[name]) return DYNAMIC[name];
    const value = variables.get(name);
    if (/token|secret|passw|api-?key|credential/i.test(name)) return secrets.reference(value ?? "", name);
    if (value) return value;
    return secrets.reference("", name || `${about} ${key}`);
  });
}

function bodyOf(body: unknown, context: Context, name: string): Record<string, unknown> {
  const { mode, ...rest } = (body ?? {}) as Record<string, unknown> & { mode?: string };
  const fields = (list: unknown) =>
    Object.fromEntries(
      (list as { key: string; value?: string; disabled?: boolean }[] ?? []).filter(({ disabled }) =>
        !disabled
      )
        .map(({ key, value = "" }) => [key, fill(value, context, name, key)]),
    );
  if (!mode) return {};
  if (mode === "urlencoded") return { form: fields(rest.urlencoded) };
  if (mode === "formdata") return { multipart: fields(rest.formdata) };
  if (mode === "graphql") return { graphql: { query: (rest.graphql as { query?: string })?.query ?? "" } };
  if (mode !== "raw") {
    context.remarks.push({ kind: "lost", at: `${name}.body`, text: `there is no body ${mode}` });
    return {};
  }
  const text = fill(String(rest.raw ?? ""), context, name, "body");
  try {
    return { json: JSON.parse(text) };
  } catch {
    return { raw: text };
  }
}

function authOf(auth: unknown, context: Context, name: string) {
  const { type, ...kinds } = (auth ?? {}) as Record<string, unknown> & { type?: string };
  const value = (key: string) => {
    const list = kinds[type ?? ""];
    const found = Array.isArray(list)
      ? list.find((one) => one.key === key)?.value
      : (list as Record<string, unknown>)?.[key];
    return fill(String(found ?? ""), context, name, key);
  };
  const secret = (key: string) => {
    const text = value(key);
    return /^(\$\{env:|\{\{)/.test(text) ? text : context.secrets.reference(text, name, key);
  };
  if (!type || type === "noauth") return {};
  if (type === "basic") return { auth: { basic: { user: value("username"), password: secret("password") } } };
  if (type === "bearer") return { auth: { bearer: secret("token") } };
  context.remarks.push({ kind: "lost", at: `${name}.auth`, text: `write auth ${type} yourself` });
  return {};
}

const PATTERNS: [RegExp, (match: string[]) => string][] = [
  [/pm\.response\.to\.have\.status\((\d+)\)/, ([, code]) => `status == ${code}`],
  [/pm\.response\.to\.be\.ok/, () => "status >= 200 && status < 300"],
  [/pm\.expect\(pm\.response\.code\)\.to\.(?:eql|equal)\((\d+)\)/, ([, code]) => `status == ${code}`],
  [/pm\.expect\(pm\.response\.code\)\.to\.be\.oneOf\(\[([\d, ]+)\]\)/, ([, codes]) => `status in [${codes}]`],
  [/pm\.expect\(pm\.response\.responseTime\)\.to\.be\.below\((\d+)\)/, ([, ms]) => `durationMs < ${ms}`],
  [/pm\.response\.to\.have\.header\(["']([\w-]+)["']\)/, ([, name]) => `${celText(name!)} in headers`],
  [
    /pm\.expect\((?:json|jsonData|data|body|res|response)((?:\.[A-Za-z_]\w*|\[\d+\])+)\)\.to\.(?:eql|equal|be\.equal)\((-?\d+(?:\.\d+)?|true|false)\)/,
    ([, path, value]) => `body${path} == ${value}`,
  ],
  [
    /pm\.expect\((?:json|jsonData|data|body|res|response)((?:\.[A-Za-z_]\w*|\[\d+\])+)\)\.to\.(?:eql|equal|be\.equal)\(["']([^"']*)["']\)/,
    ([, path, value]) => `body${path} == ${celText(value!)}`,
  ],
  [
    /pm\.expect\(pm\.response\.text\(\)\)\.to\.include\(["']([^"']*)["']\)/,
    ([, text]) => `text.contains(${celText(text!)})`,
  ],
];
const SET =
  /pm\.(?:environment|collectionVariables|globals|variables)\.set\(["'](\w+)["'],\s*(?:pm\.response\.json\(\)|json|jsonData|data|body|res|response)((?:\.[A-Za-z_]\w*|\[\d+\])+)\)/;
/** Lines of a script that have no effect by themselves. */
const FRAME =
  /^\s*(\}\)?;?|pm\.test\(.*\{|(?:const|let|var)\s+\w+\s*=\s*(?:pm\.response\.json\(\)|JSON\.parse\(.*\));?|\/\/.*)?\s*$/;

function scriptsOf({ event = [] }: Item, { remarks }: Context, name: string) {
  const expect: string[] = [];
  const capture: Record<string, string> = {};
  for (const { listen, script } of event) {
    const lines = [script?.exec ?? []].flat();
    for (const line of lines) {
      const found = PATTERNS.map(([pattern, make]) => ({ match: pattern.exec(line), make })).find((
        { match },
      ) => match);
      const set = SET.exec(line);
      if (listen === "test" && set) capture[set[1]!] = `body${set[2]}`;
      else if (listen === "test" && found) expect.push(found.make(found.match as string[]));
      else if (!FRAME.test(line)) {
        remarks.push({
          kind: "lost",
          at: `${name} ${listen === "test" ? "test" : "script"}`,
          text: line.trim(),
        });
      }
    }
  }
  return { expect, capture };
}
