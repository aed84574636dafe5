/**
 * Imports OpenAPI 3: GET operations that need no input become steps; a health operation becomes the report.
 */
import { parse } from "yaml";
import {
  type Imported,
  type ImportedCheck,
  isHealthPath,
  type Remark,
  type SecretNames,
  splitUrl,
} from "./draft.ts";

type Json = Record<string, unknown>;

const METHODS = ["get", "head", "post", "put", "patch", "delete", "options", "trace"];
const MOST_STEPS = 20;

/** Imports a document in YAML or JSON. */
export function importOpenapi(text: string, secrets: SecretNames): Imported {
  const root = parse(text) as Json;
  const name = String((root.info as Json | undefined)?.title ?? "api");
  const server = serverOf(root);
  if (!server) {
    const text = "no server has an absolute URL: set the target's url";
    return { checks: [], remarks: [{ kind: "lost", at: "servers", text }] };
  }
  const remarks: Remark[] = [];
  const operations = Object.entries(root.paths as Json ?? {}).flatMap(([path, item]) =>
    METHODS.filter((method) => (item as Json)[method]).map((method) => ({
      path,
      method,
      operation: (item as Json)[method] as Json,
      parameters: [
        ...(item as Json).parameters as Json[] ?? [],
        ...((item as Json)[method] as Json).parameters as Json[] ?? [],
      ]
        .map((one) => resolve(root, one)),
    }))
  );
  const health = operations.find(({ path, method }) => method === "get" && isHealthPath(path));
  const steps = operations.filter((one) => one !== health).flatMap((one) => {
    const at = `${one.method.toUpperCase()} ${one.path}`;
    if (one.method !== "get") {
      remarks.push({ kind: "lost", at, text: "it may change something: write the step and a cleanup" });
      return [];
    }
    const path = filledPath(one.path, one.parameters);
    if (!path) {
      remarks.push({ kind: "lost", at, text: "a required parameter has no example, default or enum" });
      return [];
    }
    return [{ request: { path }, expect: expectationsOf(root, one.operation) }];
  });
  if (steps.length > MOST_STEPS) {
    remarks.push({
      kind: "lost",
      at: "paths",
      text: `only the first ${MOST_STEPS} of ${steps.length} reads are imported`,
    });
  }
  const auth = authOf(root, secrets, remarks);
  if (steps.length === 0) {
    remarks.push({
      kind: "approximated",
      at: name,
      text: "write a journey that uses the service: every read needs parameters",
    });
  }
  const check = {
    ...health && { report: { path: server.path + health.path } },
    ...auth,
    journey: steps.length > 0
      ? steps.slice(0, MOST_STEPS).map((step) => ({
        ...step,
        request: { path: server.path + step.request.path },
      }))
      : [{ request: { path: server.path + (health?.path ?? "/") }, expect: ["status == 200"] }],
  };
  return { checks: [{ url: server.origin, name, check, remarks } satisfies ImportedCheck], remarks: [] };
}

function serverOf(root: Json): { origin: string; path: string } | undefined {
  const [server] = root.servers as { url?: string; variables?: Record<string, { default?: string }> }[] ?? [];
  const url = (server?.url ?? "").replace(
    /\{(\w+)\}/g,
    (_, name) => server?.variables?.[name]?.default ?? name,
  );
  const split = splitUrl(url);
  return split && { origin: split.origin, path: split.path.replace(/\/$/, "") };
}

/** Resolves a reference within the document (RFC 6901). */
function resolve(root: Json, value: unknown): Json {
  const pointer = (value as Json | undefined)?.$ref;
  if (typeof pointer !== "string" || !pointer.startsWith("#/")) return (value ?? {}) as Json;
  const steps = pointer.slice(2).split("/").map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return (steps.reduce<unknown>((at, step) => (at as Json | undefined)?.[step], root) ?? {}) as Json;
}

function filledPath(path: string, parameters: Json[]): string | undefined {
  const valueOf = ({ example, schema }: Json): unknown =>
    example ?? (schema as Json | undefined)?.example ?? (schema as Json | undefined)?.default ??
      ((schema as Json | undefined)?.enum as unknown[])?.[0];
  const required = parameters.filter((one) => one.required);
  const missing = required.filter((one) => one.in !== "header" && valueOf(one) === undefined);
  if (missing.length > 0 || required.some((one) => one.in === "header")) return undefined;
  const inPath = path.replace(
    /\{(\w+)\}/g,
    (_, name) => encodeURIComponent(String(valueOf(parameters.find((one) => one.name === name) ?? {}) ?? "")),
  );
  const query = required.filter((one) => one.in === "query").map((one) =>
    `${encodeURIComponent(String(one.name))}=${encodeURIComponent(String(valueOf(one)))}`
  );
  return query.length > 0 ? `${inPath}?${query.join("&")}` : inPath;
}

function expectationsOf(root: Json, operation: Json): string[] {
  const responses = operation.responses as Json ?? {};
  const codes = Object.keys(responses).filter((code) => /^2\d\d$/.test(code));
  const status = codes.length === 1
    ? `status == ${codes[0]}`
    : codes.length > 1
    ? `status in [${codes.join(", ")}]`
    : "status >= 200 && status < 300";
  const response = resolve(root, responses[codes[0] ?? ""]);
  const content = Object.entries(response.content as Json ?? {}).find(([type]) => /json/.test(type))?.[1] as
    | Json
    | undefined;
  const schema = resolve(root, content?.schema);
  const required = (schema.required as string[] ?? []).filter((name) => /^[A-Za-z_]\w*$/.test(name)).slice(
    0,
    5,
  );
  return [status, ...required.map((name) => `has(body.${name})`)];
}

function authOf(root: Json, secrets: SecretNames, remarks: Remark[]): Json {
  const [first] = root.security as Json[] ?? [];
  const [name] = Object.keys(first ?? {});
  const scheme = name
    ? resolve(root, ((root.components as Json | undefined)?.securitySchemes as Json | undefined)?.[name])
    : {};
  if (!name) return {};
  if (scheme.type === "http" && scheme.scheme === "bearer") {
    return { auth: { bearer: secrets.reference("", name) } };
  }
  if (scheme.type === "http" && scheme.scheme === "basic") {
    return { auth: { basic: { user: "probe", password: secrets.reference("", name, "password") } } };
  }
  const text = scheme.type === "apiKey"
    ? `write headers: { ${scheme.name}: \${env:API_KEY} } under the target's defaults`
    : `write the auth for ${scheme.type} yourself`;
  remarks.push({ kind: "lost", at: `securitySchemes.${name}`, text });
  return {};
}
