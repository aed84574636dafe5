import type * as z from "../../../base/zod.ts";
import type { TokenScope } from "../../../config/schema/token_scopes.ts";

/** Statuses of problem documents. */
export type ProblemStatus = 400 | 401 | 403 | 404 | 409 | 413 | 424 | 429 | 500 | 503;

/** One successful response: JSON by a schema, or text of another type. */
export interface AnswerSpec {
  description: string;
  /** Absent with `type`: any text. Absent without `type`: no body. */
  schema?: z.ZodMiniType;
  /** By default `application/json`; `*` is any type. */
  type?: string;
  /** Alternative media types of the same response, with their schemas. */
  also?: Record<string, z.ZodMiniType>;
}

/**
 * Who may call an operation. `public`: anyone; `optional`: anyone, and a token sees more; a scope: tokens
 * with it; `elsewhere`: a token outside the header; `signature`: GitHub's signature; `prober`: this prober's
 * token.
 */
export type OperationAccess = "public" | "optional" | TokenScope | "elsewhere" | "signature" | "prober";

/** One operation of the OpenAPI document. */
export interface Operation {
  method: "get" | "post" | "put" | "delete";
  /** Path with `{name}` for each parameter. */
  path: string;
  id: string;
  summary: string;
  tag: string;
  access: OperationAccess;
  /** Schema of the query string. */
  query?: z.ZodMiniObject;
  headers?: Record<string, string>;
  /** Schema of the body, and a valid example. */
  body?: { schema: z.ZodMiniType; example: unknown; optional?: boolean };
  answers: Record<number, AnswerSpec>;
  problems?: readonly ProblemStatus[];
}

/** A JSON response. */
export const jsonAnswer = (description: string, schema: z.ZodMiniType): AnswerSpec => ({
  description,
  schema,
});

/** A response without a body. */
export const emptyAnswer = (description: string): AnswerSpec => ({ description });

/** The responses of endpoints that support health dialects. */
export function healthAnswers(): Operation["answers"] {
  const inDialect = (state: string) => ({
    description: `${state}, in the dialect's own format`,
    type: "*/*",
  });
  return {
    200: inDialect("Serving, or any state in a dialect that reports it in the body"),
    429: inDialect("Degraded in Consul's dialect; otherwise too many requests"),
    500: inDialect("Like 503, in dialects that use 500"),
    503: inDialect("Not serving, or unknown"),
  };
}
