/** The answer of a gRPC server to one call (grpc/grpc, doc/PROTOCOL-HTTP2.md). */
import type { ExchangeTrace } from "../../../../base/ports.ts";
import { messageOf } from "../../../../base/error_message.ts";
import { GRPC_STATUSES, PREFIX_BYTES } from "../../../../base/grpc.ts";
import type { Exchange } from "../../../../base/http/client.ts";
import {
  CaselessMap,
  type Facts,
  type HostileAnswer,
  parseJson,
  Unmet,
} from "../../../../config/expression/mod.ts";
import { LINE_MEASURED, LineScope } from "../line_scope.ts";
import type { StepFailure } from "../../step_kind.ts";
import type { Codec } from "./codec.ts";

/** One answer; `message` is absent with an error. */
export interface GrpcAnswer {
  /** The status in words: `OK`, `NOT_FOUND`. */
  status: string;
  /** The server's explanation of the status. */
  statusMessage: string;
  /** The message as JSON. */
  message?: string;
  /** Headers and trailers, names in lower case. */
  metadata: [string, string][];
}

/** Reads the gRPC answer from an HTTP answer, or returns why it is not one. */
export function readAnswer(
  { status: code, headers, trailers = headers, bytes }: Exchange & { kind: "answer" },
  codec: Codec,
): GrpcAnswer | StepFailure {
  const type = headers.get("content-type") ?? "no content type";
  if (code !== 200) return noAnswer(`HTTP status ${code}`);
  if (!/^application\/grpc($|[+;])/i.test(type)) return noAnswer(type);
  const number = trailers.get("grpc-status") ?? headers.get("grpc-status");
  if (number === null) return noAnswer("an answer without a status");
  const status = GRPC_STATUSES[Number(number)] ?? "UNKNOWN";
  const metadata = [...new Map([...headers, ...trailers])];
  const statusMessage = decodePercent(trailers.get("grpc-message") ?? "");
  if (status !== "OK") return { status, statusMessage, metadata };
  try {
    return { status, statusMessage, metadata, message: JSON.stringify(codec.decode(messageIn(bytes))) };
  } catch (error) {
    return { reason: "body", detail: `status OK, and ${messageOf(error)}` };
  }
}

const noAnswer = (found: string): StepFailure => ({
  reason: "body",
  detail: `${found} in place of an answer of gRPC`,
});

/** The only message of a body. */
function messageIn(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) throw new Error("no message");
  if (bytes.length < PREFIX_BYTES) throw new Error("a message that is cut");
  if (bytes[0] !== 0) throw new Error("a compressed message, which was not asked for");
  const end = PREFIX_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  if (end > bytes.length) throw new Error("a message that is cut");
  if (end < bytes.length) throw new Error("more than one message");
  return bytes.subarray(PREFIX_BYTES);
}

/** Decodes percent-encoding; returns malformed text unchanged. */
function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** CEL types of the variables that {@linkcode GrpcScope} adds. */
export const GRPC_VARIABLES = {
  status: "string",
  statusMessage: "string",
  message: "dyn",
  metadata: "map<string, string>",
  durationMs: "double",
};

/** CEL types of variables that need a transport with its own connections. */
export const GRPC_MEASURED = { ...LINE_MEASURED, firstByteMs: "double" };

/** An answer as CEL values. */
export class GrpcScope extends LineScope {
  readonly #answer: GrpcAnswer & { durationMs: number };

  constructor(
    answer: GrpcAnswer & { durationMs: number; trace: Partial<ExchangeTrace> },
    facts: Facts,
  ) {
    super(answer.trace, facts);
    this.#answer = answer;
  }
  get status() {
    return this.#answer.status;
  }
  get statusMessage() {
    return this.#answer.statusMessage;
  }
  get message() {
    const { message, status, statusMessage } = this.#answer;
    if (message === undefined) throw new Unmet("missing", `no message, but ${status}: ${statusMessage}`);
    const parsed = parseJson(message);
    if ("unmet" in parsed) throw parsed.unmet;
    return parsed.value;
  }
  get metadata() {
    return new CaselessMap(this.#answer.metadata);
  }
  get durationMs() {
    return this.#answer.durationMs;
  }
  get firstByteMs() {
    return this.measured("firstByteMs");
  }
}

const hostile = (status: string, message?: string): HostileAnswer["scope"] => (facts) =>
  new GrpcScope(
    { status, statusMessage: "", message, metadata: [], durationMs: 1, trace: {} },
    facts,
  );

/** Answers of unhealthy services. */
export const HOSTILE: readonly HostileAnswer[] = [
  { name: "UNAVAILABLE", scope: hostile("UNAVAILABLE") },
  { name: "OK with an empty message", scope: hostile("OK", "{}") },
  { name: "OK with NOT_SERVING", scope: hostile("OK", '{"status":"NOT_SERVING"}') },
];
