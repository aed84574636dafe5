// @ts-types="../../../base/std.d.ts"
import { encodeBase64 } from "@std/encoding/base64";
import * as z from "../../../base/zod.ts";
import { exchange, type HttpRequest, USER_AGENT, withHeader } from "../../../base/http/client.ts";
import { HEADER_VALUE } from "../../../base/http/header_value.ts";
import { parseJson } from "../../../config/expression/mod.ts";
import type { Template } from "../../../config/expression/mod.ts";
import { ConfigFault } from "../../../base/ports.ts";
import { isTargets } from "../../reasons.ts";
import type { AuthContext, AuthKind, StepFailure } from "../step_kind.ts";

const grammar = ({ map, secret, text }: Parameters<AuthKind["schema"]>[0]) =>
  map({
    tokenUrl: text(/^(https?:\/\/|\$\{env:)/, "a URL: http:// or https://").check(
      z.describe("The token endpoint."),
    ),
    clientId: z.string().check(z.minLength(1)),
    clientSecret: secret().check(z.describe("By reference.")),
    scope: z.optional(z.string().check(z.minLength(1))).check(
      z.describe("Scopes, separated by spaces."),
    ),
    params: z.optional(z.record(z.string().check(z.minLength(1)), z.string())).check(
      z.describe("Further parameters, such as audience or resource."),
    ),
    credentials: z.optional(z.enum(["header", "body"])).check(z.meta({
      description: "Where to send client id and secret: authorization header or form.",
      default: "header",
    })),
  });

interface Settings {
  tokenUrl: Template;
  clientId: Template;
  clientSecret: Template;
  params: [string, Template][];
  credentials: "header" | "body";
}

interface Token {
  value: string;
  /** In `clock.elapsed()` ms. */
  renewAt: number;
}

/** Assumed lifetime of a token without `expires_in`. */
const UNKNOWN_LIFE_MS = 5 * 60_000;
/** A token is renewed this long before it expires, or after 90 % of a short lifetime. */
const MARGIN_MS = 30_000;
const MOST_BYTES = 64 * 1024;

/** Errors of a token endpoint (RFC 6749 section 5.2) that are caused by our own settings. */
const OURS = new Set([
  "invalid_request",
  "invalid_client",
  "invalid_scope",
  "unauthorized_client",
  "unsupported_grant_type",
]);

/**
 * Client credentials (RFC 6749 section 4.4). The prober keeps a token across rounds until shortly before it
 * expires, or a 401.
 */
export const oauth2Auth: AuthKind<Settings> = {
  kind: "oauth2",
  schema: grammar,
  // At most three: one for a token, and after a 401 one for a new token and the request again.
  requests: { usual: 0, most: 3 },
  read(draft, { path, captures, compiler, allowPrivate, checks, note }) {
    const { tokenUrl = "", clientId = "", clientSecret = "", scope, params = {}, credentials = "header" } =
      draft as Partial<z.infer<ReturnType<typeof grammar>>>;
    checks?.address(tokenUrl, [...path, "tokenUrl"], { allowPrivate }, note);
    const at = (name: string, text: string) =>
      compiler.template(text, captures, [...path, ...name.split("/")]);
    return {
      tokenUrl: at("tokenUrl", tokenUrl),
      clientId: at("clientId", clientId),
      clientSecret: at("clientSecret", clientSecret),
      params: [
        ...scope === undefined ? [] : [["scope", at("scope", scope)] as [string, Template]],
        ...Object.entries(params).map(([name, text = ""]): [string, Template] => [
          name,
          compiler.template(text, captures, [...path, "params", name]),
        ]),
      ],
      credentials,
    };
  },
  async authorize(request, settings, context) {
    const token = await tokenFor(settings, context);
    if ("reason" in token) return { kind: "failure", failure: token };
    context.hide(token.value);
    return { kind: "request", request: withHeader(request, "authorization", `Bearer ${token.value}`) };
  },
  renew: (settings, { tokens }) => tokens.delete(settings),
};

async function tokenFor(settings: Settings, context: AuthContext): Promise<Token | StepFailure> {
  const { tokens, ports: { clock } } = context;
  const known = tokens.get(settings) as Token | undefined;
  if (known && known.renewAt > clock.elapsed()) return known;
  const token = await fetchToken(settings, context);
  if (!("reason" in token)) tokens.set(settings, token);
  return token;
}

async function fetchToken(settings: Settings, context: AuthContext): Promise<Token | StepFailure> {
  const { ports, deadline, signal, trace, hide } = context;
  const asked = tokenRequest(settings, context);
  const began = ports.clock.elapsed();
  trace.requests++;
  const answer = await exchange(ports, asked, {
    deadlineMs: Math.max(0, deadline - began),
    capBytes: MOST_BYTES,
    signal,
  });
  const from = `no token from ${asked.url.origin}`;
  if (answer.kind === "failure") {
    const reason = answer.reason === "cancelled" ? "deadline" : answer.reason;
    return { reason, detail: `${from}: ${answer.detail}`, ...(isTargets(reason) && { transport: true }) };
  }
  const { status } = answer;
  const parsed = parseJson(new TextDecoder().decode(answer.bytes));
  const said = "value" in parsed && typeof parsed.value === "object"
    ? parsed.value as Record<string, unknown>
    : null;
  const { access_token: value, expires_in: seconds, error } = said ?? {};
  if (status !== 200) {
    const code = typeof error === "string" ? error : "";
    return {
      reason: OURS.has(code) ? "config" : "capture",
      detail: `${from}: status ${status}${code && `, ${code}`}`,
    };
  }
  if (typeof value !== "string" || value === "" || !HEADER_VALUE.test(value)) {
    return { reason: "capture", detail: `${from}: its answer has no access_token` };
  }
  hide(value);
  const lifeMs = Number(seconds) > 0 ? Number(seconds) * 1000 : UNKNOWN_LIFE_MS;
  return { value, renewAt: began + Math.max(lifeMs * 0.9, lifeMs - MARGIN_MS) };
}

function tokenRequest(
  { tokenUrl, clientId, clientSecret, params, credentials }: Settings,
  { fill, hide }: AuthContext,
): HttpRequest {
  const [id, secret] = [fill(clientId), fill(clientSecret)];
  const form = new URLSearchParams([
    ["grant_type", "client_credentials"],
    ...params.map(([name, value]) => [name, fill(value)]),
  ]);
  const headers: Record<string, string> = {
    accept: "application/json",
    "content-type": "application/x-www-form-urlencoded",
    "user-agent": USER_AGENT,
  };
  if (credentials === "header") {
    // RFC 6749 section 2.3.1: each part is encoded as in a form.
    const encoded = encodeBase64(`${formEncode(id)}:${formEncode(secret)}`);
    hide(encoded);
    headers.authorization = `Basic ${encoded}`;
  } else {
    form.set("client_id", id);
    form.set("client_secret", secret);
  }
  const url = URL.parse(fill(tokenUrl));
  if (!url) throw new ConfigFault(`${tokenUrl.source} is no URL`);
  return { url, method: "POST", headers, body: form.toString() };
}

const formEncode = (text: string) => new URLSearchParams([["", text]]).toString().slice(1);
