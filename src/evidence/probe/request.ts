import type { JsonTemplate, StepRequest } from "../../config/config.ts";
import { type Request, under, USER_AGENT } from "../../base/http/client.ts";
import type { Run, Template } from "../../config/expression/mod.ts";
import type { Vault } from "../../base/ports.ts";

/** What a request is rendered from. `index` numbers the steps of a run, cleanup included, from 0. */
export interface Source {
  baseUrl: string;
  index: number;
  captures: Record<string, unknown>;
  run: Run;
  /** Epoch ms. */
  now: number;
  vault: Vault;
}

/** A request with every template and secret filled in: to be sent, never to be stored. */
export type Rendered = { ok: true; request: Request } | { ok: false; detail: string };

/** A value that the target owed us cannot stand where the template puts it. */
class Unfit extends Error {}

/** Fills in `step`. Header names of the result are in lower case. Throws only for our own mistakes. */
export function render(step: StepRequest, source: Source): Rendered {
  try {
    const body = bodyOf(step.body, source);
    const request = {
      url: urlOf(step, source),
      method: step.method,
      headers: headersOf(step, source, body.type),
      body: body.text,
    };
    return { ok: true, request };
  } catch (error) {
    if (error instanceof Unfit) return { ok: false, detail: error.message };
    throw error;
  }
}

function urlOf({ path, query }: StepRequest, source: Source): URL {
  const text = fill(path, source, "url");
  const url = under(source.vault.reveal(source.baseUrl), text);
  if (!url && path.literal) throw new Error(`Cannot make a URL of the path ${path.source}`);
  if (!url) throw new Unfit("an inserted value makes no URL");
  if (query.length === 0) return url;
  const pairs = query.map(([name, value]) => `${percent(name)}=${percent(fill(value, source, "none"))}`);
  url.search = [url.search.slice(1), ...pairs].filter(Boolean).join("&");
  return url;
}

/** RFC 9110 section 5.5, as far as a runtime can send it: a byte string without control characters. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** These change nothing, so they need no idempotency key. */
const SAFE = new Set(["GET", "HEAD"]);

function headersOf({ headers, method }: StepRequest, source: Source, type?: string): Record<string, string> {
  const sent: Record<string, string> = {};
  if (type) sent["content-type"] = type;
  if (!SAFE.has(method)) sent["idempotency-key"] = `${source.run.id}-${source.index}`;
  for (const [name, template] of headers) {
    const value = fill(template, source, "none");
    if (!HEADER_VALUE.test(value)) {
      throw new Unfit(`header ${name} would hold a line break or another forbidden character`);
    }
    sent[name.toLowerCase()] = value;
  }
  sent["user-agent"] = USER_AGENT;
  sent["x-assay-run"] = source.run.id;
  return sent;
}

function bodyOf(body: StepRequest["body"], source: Source): { text?: string; type?: string } {
  switch (body.kind) {
    case "none":
      return {};
    case "json":
      return { text: JSON.stringify(json(body.value, source)), type: "application/json" };
    case "form": {
      const pairs = body.fields.map(([name, value]) => [name, fill(value, source, "none")]);
      return { text: new URLSearchParams(pairs).toString(), type: "application/x-www-form-urlencoded" };
    }
    case "raw":
      return { text: fill(body.text, source, "none"), type: "text/plain;charset=UTF-8" };
  }
}

function json(value: JsonTemplate, source: Source): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => json(item, source));
  if ("fields" in value) {
    return Object.fromEntries(value.fields.map(([name, item]) => [name, json(item, source)]));
  }
  if (!value.single) return fill(value, source, "none");
  const typed = value.value(source);
  if (!typed.ok) throw new Unfit(typed.detail);
  return typed.value;
}

function fill(template: Template, source: Source, encode: "url" | "none"): string {
  const rendered = template.render(source, encode);
  if (!rendered.ok) throw new Unfit(rendered.detail);
  if (!template.literal && secretsIn(rendered.text) !== secretsIn(template.source)) {
    throw new Unfit("an inserted value asks for a secret");
  }
  return source.vault.reveal(rendered.text);
}

/** Secrets are revealed after captures are inserted, so a target must not be able to write `${env:NAME}` into one. */
function secretsIn(text: string): string {
  return text.includes("${env:") ? text.match(/\$\{env:[^}]*/g)!.join() : "";
}

function percent(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
