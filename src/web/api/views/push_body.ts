/** The body of a push, and the report that it says. */
import * as z from "zod";
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
  z.string().max(most).refine((value) => !value.includes("\0"), "expected no U+0000");
const dialectName = z.string().regex(/^[\w.+-]{1,40}$/, "expected the name of a dialect");

const envelope = {
  /** Rises with each push of a source; epoch ms will do. */
  seq: z.int().nonnegative(),
  /** When the sender looked: ISO 8601 with an offset, or epoch ms. */
  at: z.union([z.int().nonnegative(), z.iso.datetime({ offset: true }).transform((at) => Date.parse(at))]),
  /** Seconds or other whole units: `45s`. */
  ttl: z.string().regex(/^[1-9][0-9]{0,7}(ms|s|m|h|d)$/, "expected a duration, such as 45s").optional(),
  dialect: dialectName.optional(),
};

const claim = z.strictObject({
  source: z.enum(CLAIM_SOURCES),
  state: reportState,
  raw: text(500),
});

const subsystem = z.strictObject({
  name: text(200).min(1),
  state: reportState,
  layer: z.enum(LAYERS).optional(),
  required: z.boolean().default(true),
  message: text(1_000).optional(),
});

/** A report in our own words. */
export const wordsBody = z.strictObject({
  ...envelope,
  state: reportState,
  phase: z.literal("unclear").optional(),
  claims: z.array(claim).max(50).default([]),
  subsystems: z.array(subsystem).max(200).default([]),
  version: text(200).optional(),
  reason: text(300).optional(),
});

const HEADER = /^[!#$%&'*+.^`|~\w-]{1,100}$/;
/** An answer as the service gave it. */
export const answerBody = z.strictObject({
  ...envelope,
  answer: z.strictObject({
    status: z.int().min(100).max(999),
    headers: z.record(z.string().regex(HEADER), z.string().max(8_000).regex(/^[\t\x20-\x7e\x80-\xff]*$/))
      .default({}),
    body: z.string(),
  }),
});

/** A push: a report in our own words, or an answer in any dialect. */
export type PushBody = z.infer<typeof wordsBody> | z.infer<typeof answerBody>;

/** The shape of a push. It is held against one of the two, so that what is wrong can be named. */
export const pushBody: z.ZodType<PushBody> = z.unknown().transform((value, context) => {
  const isAnswer = typeof value === "object" && value !== null && "answer" in value;
  const read = (isAnswer ? answerBody : wordsBody).safeParse(value);
  if (read.success) return read.data;
  for (const { path, message } of read.error.issues) context.addIssue({ code: "custom", path, message });
  return z.NEVER;
});

/** Nobody is asked: it only has to be a URL from which no question can be told. */
const PLACEHOLDER_URL = new URL("http://pushed.invalid/");

/** What a push claims. A claim is only as good as its worst part, as with a report that is asked for. Pure. */
export function reportOf(body: PushBody, source: PushedSource): Report {
  const result = "answer" in body ? readAnswer(body, source) : readWords(body, source);
  // A process that lives is no claim that it is ready.
  if (result.question === "liveness" && isServing(result.state)) {
    return {
      ...unknownReport("push", body.at, "liveness: it only says that a process lives"),
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
    // Where there is no claim, what it might have been made of is none either.
    read: () =>
      isNoClaim(state) ? { claims: [own] } : { claims: [own, ...claims], subsystems: parts, version, phase },
  };
  const received = { url: PLACEHOLDER_URL, status: 200, headers: new Headers(), text: "" };
  const { httpStatus: _, ...rest } = read(received, { dialect: name, question: "push", select }, [dialect]);
  return { ...rest, reason: select === undefined && reason ? reason : rest.reason };
}
