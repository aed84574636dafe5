/** The body of a push, and the report it contains. */
import * as z from "../../../base/zod.ts";
import type { PushedSource } from "../../../config/config.ts";
import { isNoClaim, isServing } from "../../../evidence/report/merge.ts";
import { layerOf } from "../../../evidence/report/layers.ts";
import {
  type Dialect,
  DIALECTS,
  read,
  type ReadReport,
  type Report,
  unknownReport,
} from "../../../evidence/report/mod.ts";
import { CLAIM_SOURCES, LAYERS } from "../../../evidence/report/report.ts";
import { reportState } from "../../../evidence/report/schema.ts";

const text = (most: number) =>
  z.string().check(z.maxLength(most), z.refine((value) => !value.includes("\0"), "expected no U+0000"));
const dialectName = z.string().check(z.regex(/^[\w.+-]{1,40}$/, "expected the name of a dialect"));

const envelope = {
  /** Must rise with each push of a source; epoch ms works. */
  seq: z.int().check(z.nonnegative()),
  /** When the sender made the observation: ISO 8601 with an offset, or epoch ms. */
  at: z.union([
    z.int().check(z.nonnegative()),
    z.pipe(z.datetime({ offset: true }), z.transform((at) => Date.parse(at))),
  ]),
  /** A whole number with a unit, such as `45s`. */
  ttl: z.optional(
    z.string().check(z.regex(/^[1-9][0-9]{0,7}(ms|s|m|h|d)$/, "expected a duration, such as 45s")),
  ),
  dialect: z.optional(dialectName),
};

const claim = z.strictObject({
  source: z.enum(CLAIM_SOURCES),
  state: reportState,
  raw: text(500),
});

const subsystem = z.strictObject({
  name: text(200).check(z.minLength(1)),
  state: reportState,
  layer: z.optional(z.enum(LAYERS)),
  required: z._default(z.boolean(), true),
  message: z.optional(text(1_000)),
});

/** A report in Assay's own format. */
export const wordsBody = z.strictObject({
  ...envelope,
  state: reportState,
  phase: z.optional(z.literal("unclear")),
  claims: z._default(z.array(claim).check(z.maxLength(50)), []),
  subsystems: z._default(z.array(subsystem).check(z.maxLength(200)), []),
  version: z.optional(text(200)),
  reason: z.optional(text(300)),
});

const HEADER = /^[!#$%&'*+.^`|~\w-]{1,100}$/;
/** A response exactly as the service gave it. */
export const answerBody = z.strictObject({
  ...envelope,
  answer: z.strictObject({
    status: z.int().check(z.gte(100), z.lte(999)),
    headers: z._default(
      z.record(
        z.string().check(z.regex(HEADER)),
        z.string().check(z.maxLength(8_000), z.regex(/^[\t\x20-\x7e\x80-\xff]*$/)),
      ),
      {},
    ),
    body: z.string(),
  }),
});

/** A push: a report in Assay's own format, or a response in any dialect. */
export type PushBody = z.infer<typeof wordsBody> | z.infer<typeof answerBody>;

/** Validates a push by one of the two schemas, so that errors name the wrong field. */
export const pushBody: z.ZodMiniType<PushBody> = z.pipe(
  z.unknown(),
  z.transform((value, context) => {
    const isAnswer = typeof value === "object" && value !== null && "answer" in value;
    const read = (isAnswer ? answerBody : wordsBody).safeParse(value);
    if (read.success) return read.data;
    for (const { path, message } of read.error.issues) {
      context.issues.push({ code: "custom", path, message, input: context.value });
    }
    return z.NEVER;
  }),
);

/** Never requested. Its path implies no question. */
const PLACEHOLDER_URL = new URL("http://pushed.invalid/");

/** The report that a push contains. A claim is as bad as its worst part, as with a requested report. Pure. */
export function reportOf(body: PushBody, source: PushedSource): Report {
  const result = "answer" in body ? readAnswer(body, source) : readWords(body, source);
  // A live process is no claim of readiness.
  if (result.question === "liveness" && isServing(result.state)) {
    return {
      ...unknownReport("push", body.at, "liveness: it only says that the process is alive"),
      dialect: result.dialect,
    };
  }
  return { ...result, question: "push", at: body.at, durationMs: 0 };
}

function readAnswer(
  { answer, dialect = "auto", at }: z.infer<typeof answerBody>,
  { select }: PushedSource,
): ReadReport {
  const { status, headers, body: text } = answer;
  return read(
    { url: PLACEHOLDER_URL, status, headers: new Headers(headers), text },
    { dialect, select, at },
    DIALECTS,
  );
}

function readWords(body: z.infer<typeof wordsBody>, { select }: PushedSource): ReadReport {
  const { state, phase, claims, subsystems, version, reason, dialect: name = "push" } = body;
  const own = { source: "body" as const, state, raw: reason ?? state };
  const parts = subsystems.map((part) => ({ ...part, layer: part.layer ?? layerOf(part.name) }));
  const dialect: Dialect = {
    name,
    recognise: () => true,
    // Without a claim, the claims and subsystems that it would be made of do not count either.
    read: () =>
      isNoClaim(state) ? { claims: [own] } : { claims: [own, ...claims], subsystems: parts, version, phase },
  };
  const received = { url: PLACEHOLDER_URL, status: 200, headers: new Headers(), text: "" };
  const { httpStatus: _, ...rest } = read(received, { dialect: name, question: "push", select }, [dialect]);
  return { ...rest, reason: select === undefined && reason ? reason : rest.reason };
}
