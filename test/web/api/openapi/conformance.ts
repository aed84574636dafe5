/** Holds an answer against the document of the API. */
import document from "../../../../schema/v1/openapi.json" with { type: "json" };
import { problemSchema } from "../../../../src/web/api/openapi/schemas/mod.ts";
import type { AnswerSpec, Operation } from "../../../../src/web/api/openapi/operation.ts";

interface Response {
  $ref?: string;
  content?: Record<string, unknown>;
}
type Responses = Record<string, Response>;

const paths = document.paths as unknown as Record<string, Record<string, { responses: Responses }>>;
const shared = document.components.responses as unknown as Responses;

/** What is wrong with an answer, or null: its status and type must be those of the document, and its body of the described shape. */
export async function mismatch(operation: Operation, answer: globalThis.Response): Promise<string | null> {
  const { status } = answer;
  const type = (answer.headers.get("content-type") ?? "").split(";")[0]!;
  const found = paths[operation.path]?.[operation.method]?.responses[status];
  if (!found) return `${status} is not in the document: ${await answer.text()}`;
  const { content = {} } = found.$ref ? shared[found.$ref.split("/").at(-1)!]! : found;
  const isOurs = type === "application/problem+json";
  if (status === 500 && isOurs) return `500: ${await answer.text()}`;
  // An event stream has no end.
  if (type === "text/event-stream") {
    await answer.body?.cancel();
    return type in content ? null : `${type} is not in the document`;
  }
  const text = await answer.text();
  if (Object.keys(content).length === 0) return text === "" ? null : `${status} has a body: ${text}`;
  if (!(type in content) && !("*/*" in content)) return `${status} of type ${type} is not in the document`;
  const described = isOurs ? { description: "", schema: problemSchema } : operation.answers[status];
  return described ? schemaMismatch(described, type, text) : `nothing describes ${status} ${type}`;
}

/** The schemas are strict: a field that they do not name is a fault. */
function schemaMismatch(
  { schema, type = "application/json", also }: AnswerSpec,
  type_: string,
  text: string,
) {
  const shape = also?.[type_] ?? (type === "*/*" ? undefined : schema);
  if (!shape) return null;
  const read = shape.safeParse(type_.endsWith("json") ? JSON.parse(text) : text);
  return read.success ? null : `${JSON.stringify(read.error.issues.slice(0, 3))} in ${text.slice(0, 2_000)}`;
}
