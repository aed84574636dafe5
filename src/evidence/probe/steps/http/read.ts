import { parseSize } from "../../../../config/schema/size.ts";
import { describe } from "../../../../config/problem.ts";
import type { StepContext } from "../../../../config/step_context.ts";
import type { HttpDraft } from "./grammar.ts";
import type { HttpFields, JsonTemplate, Part, StepRequest } from "./step.ts";

const JSON_DEPTH = 64;

const REDIRECTS = 5;

const BODIES = ["json", "form", "multipart", "graphql", "file", "raw"] as const;

/** Compiles the fields of an HTTP step. */
export function readHttp(
  { request = {}, redirects = REDIRECTS, maxBody }: HttpDraft,
  context: StepContext,
): HttpFields {
  return {
    request: readRequest(request, { ...context, path: [...context.path, "request"] }),
    redirects,
    maxBodyBytes: maxBody === undefined ? undefined : parseSize(maxBody),
  };
}

function readRequest(request: NonNullable<HttpDraft["request"]>, context: StepContext): StepRequest {
  const { path, captures, compiler, allowPrivate, origins, checks, note } = context;
  const { url, path: where = "/" } = request;
  const [body, second] = BODIES.filter((kind) => request[kind] !== undefined);
  const { method = body ? "POST" : "GET" } = request;
  if (url !== undefined) checkLink(url, "path" in request, { ...context, path: [...path, "url"] });
  if (/^https?:/.test(where) && !where.includes("{{")) {
    checks?.address(where, [...path, "path"], { allowPrivate }, note);
  }
  if (where.replace(/\{\{.*?\}\}/gs, "").includes("#")) {
    const expected = "a path without #: a fragment is never sent";
    note({ path: [...path, "path"], message: "a fragment would be lost", expected, found: where });
  }
  if (/^\{\{[^{}]*\}\}$/.test(where)) {
    const expected = "url: to keep its slashes and its query, or /{{ ... }}";
    note({
      severity: "warning",
      path: [...path, "path"],
      message: "each / and ? of this value is encoded",
      expected,
    });
  }
  const fields = (name: "query" | "headers" | "form"): [string, StepRequest["path"]][] =>
    Object.entries(request[name] ?? {}).flatMap(([key, text]) =>
      text === undefined ? [] : [[key, compiler.template(text, captures, [...path, name, key])]]
    );
  if (second) {
    note({
      path: [...path, second],
      at: "key",
      message: "a second body",
      expected: `one of ${BODIES.join(", ")}`,
      found: `${body} and ${second}`,
    });
  }
  if (body && ["GET", "HEAD"].includes(method)) {
    const expected = "POST, PUT, PATCH, DELETE or OPTIONS";
    note({
      path: [...path, body],
      at: "key",
      message: `a ${method} request has no body`,
      expected,
      found: method,
    });
  }
  return {
    method,
    path: compiler.template(url ?? where, captures, [...path, url === undefined ? "path" : "url"]),
    origins: url === undefined ? undefined : origins,
    query: fields("query"),
    headers: fields("headers"),
    body: body === "json" || body === "graphql"
      ? { kind: "json", value: readJson(request[body], { ...context, path: [...path, body] }) }
      : body === "file"
      ? { kind: "file", base64: typeof request.file === "object" ? request.file.base64 ?? "" : "" }
      : body === "multipart"
      ? {
        kind: "multipart",
        parts: readParts(request.multipart ?? {}, { ...context, path: [...path, body] }),
      }
      : body === "form"
      ? { kind: "form", fields: fields("form") }
      : body === "raw"
      ? { kind: "raw", text: compiler.template(request.raw ?? "", captures, [...path, "raw"]) }
      : { kind: "none" },
  };
}

/** Notes a `url` beside a `path`, and a literal URL that leads to an origin that is not allowed. */
function checkLink(url: string, hasPath: boolean, { path, baseUrl, origins, note }: StepContext): void {
  if (hasPath) {
    note({ path, at: "key", message: "a request has a path or a url", expected: "one of them" });
  }
  const base = URL.parse(baseUrl);
  const origin = base && !/\{\{|\$\{env:/.test(url) && URL.parse(url, base)?.origin;
  if (!base || !origin || [base.origin, ...origins].includes(origin)) return;
  const expected = "the host among the target's hosts";
  note({ path, message: "another origin than the target's", expected, found: describe(url, path) });
}

type Parts = NonNullable<NonNullable<HttpDraft["request"]>["multipart"]>;

function readParts(parts: Parts, { path, captures, compiler, note }: StepContext): Part[] {
  return Object.entries(parts).flatMap(([name, written]): Part[] => {
    if (written === undefined) return [];
    if (typeof written === "string") {
      return [{ name, value: compiler.template(written, captures, [...path, name]) }];
    }
    const { content, file, filename, type } = written;
    if ((content === undefined) === (file === undefined)) {
      note({ path: [...path, name], message: "a part has one content", expected: "content or file" });
    }
    const value = typeof file === "object"
      ? { base64: file.base64 ?? "" }
      : compiler.template(content ?? "", captures, [...path, name, "content"]);
    return [{ name, value, filename, type }];
  });
}

/** Compiles a value to send as JSON, with its templates; `context.path` is its path in the config. */
export function readJson(value: unknown, context: StepContext, depth = 0): JsonTemplate {
  const { path, captures, compiler, note } = context;
  const below = (step: string | number) => ({ ...context, path: [...path, step] });
  if (typeof value === "string") return compiler.template(value, captures, path);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      const expected = 'a template: "{{ 1234567890123456789 }}"';
      note({ path, message: "this number would lose digits", expected, found: describe(value, path) });
    }
    return value;
  }
  if (depth >= JSON_DEPTH || typeof value !== "object") {
    const expected = depth >= JSON_DEPTH ? `at most ${JSON_DEPTH} levels` : "a value that JSON can hold";
    note({ path, message: "not a JSON body", expected, found: describe(value, path) });
    return null;
  }
  if (Array.isArray(value)) return value.map((item, i) => readJson(item, below(i), depth + 1));
  const fields = Object.entries(value).map(([key, inner]): [string, JsonTemplate] => {
    if (key.includes("{{")) {
      note({
        path: [...path, key],
        at: "key",
        message: "{{ }} has no meaning in a key",
        expected: "a plain key",
        found: key,
      });
    }
    return [key, readJson(inner, below(key), depth + 1)];
  });
  return { fields };
}
