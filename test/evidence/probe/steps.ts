import type { Step } from "../../../src/config/config.ts";
import {
  compileExpectation,
  compileProgram,
  compileTemplate,
} from "../../../src/config/expression/compile.ts";
import type { Run } from "../../../src/config/expression/mod.ts";
import { KINDS } from "../../../functions/deno/kinds.ts";
import type { Runtime } from "../../../src/config/runtime.ts";
import { load } from "../../../src/config/mod.ts";
import type { Clock, Fetch, Ports } from "../../../src/base/ports.ts";
import { loadPatterns } from "../../../src/config/expression/pattern.ts";
import type { JourneySpec } from "../../../src/evidence/probe/journey.ts";
import { functions } from "../../../src/config/expression/functions.ts";
import { HTTP_VARIABLES } from "../../../src/evidence/probe/steps/http/answer.ts";
import type { HttpFields, JsonTemplate, StepRequest } from "../../../src/evidence/probe/steps/http/step.ts";

const HTTP = { variables: HTTP_VARIABLES, patterns: await loadPatterns(), functions };

/** The captures that test journeys may name. */
const NAMES = ["order", "token", "next"];

/** A step as a test writes it; what is left out is a plain GET of `/` without redirects or polls. */
export interface Draft {
  name?: string;
  method?: string;
  path?: string;
  /** In place of `path`, as an answer gave it. */
  url?: string;
  origins?: string[];
  query?: Record<string, string>;
  headers?: Record<string, string>;
  json?: unknown;
  form?: Record<string, string>;
  raw?: string;
  expect?: string[];
  capture?: Record<string, string>;
  secretCaptures?: string[];
  until?: { everyMs: number; withinMs: number };
  timeoutMs?: number;
  redirects?: number;
  maxBodyBytes?: number;
}

const PLAIN = { variables: {}, functions };
const template = (text: string) => compileTemplate(text, NAMES, PLAIN);
const templates = (texts: Record<string, string> = {}) =>
  Object.entries(texts).map(([name, text]): [string, ReturnType<typeof template>] => [name, template(text)]);

function jsonTemplate(value: unknown): JsonTemplate {
  if (typeof value === "string") return template(value);
  if (Array.isArray(value)) return value.map(jsonTemplate);
  if (typeof value !== "object" || value === null) return value as null | boolean | number;
  return { fields: Object.entries(value).map(([name, item]) => [name, jsonTemplate(item)]) };
}

function bodyOf({ json, form, raw }: Draft): StepRequest["body"] {
  if (json !== undefined) return { kind: "json", value: jsonTemplate(json) };
  if (form) return { kind: "form", fields: templates(form) };
  return raw === undefined ? { kind: "none" } : { kind: "raw", text: template(raw) };
}

/** A compiled step. */
export function step(draft: Draft = {}): Step & HttpFields {
  const {
    name = "look",
    method = "GET",
    path = "/",
    until,
    timeoutMs = 1000,
    redirects = 0,
    maxBodyBytes,
  } = draft;
  const { query, headers, expect = [], capture = {}, secretCaptures = [] } = draft;
  const request = {
    method,
    path: template(draft.url ?? path),
    ...(draft.url !== undefined && { origins: draft.origins ?? [] }),
    query: templates(query),
    headers: templates(headers),
    body: bodyOf(draft),
  };
  return {
    kind: "http",
    name,
    request,
    expect: expect.map((source) => compileExpectation(source, NAMES, HTTP)),
    capture: Object.entries(capture).map((
      [name, source],
    ) => [name, compileProgram(source, NAMES, HTTP)]),
    secretCaptures,
    until,
    timeoutMs,
    summary: `${method} ${path}`,
    requests: { usual: 1, most: 1 + redirects },
    redirects,
    maxBodyBytes,
  };
}

/** A journey against `https://shop.example` with 10 s for everything. */
export function journey(
  journey: Draft[],
  changes: Partial<JourneySpec> & { after?: Draft[] } = {},
): JourneySpec {
  const { after = [], ...rest } = changes;
  return {
    baseUrl: "https://shop.example",
    journey: journey.map(step),
    cleanup: after.map(step),
    timeoutMs: 10_000,
    ...rest,
  };
}

/** The run of every test journey. */
export const run: Run = {
  id: "run-1",
  slot: 1_700_000_000_000,
  prober: "home",
  region: "eu",
  target: "shop",
  check: "write",
};

const SECRETS: Record<string, string> = { TOKEN: "s3cret", HOST: "https://shop.example" };

/** Ports with a vault that by default knows `TOKEN` (s3cret) and `HOST` (https://shop.example). */
export function ports(fetch: Fetch, clock: Clock, known: Record<string, string> = SECRETS): Ports {
  const silent = () => {};
  return {
    clock,
    fetch,
    random: () => 0,
    log: { info: silent, warn: silent, error: silent },
    secrets: {
      reveal: (text) =>
        text.replace(/\$\{env:(\w+)\}/g, (_, name: string) => {
          const value = known[name];
          if (value === undefined) throw new Error(`${name} is not set`);
          return value;
        }),
      redact: (text) =>
        Object.values(known).reduce((hidden, secret) => hidden.replaceAll(secret, "***"), text),
    },
  };
}

/** A step of any kind as a config writes it, read by the whole of config. */
export async function stepOf(
  written: string,
  options: { runtime?: Runtime; allowPrivate?: boolean } = {},
): Promise<Step> {
  const text = `version: 1
targets: [{ id: shop, url: https://shop.example, checks: [{ id: c, journey: [${written}] }] }]`;
  const { config } = await load({ kind: "yaml", text }, { kinds: KINDS, ...options });
  return config.checks[0]!.journey[0]!;
}
