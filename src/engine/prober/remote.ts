/** A prober in another deployment: `POST /v1/rounds` with a bearer token, validated at both ends. */
import * as z from "../../base/zod.ts";
import type { Check } from "../../config/config.ts";
import { exchange, resolveUrl, USER_AGENT } from "../../base/http/client.ts";
import { messageOf } from "../../base/error_message.ts";
import type { Ports } from "../../base/ports.ts";
import { mapInSlices } from "../../base/slices.ts";
import {
  CAPTURED_CHARS,
  CLEANUP_OUTCOMES,
  FAILURE_REASONS,
  JOURNEY_OUTCOMES,
} from "../../evidence/probe/observation.ts";
import type { Prober, ProberReply, RoundResult } from "../../judgement/round.ts";
import { type RoundsRequest, roundsRequestOf } from "./rounds.ts";
import { REPORT_STATES } from "../../evidence/report/report.ts";
import { line, ms, reportSchema, shortText, status, time } from "../../evidence/report/schema.ts";
import { HOUR_MS, MINUTE_MS } from "../../base/time.ts";

/** The request to a prober over HTTP. `deadlineMs` counts from its arrival. */
export const roundsRequest: z.ZodMiniType<RoundsRequest> = z.strictObject({
  prober: z.string().check(z.maxLength(64)),
  /** Slot, epoch ms. */
  slot: time.check(z.int()),
  deadlineMs: z.int().check(z.gte(1), z.lte(MINUTE_MS)),
  checks: z.array(
    z.strictObject({ check: z.string().check(z.maxLength(200)), digest: z.string().check(z.maxLength(128)) }),
  ).check(z.maxLength(20_000)),
});

/** Above the number of values an explanation shows (expression/explain.ts). */
const MOST_VALUES = 20;

const headers = z.record(z.string().check(z.maxLength(100)), z.string().check(z.maxLength(300))).check(
  z.refine((values) => Object.keys(values).length <= MOST_VALUES, `at most ${MOST_VALUES} headers`),
);

const failure = z.object({
  step: line,
  reason: z.enum(FAILURE_REASONS),
  // The config's limit for an expectation.
  expression: z.optional(z.string().check(z.maxLength(10_000))),
  detail: line,
  values: z.optional(
    z.record(z.string().check(z.maxLength(200)), z.string().check(z.maxLength(200))).check(
      z.refine((values) => Object.keys(values).length <= MOST_VALUES, `at most ${MOST_VALUES} values`),
    ),
  ),
  // Another version of Assay may record more of an exchange.
  request: z.lenient(z.object({ method: shortText, url: z.string().check(z.maxLength(2_000)), headers })),
  answer: z.lenient(
    z.object({
      status: z.optional(status),
      headers,
      excerpt: z.optional(z.string().check(z.maxLength(1_024))),
    }),
  ),
});

const wire = z.object({
  dnsMs: z.optional(ms),
  connectMs: z.optional(ms),
  tlsMs: z.optional(ms),
  firstByteMs: z.optional(ms),
  protocol: z.optional(shortText),
  remoteAddress: z.optional(shortText),
  certificate: z.optional(z.object({ notAfter: time, issuer: line })),
});

const observation = z.object({
  outcome: z.enum(JOURNEY_OUTCOMES),
  failure: z.optional(failure),
  transport: z.boolean(),
  steps: z.array(z.object({
    name: line,
    status: z.optional(status),
    // Another version of Assay may add notes.
    note: z.lenient(shortText),
    // Polls every 50 ms for 30 s, ten redirects each, are 6,600.
    requests: z.int().check(z.gte(0), z.lte(10_000)),
    headersMs: z.optional(ms),
    skipped: z.optional(z.boolean()),
    // Another version of Assay may measure differently.
    wire: z.lenient(wire),
    totalMs: ms,
  })).check(z.maxLength(50)),
  traceId: z.optional(z.string().check(z.regex(/^[0-9a-f]{32}$/))),
  totalMs: ms,
  captured: z.optional(
    z.record(z.string().check(z.maxLength(64)), z.string().check(z.maxLength(CAPTURED_CHARS))).check(
      z.refine((values) => Object.keys(values).length <= MOST_VALUES, `at most ${MOST_VALUES} values`),
    ),
  ),
  cleanup: z.optional(z.object({ outcome: z.enum(CLEANUP_OUTCOMES), failure: z.optional(failure) })),
});

const first = z.object({
  before: z.nullable(z.enum(REPORT_STATES)),
  after: z.optional(z.nullable(z.enum(REPORT_STATES))),
  outcome: z.enum(JOURNEY_OUTCOMES),
  failure: z.optional(z.pick(failure, { step: true, reason: true, detail: true })),
});

