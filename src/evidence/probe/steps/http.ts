import type { Step } from "../../../config/config.ts";
import { type Exchange, exchange, type HttpRequest } from "../../../base/http/client.ts";
import type { CookieJar } from "../cookies.ts";
import type { AttemptContext, AttemptResult, StepFailure, StepKind } from "../step_kind.ts";
import { HOSTILE, HTTP_VARIABLES, HttpScope } from "./http/answer.ts";
import { httpGrammar } from "./http/grammar.ts";
import { readHttp } from "./http/read.ts";
import { redirect } from "./http/redirect.ts";
import { render } from "./http/request.ts";
import type { HttpFields } from "./http/step.ts";

/** No answer that a journey can judge is longer. */
const CAP_BYTES = 1 << 20;

/** A request and the redirects that it leads to. */
export const httpStep: StepKind<HttpFields> = {
  kind: "http",
  isDefault: true,
  schema: httpGrammar,
  references: /^request\/(path|raw|(query|headers|form)\/.+|json(\/.*)?)$/,
  scope: HTTP_VARIABLES,
  hostile: HOSTILE,
  read: readHttp,
  summarize: ({ request }) => `${request.method} ${request.path.source}`,
  requests: ({ redirects }) => ({ usual: 1, most: 1 + redirects }),
  run: ask,
};

async function ask(context: AttemptContext, step: Step & HttpFields): Promise<AttemptResult> {
  const { ports, jar, signal, deadline, trace } = context;
  const { clock, secrets } = ports;
  const rendered = render(step.request, { ...context, now: clock.now(), secrets });
  if (!rendered.ok) return fail({ reason: "template", detail: rendered.detail });
  const began = clock.elapsed();
  let request = rendered.request;
  for (let hops = 0;; hops++) {
    const deadlineMs = deadline - clock.elapsed();
    if (deadlineMs <= 0) return fail({ reason: "timeout", detail: "no time was left for this request" });
    trace.requests++;
    const sent = withCookies(request, jar);
    const answer = await exchange(ports, sent, { deadlineMs, capBytes: CAP_BYTES, signal });
    if (answer.kind === "failure") return fail(transportFailure(answer, hops));
    trace.status = answer.status;
    trace.headersMs = answer.headersMs;
    jar.store(request.url, answer.headers);
    const next = redirect(request, answer, { allowed: step.redirects, left: step.redirects - hops });
    if (next.kind === "broken") return fail({ reason: "redirect", detail: next.detail });
    if (next.kind === "keep") return read(context, answer, clock.elapsed() - began);
    request = next.request;
  }
}

const fail = (failure: StepFailure): AttemptResult => ({ kind: "failure", failure });

function withCookies(request: HttpRequest, jar: CookieJar): HttpRequest {
  const cookies = jar.header(request.url);
  if (cookies === undefined) return request;
  const configured = request.headers.cookie;
  const cookie = configured ? `${configured}; ${cookies}` : cookies;
  return { ...request, headers: { ...request.headers, cookie } };
}

/** A refused first URL is our own config; a refused hop is where the target sent us. */
function transportFailure({ reason, detail }: Exchange & { kind: "failure" }, hops: number): StepFailure {
  if (reason === "cancelled") return { reason: "deadline", detail };
  if (reason === "refused") return { reason: hops === 0 ? "refused" : "redirect", detail };
  if (reason === "blocked" || reason === "platform" || reason === "limit") return { reason, detail };
  return { reason, detail, transport: true };
}

const utf8 = new TextDecoder();

function read(
  { captures, run, ports }: AttemptContext,
  { status, headers, bytes, truncated }: Exchange & { kind: "answer" },
  durationMs: number,
): AttemptResult {
  if (truncated) return fail({ reason: "too_large", detail: `the body is longer than ${CAP_BYTES} bytes` });
  let text: string | undefined;
  const answer = {
    status,
    headers,
    get text() {
      return text ??= utf8.decode(bytes);
    },
    durationMs,
  };
  return { kind: "answer", scope: new HttpScope(answer, { captures, run, now: ports.clock.now() }) };
}
