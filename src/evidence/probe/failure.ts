/** A failed step as it may be shown and kept: redacted, cut, with its request and answer. */
import { ellipsize, oneLine } from "../../base/text.ts";
import type { AnswerExcerpt, Failure, SentRequest } from "./observation.ts";
import { excerptOf, pick, SENT_HEADERS, sentenceIn, TELLING_HEADERS, withoutQuery } from "./excerpt.ts";
import { runRedactor } from "./run_redactor.ts";
import type { RunContext, StepExchange, StepFailure } from "./step_kind.ts";

/** How long a detail, and a URL, may be. */
const DETAIL_CHARS = 300;
const URL_CHARS = 2_000;
/** How many bytes (UTF-8, as JSON) all that is kept of an answer may have. */
const ANSWER_BYTES = 1024;

/** What describes a failure: the run that it is from, and whether its body may be shown. */
export interface DescribeOptions {
  context: RunContext;
  keepsBody: boolean;
}

/** The failure of the step `step`. */
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

/** What failed, with the answer's own sentence where it has one, and who was asked where that is not plain. */
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

/** The origin of a request that went elsewhere than to the target, or whose failure (`untold`) does not name its host. */
function askedOrigin(
  { request: { url } }: StepExchange,
  { baseUrl, ports: { secrets } }: RunContext,
  untold: string | undefined,
): string | undefined {
  const target = URL.parse(secrets.reveal(baseUrl));
  const isHttp = url.origin !== "null";
  const isElsewhere = isHttp ? target?.origin !== url.origin : target?.hostname !== url.hostname;
  const isUntold = untold !== undefined && !untold.includes(url.hostname);
  if (!isElsewhere && !isUntold) return undefined;
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