const about = { check: shortText, digest: shortText };
const walked = z.object({
  ...about,
  round: z.object({
    before: z.nullable(reportSchema),
    after: z.optional(z.nullable(reportSchema)),
    observation,
    first: z.optional(first),
  }),
});
const missed = z.object({ ...about, missed: line });

const head = {
  prober: z.string().check(z.maxLength(64)),
  slot: time.check(z.int()),
  suspect: z.boolean(),
  misplaced: z.boolean(),
  place: z.optional(z.string().check(z.maxLength(100))),
};

/** A prober's answer over HTTP. */
export const roundsReply: z.ZodMiniType<ProberReply> = z.object({
  ...head,
  answers: z.array(z.union([walked, missed])).check(z.maxLength(20_000)),
});
/** The same with its answers not yet validated; each is validated separately. */
const unread = z.object({ ...head, answers: z.array(z.unknown()) });

const REPLY_CAP_BYTES = 32 * 1024 * 1024;

/**
 * A prober behind a URL. `ask` rejects with a short reason if the prober is silent, wrong or late; it then
 * abstains.
 */
export function remoteProber(
  ports: Ports,
  { id, url, token }: { id: string; url: string; token: string },
): Prober {
  return {
    id,
    async ask(request) {
      const { slot, at = slot, checks, deadlineMs } = request;
      const to = resolveUrl(ports.secrets.reveal(url), "/v1/rounds");
      if (!to) throw new Error("its URL is not valid");
      const body = JSON.stringify(roundsRequestOf(id, request));
      const answer = await exchange(ports, {
        url: to,
        method: "POST",
        headers: {
          "authorization": `Bearer ${ports.secrets.reveal(token)}`,
          "content-type": "application/json",
          "user-agent": USER_AGENT,
        },
        body,
      }, { deadlineMs: deadlineMs + 2_500, capBytes: REPLY_CAP_BYTES });
      if (answer.kind === "failure") {
        throw new Error(ports.secrets.redact(`${answer.reason}: ${answer.detail}`));
      }
      if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
      if (answer.truncated) throw new Error(`answered more than ${REPLY_CAP_BYTES} bytes`);
      return await replyIn(ports, new TextDecoder().decode(answer.bytes), { slot: at, checks });
    },
  };
}

/**
 * Parses a reply. An invalid answer counts as missed, with the path of the fault; rejects if all answers are
 * invalid.
 */
async function replyIn(
  { clock, secrets }: Ports,
  body: string,
  { slot, checks }: { slot: number; checks: readonly Check[] },
): Promise<ProberReply> {
  const { answers, ...rest } = validateReply(unread, json(body), []);
  if (answers.length > checks.length) {
    throw new Error(`invalid: answers: more than the ${checks.length} asked`);
  }
  const faults: unknown[] = [];
  // Validating 10,000 rounds takes 160 ms.
  const read = await mapInSlices(clock, answers.entries(), ([i, answer]): RoundResult => {
    const path = ["answers", i];
    try {
      return answerIn(answer, slot, path);
    } catch (error) {
      faults.push(error);
      return { ...validateReply(z.object(about), answer, path), missed: secrets.redact(messageOf(error)) };
    }
  });
  if (faults.length > 0 && faults.length === answers.length) throw faults[0];
  return { ...rest, answers: read };
}

function json(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new Error("invalid: the answer is not JSON", { cause });
  }
}

/**
 * The maximum distance (ms) between a report's time and the slot: a prober with a worse clock cannot judge a
 * claim's age.
 */
const SKEW_MS = HOUR_MS;

function answerIn(value: unknown, slot: number, path: Path): RoundResult {
  const isMissed = typeof value === "object" && value !== null && "missed" in value;
  if (isMissed) return validateReply(missed, value, path);
  const answer = validateReply(walked, value, path);
  const { before, after } = answer.round;
  for (const [name, report] of Object.entries({ before, after })) {
    if (!report || Math.abs(report.at - slot) <= SKEW_MS) continue;
    throw new Error(`invalid: ${[...path, "round", name, "at"].join(".")}: more than 1 h from the slot`);
  }
  return answer;
}

type Path = readonly PropertyKey[];

/** Validates `value`. Throws an Error that names the first invalid place below `path`. */
function validateReply<T>(shape: z.ZodMiniType<T>, value: unknown, path: Path): T {
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  const { path: below, message } = read.error.issues[0]!;
  throw new Error(`invalid: ${[...path, ...below].join(".")}: ${message}`);
}
