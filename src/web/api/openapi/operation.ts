import type * as z from "../../../base/zod.ts";
import type { TokenScope } from "../../../config/schema/token_scopes.ts";

/** Statuses that are answered with a problem document. */
export type ProblemStatus = 400 | 401 | 403 | 404 | 409 | 413 | 424 | 429 | 500 | 503;

/** One good answer: JSON of a schema, or a text of another type. */
export interface AnswerSpec {
  description: string;
  /** Absent with `type`: any text of it. Absent without: no body. */
  schema?: z.ZodMiniType;
  /** `application/json` without it; `*` is any. */
  type?: string;
  /** Other types that the same answer may have, and the shape of each. */
  also?: Record<string, z.ZodMiniType>;
}

/**
 * Whom an operation lets through: `public`; `optional`: anyone, and a token sees more; a scope; a token elsewhere than in the
 * header; GitHub's signature; the token of this prober.
 */
export type OperationAccess = "public" | "optional" | TokenScope | "elsewhere" | "signature" | "prober";

/** One operation of the API, as its document lists it. */
export interface Operation {
  method: "get" | "post" | "put" | "delete";
  /** With `{name}` for each part of the path that is a parameter. */
  path: string;
  id: string;
  summary: string;
  tag: string;
  access: OperationAccess;
  /** The schema that the query string is held against. */
  query?: z.ZodMiniObject;
  headers?: Record<string, string>;
  /** The schema that the body is held against, and one that is accepted. */
  body?: { schema: z.ZodMiniType; example: unknown; optional?: boolean };
  answers: Record<number, AnswerSpec>;
  problems?: readonly ProblemStatus[];
}

/** An answer of JSON. */
export const jsonAnswer = (description: string, schema: z.ZodMiniType): AnswerSpec => ({
  description,
  schema,
});

/** An answer without a body. */
export const emptyAnswer = (description: string): AnswerSpec => ({ description });

/** The answers of endpoints in a health dialect. */
export function healthAnswers(): Operation["answers"] {
  const inDialect = (state: string) => ({
    description: `${state}, in the words of the dialect`,
    type: "*/*",
  });
  return {
    200: inDialect("It serves, or the dialect says all in the body"),
    429: inDialect("Degraded in Consul's words; else too many requests"),
    500: inDialect("As 503, in dialects that say it so"),
    503: inDialect("It does not serve, or nothing is known"),
  };
}
