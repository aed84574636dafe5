import type { Step } from "../../../config/config.ts";
import type { AnswerBody, AnswerHeaders, ExchangeTrace } from "../../../base/ports.ts";
import { ellipsize } from "../../../base/text.ts";
import { bodyText } from "../../../base/http/body_text.ts";
import {
  type Exchange,
  exchange,
  type ExchangeHead,
  type HttpRequest,
  isEventStream,
} from "../../../base/http/client.ts";
import { isTargets } from "../../reasons.ts";
import { namesAny } from "../names.ts";
import { wireOf } from "../wire.ts";
import { authorizer } from "../authorize.ts";
import type { CookieJar } from "../cookies.ts";
import { formatSize } from "../../../config/schema/size.ts";
import type { StepTrace } from "../observation.ts";
import type { AttemptContext, AttemptResult, StepExchange, StepFailure, StepKind } from "../step_kind.ts";
import { HOSTILE_HTTP, HTTP_MEASURED, HTTP_VARIABLES, type HttpAnswer, HttpScope } from "./http/answer.ts";
import { readHttp } from "./http/read.ts";
import { redirect } from "./http/redirect.ts";
import { render } from "./http/request.ts";
import type { HttpFields } from "./http/step.ts";

/** The default of `maxBody`. */
const MAX_BODY_BYTES = 1 << 20;

/**
 * A request and the redirects that it leads to. Its grammar, the largest, comes to it in the table: a Worker
 * walks without.
 */
export const httpStep: StepKind<HttpFields> = {
  kind: "http",
  isDefault: true,
  isHttp: true,
  references: /^request\/(path|url|raw|(query|headers|form|multipart|graphql)\/.+|json(\/.*)?)$/,
  scope: HTTP_VARIABLES,
  measured: HTTP_MEASURED,
  hostile: HOSTILE_HTTP,
  read: readHttp,
  summarize: ({ request }) => `${request.method} ${request.path.source}`,
  requests: ({ redirects }) => ({ usual: 1, most: 1 + redirects }),
  run: ask,
};

async function ask(context: AttemptContext, step: Step & HttpFields): Promise<AttemptResult> {
  const { ports, jar, signal, deadline, trace } = context;
  const { clock } = ports;
  const rendered = render(step.request, context);
  if (!rendered.ok) return fail({ reason: rendered.reason, detail: rendered.detail });
  const holds = (head: ExchangeHead) => headHolds(step, { ...head, url: request.url }, context);
  const began = clock.elapsed();
  const sender = authorizer(step, rendered.request.url, context);
  let request = rendered.request;
  let isRenewed = false;
  let now = began;
  const capBytes = readsBody(step) ? step.maxBodyBytes ?? MAX_BODY_BYTES : 0;
  for (let hops = 0;; hops++) {
    const from = request;
    if (deadline <= now) {
      return fail({ reason: "timeout", detail: "no time was left for this request" }, { request: from });
    }
    const authorized = await sender.authorize(from);
    if (authorized.kind === "failure") return fail(authorized.failure);
    const sent = { request: authorized.request };
    trace.requests++;
    const leadsTo = (head: ExchangeHead) =>
      redirect(from, head, { allowed: step.redirects, left: step.redirects - hops });
    const answer = await exchange(ports, withCookies(authorized.request, jar), {
      deadlineMs: deadline - clock.elapsed(),
      // The body of a redirect is not needed.
      capBytes: (head) => leadsTo(head).kind === "keep" ? capBytes : 0,
      excerptBytes: (head) =>
        leadsTo(head).kind !== "keep" || capBytes > 0 || holds(head) ? 0 : EXCERPT_BYTES,
      isStreamTaken: capBytes > 0,
      signal,
    });
    now = clock.elapsed();
    if (answer.kind === "failure") return fail(transportFailure(answer, hops), sent);
    note(trace, answer);
    jar.store(from.url, answer.headers);
    if (answer.status === 401 && !isRenewed && sender.renew()) {
      isRenewed = true;
      hops--;
      continue;
    }
    const next = leadsTo(answer);
    const lazy = new LazyAnswer(answer, from.url, jar, now - began, hops);
    const whole = { ...sent, answer: lazy };
    if (next.kind === "broken") return fail({ reason: "redirect", detail: next.detail }, whole);
    if (next.kind === "keep") {
      context.location.url = from.url;
      const result = read(context, lazy, answer, capBytes);
      if (result.kind === "failure" || step.request.path.literal) return { ...result, exchange: whole };
      return { ...result, exchange: whole, shown: { url: ellipsize(from.url.href, 200) } };
    }
    request = next.request;
  }
}

