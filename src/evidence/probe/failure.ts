/** Describes failed steps for display and storage: redacted, truncated, with request and answer. */
import { ellipsize, oneLine } from "../../base/text.ts";
import type { AnswerExcerpt, Failure, SentRequest } from "./observation.ts";
import { excerptOf, pick, SENT_HEADERS, sentenceIn, TELLING_HEADERS, withoutQuery } from "./excerpt.ts";
import { runRedactor } from "./run_redactor.ts";
import type { RunContext, StepExchange, StepFailure } from "./step_kind.ts";

/** Maximum length of a detail, and of a URL. */
const DETAIL_CHARS = 300;
const URL_CHARS = 2_000;
/** Maximum size of an answer excerpt, as JSON in UTF-8. */
const ANSWER_BYTES = 1024;

/** The run of a failure, and whether the answer's body may be shown. */
export interface DescribeOptions {
  context: RunContext;
  keepsBody: boolean;
}

/** Describes the failure of the step named `step`. */
export function describeFailure(fault: StepFailure, step: string, options: DescribeOptions): Failure {
  const { reason, expression, values, exchange } = fault;
  const redact = runRedactor(options.context);
  return {
    step,
    reason,
    expression,
    detail: detailOf(fault, options, redact),
    values: values &&
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, redact(value)])),
    ...(exchange && { request: requestOf(exchange, redact) }),
    ...(exchange?.answer && { answer: answerOf(fault, exchange.answer, { ...options, redact }) }),
  };
}

/** The detail, plus the answer's own error message, and the origin of the request if it is not obvious. */
function detailOf(
  { detail, exchange, transport }: StepFailure,
  { context, keepsBody }: DescribeOptions,
  redact: (text: string) => string,
): string {
  const asked = exchange && askedOrigin(exchange, context, transport ? detail : undefined);
  const sentence = keepsBody && exchange?.answer ? redact(sentenceIn(exchange.answer) ?? "") : "";
  const said = sentence && !redact(detail).includes(sentence) ? `: "${sentence}"` : "";
  const suffix = `${said}${asked ? ` (asked ${redact(asked)})` : ""}`;
  return `${redact(detail).slice(0, DETAIL_CHARS - suffix.length)}${suffix}`;
}

/**
 * The request's origin, if it is not the target's or if the transport failure's `detail` does not name its
 * host.
 */
function askedOrigin(
  { request: { url } }: StepExchange,
  { baseUrl, ports: { secrets } }: RunContext,
  transportDetail: string | undefined,
): string | undefined {
  const target = URL.parse(secrets.reveal(baseUrl));
  const isHttp = url.origin !== "null";
  const isElsewhere = isHttp ? target?.origin !== url.origin : target?.hostname !== url.hostname;
  const isUnnamed = transportDetail !== undefined && !transportDetail.includes(url.hostname);
  if (!isElsewhere && !isUnnamed) return undefined;
  return isHttp ? url.origin : `${url.protocol}//${url.host}`;
}

function requestOf(
  { request: { method, url, headers } }: StepExchange,
  redact: (text: string) => string,
): SentRequest {
  return {
    method,
    url: ellipsize(redact(url.href), URL_CHARS),
    headers: pick(Object.entries(headers), SENT_HEADERS, redact),
  };
}

function answerOf(
  fault: StepFailure,
  { status, headers, text }: NonNullable<StepExchange["answer"]>,
  { keepsBody, redact }: DescribeOptions & { redact: (text: string) => string },
): AnswerExcerpt {
  const location = headers.get("location");
  const head = {
    ...(status !== undefined && { status }),
    headers: {
      ...pick(headers, TELLING_HEADERS, redact),
      ...(location !== null && { location: oneLine(redact(withoutQuery(location)), DETAIL_CHARS) }),
    },
  };
  if (!keepsBody || text === "") return head;
  const left = ANSWER_BYTES - bytesOf(JSON.stringify({ ...head, excerpt: "" }));
  const excerpt = excerptOf(text, fault, { redact, most: left });
  return excerpt === "" ? head : { ...head, excerpt };
}

const bytesOf = (text: string) => new TextEncoder().encode(text).byteLength;
