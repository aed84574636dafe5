/** A prober that is another deployment: `POST /v1/rounds` with a bearer token, validated at both ends. */
import * as z from "zod";
import { exchange, under, USER_AGENT } from "./exchange.ts";
import type { Ports } from "./ports.ts";
import type { Prober, Reply } from "./round.ts";

/** What a prober is asked over HTTP. `deadlineMs` counts from its arrival. */
export const roundsRequest = z.strictObject({
  prober: z.string().max(64),
  /** Slot, epoch ms. */
  slot: z.number().int().nonnegative(),
  deadlineMs: z.number().int().min(1).max(60_000),
  checks: z.array(z.strictObject({ check: z.string().max(200), digest: z.string().max(128) })).max(20_000),
});

const text = z.string().max(2_000);
const ms = z.number().nonnegative();
/** The states of a report, as they cross the network. */
export const reportState = z.enum([
  "starting",
  "ready",
  "degraded",
  "draining",
  "not_ready",
  "unreachable",
  "unreadable",
  "unknown",
]);

const question = z.enum(["liveness", "readiness", "startup", "aggregate", "status_page", "lb", "push"]);

const source = z.object({
  name: text,
  state: reportState,
  phase: z.literal("unclear").optional(),
  question,
  dialect: text,
  httpStatus: z.number().int().optional(),
  reason: text.optional(),
});

/** A report, as it crosses the network or is kept. */
export const reportShape = z.object({
  state: reportState,
  dialect: text,
  confidence: z.enum(["declared", "recognised", "code"]),
  question,
  phase: z.literal("unclear").optional(),
  httpStatus: z.number().int().optional(),
  claims: z.array(
    z.object({
      source: z.enum(["code", "body", "header", "frame"]),
      state: reportState,
      raw: text,
      from: text.optional(),
    }),
  ).max(500),
  contradictions: z.array(text).max(500),
  subsystems: z.array(z.object({
    name: text,
    state: reportState,
    layer: z.enum(["process", "dependency", "state", "policy"]),
    required: z.boolean(),
    message: text.optional(),
  })).max(500),
  version: text.optional(),
  reportedAt: z.number().optional(),
  retryAfterMs: z.number().optional(),
  reason: text.optional(),
  at: z.number(),
  durationMs: ms,
  // As many as the config lets a check have.
  sources: z.array(source).max(10).optional(),
});

const failure = z.object({
  step: text,
  reason: z.enum([
    "expectation",
    "timeout",
    "network",
    "body",
    "too_large",
    "redirect",
    "capture",
    "template",
    "refused",
    "blocked",
    "platform",
    "deadline",
    "bug",
  ]),
  // As long as the config lets an expectation be.
  expression: z.string().max(10_000).optional(),
  detail: text,
  values: z.record(z.string(), text).optional(),
});

const observation = z.object({
  outcome: z.enum(["pass", "slow", "fail", "error"]),
  failure: failure.optional(),
  transport: z.boolean(),
  steps: z.array(z.object({
    name: text,
    status: z.number().int().optional(),
    requests: z.number().int(),
    headersMs: ms.optional(),
    totalMs: ms,
  })).max(200),
  totalMs: ms,
  cleanup: z.object({ outcome: z.enum(["pass", "fail", "error"]), failure: failure.optional() }).optional(),
});

const answer = z.union([
  z.object({
    check: text,
    digest: text,
    round: z.object({
      before: reportShape.nullable(),
      after: reportShape.nullable().optional(),
      observation,
    }),
  }),
  z.object({ check: text, digest: text, missed: text }),
]);

/** What a prober answers over HTTP. */
export const roundsReply: z.ZodType<Reply> = z.object({
  prober: text,
  slot: z.number().int(),
  suspect: z.boolean(),
  misplaced: z.boolean(),
  place: text.optional(),
  answers: z.array(answer).max(20_000),
});

const REPLY_CAP_BYTES = 32 * 1024 * 1024;

/** A prober behind a URL. Rejects with a short reason when it is silent, wrong or late: it then abstains. */
export function remoteProber(
  ports: Ports,
  { id, url, token }: { id: string; url: string; token: string },
): Prober {
  return {
    id,
    async ask({ slot, checks, deadlineMs }) {
      const to = under(ports.vault.reveal(url), "/v1/rounds");
      if (!to) throw new Error("its URL is not valid");
      const body = JSON.stringify({
        prober: id,
        slot,
        // It needs the rest of the time to bring the answer home.
        deadlineMs: Math.max(1, Math.round(deadlineMs - 500)),
        checks: checks.map(({ key, digest }) => ({ check: key, digest })),
      });
      const answer = await exchange(ports, {
        url: to,
        method: "POST",
        headers: {
          "authorization": `Bearer ${ports.vault.reveal(token)}`,
          "content-type": "application/json",
          "user-agent": USER_AGENT,
        },
        body,
      }, { deadlineMs: deadlineMs + 2_500, capBytes: REPLY_CAP_BYTES });
      if (answer.kind === "failure") {
        throw new Error(ports.vault.redact(`${answer.reason}: ${answer.detail}`));
      }
      if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
      if (answer.truncated) throw new Error(`answered more than ${REPLY_CAP_BYTES} bytes`);
      return parsed(new TextDecoder().decode(answer.bytes));
    },
  };
}

function parsed(body: string): Reply {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw new Error("invalid: the answer is not JSON", { cause });
  }
  const reply = roundsReply.safeParse(value);
  if (reply.success) return reply.data;
  const { path, message } = reply.error.issues[0]!;
  throw new Error(`invalid: ${path.join(".")}: ${message}`);
}