/** Whether the step reads more than status and headers. */
const readsBody = (step: Step) => namesAny(step, ["body", "text", "events"]);

function note(trace: StepTrace, { status, headersMs, trace: measured }: Exchange & { kind: "answer" }): void {
  trace.status = status;
  trace.headersMs = headersMs;
  trace.requests += measured.requests - 1;
  trace.wire = wireOf(measured);
}

const fail = (failure: StepFailure, exchange?: StepExchange): AttemptResult => ({
  kind: "failure",
  failure,
  exchange,
});

/** How much of a body that no expectation reads is kept for display. */
const EXCERPT_BYTES = 4096;

/**
 * Whether all that a step without interest in the body asks for is there before it: then it need not be
 * shown.
 */
function headHolds(
  { expect }: Step,
  { status, headers, trace, url }: ExchangeHead & { url: URL },
  { captures, run, ports }: AttemptContext,
): boolean {
  const answer = { status, headers, trace, text: "", durationMs: 0, url: url.href, redirects: 0 };
  const scope = new HttpScope(answer, { captures, run, now: ports.clock.now() });
  return expect.every((expectation) => expectation.test(scope) === null);
}

/**
 * An answer that decodes its text on first use. It is a class because the getters of an object literal keep
 * what they capture alive until a full garbage collection.
 */
class LazyAnswer implements HttpAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly trace: ExchangeTrace;
  readonly url: string;
  readonly #bytes: Uint8Array;
  readonly #cookies: () => Record<string, string>;
  #text?: string;

  constructor(
    { status, headers, trace, bytes, excerpt = bytes }: Exchange & { kind: "answer" },
    url: URL,
    jar: CookieJar,
    readonly durationMs: number,
    readonly redirects: number,
  ) {
    this.status = status;
    this.headers = headers;
    this.trace = trace;
    this.url = url.href;
    this.#bytes = excerpt;
    this.#cookies = () => jar.byName(url);
  }

  get text() {
    return this.#text ??= bodyText(this.#bytes, this.headers.get("content-type")).text;
  }

  get cookies() {
    return this.#cookies();
  }
}

/** Adds the cookies of the run to a request. */
export function withCookies(request: HttpRequest, jar: CookieJar): HttpRequest {
  const cookies = jar.header(request.url);
  if (cookies === undefined) return request;
  const configured = request.headers.cookie;
  const cookie = configured ? `${configured}; ${cookies}` : cookies;
  return { ...request, headers: { ...request.headers, cookie } };
}

/** A refused first URL is the config's fault; a refused redirect is the target's. */
function transportFailure({ reason, detail }: Exchange & { kind: "failure" }, hops: number): StepFailure {
  if (reason === "cancelled") return { reason: "deadline", detail };
  if (reason === "refused") return { reason: hops === 0 ? "refused" : "redirect", detail };
  return { reason, detail, ...(isTargets(reason) && { transport: true }) };
}

function read(
  { captures, run, ports }: AttemptContext,
  answer: HttpAnswer,
  { bytes, truncated }: AnswerBody,
  capBytes: number,
): AttemptResult {
  const isCutStream = truncated && isEventStream(answer.headers) && bytes.byteLength < capBytes;
  if (truncated && !isCutStream) {
    return fail({ reason: "limit", detail: `the body is longer than maxBody, ${formatSize(capBytes)}` });
  }
  const scope = new HttpScope(answer, { captures, run, now: ports.clock.now() });
  if (!truncated || scope.events.length > 0) return { kind: "answer", scope };
  const detail = "the event stream brought no whole event in time";
  return fail({ reason: "timeout", detail, transport: true });
}
