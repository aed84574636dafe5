import { bodyClaim, errorClaims } from "../claims.ts";
import { isServing, worst } from "../merge.ts";
import { frame, GRPC_STATUSES } from "../../../base/grpc.ts";
import { decodeChunkedBase64, fieldsOf, framesOf, textField } from "../frames.ts";
import { scalar, tryParseJson } from "../json.ts";
import type {
  AskOptions,
  Claim,
  Dialect,
  Expresses,
  Reading,
  ReportAnswer,
  ReportState,
  RequestSpec,
  Subsystem,
} from "../report.ts";
import { json } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

/** `HealthCheckResponse.ServingStatus`, in the order of its numbers. */
const STATUSES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

const STATES = new Map<string, ReportState>([["SERVING", "ready"], ["NOT_SERVING", "not_ready"]]);

/** gRPC's status codes by number, in Connect's spelling. */
const CODES = GRPC_STATUSES.map((name) => name === "CANCELLED" ? "canceled" : name.toLowerCase());

/** Errors that make a claim; the others (not_found, unimplemented, unauthenticated) make none. */
const ERRORS = new Map<string, ReportState>([
  ["deadline_exceeded", "not_ready"],
  ["unavailable", "not_ready"],
  ["internal", "not_ready"],
  ["data_loss", "not_ready"],
  ["resource_exhausted", "degraded"],
]);

const SERVING_OR_NOT: Expresses = { whole: ["ready", "degraded", "not_ready", "unknown"] };

const PATH = /\/grpc\.health\.v1\.Health\/(Check|Watch|List)$/;
const FRAMED = /^application\/(grpc|connect\+)/i;

/**
 * gRPC health v1 (grpc/health/v1/health.proto) over the Connect protocol: POST `{}`, or the name of one
 * service, to `/grpc.health.v1.Health/Check`.
 *
 * SERVING is ready, NOT_SERVING not_ready (also with 200), UNKNOWN and SERVICE_UNKNOWN unknown; `{}` is
 * UNKNOWN, the zero value. The errors unavailable, deadline_exceeded, internal and data_loss are not_ready,
 * resource_exhausted is degraded, any other unknown (not_found: not registered; unimplemented). `List` makes
 * each service a part; the unnamed one is the whole, else the worst. The HTTP code counts only outside 2xx.
 */
export const grpcHealth: Dialect = {
  name: "grpc-health",
  path: PATH,
  request: ({ service }) => ({
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify({ service }),
  }),
  recognise: (answer) =>
    !isFramed(answer) &&
    (PATH.test(answer.url.pathname) ||
      (isRecord(answer.json) && STATUSES.includes(scalar(answer.json.status)) &&
        Object.keys(answer.json).length === 1 && answer.json.status !== "UNKNOWN")),
  read,
  expresses: SERVING_OR_NOT,
  write: ({ state }) => json(200, { status: STATUSES[numberOf(state)] }),
};

const askFramed = ({ service = "" }: AskOptions): RequestSpec => ({
  method: "POST",
  headers: {
    accept: "application/grpc-web+proto",
    "content-type": "application/grpc-web+proto",
    "x-grpc-web": "1",
  },
  body: frame(textField(1, service)),
});

/**
 * The same over gRPC-Web, for servers behind Envoy or another translating proxy. Every answer is 200; errors
 * are in a trailer frame, or in the headers if there is no body. Also reads gRPC's own frames and Connect's
 * streams.
 */
export const grpcWeb: Dialect = {
  name: "grpc-web",
  request: askFramed,
  recognise: isFramed,
  read,
  expresses: SERVING_OR_NOT,
  write: ({ state }) => ({
    status: 200,
    headers: { "content-type": "application/grpc-web+proto" },
    body: new Uint8Array([
      ...frame(new Uint8Array([8, numberOf(state)])),
      0x80,
      ...frame(TRAILER).subarray(1),
    ]),
  }),
};

const TRAILER = new TextEncoder().encode("grpc-status: 0\r\n");

/** Callers of these protocols read the status and not the code, so they never take UNKNOWN for SERVING. */
const numberOf = (state: ReportState) => isServing(state) ? 1 : state === "unknown" ? 0 : 2;

function isFramed({ headers }: ReportAnswer): boolean {
  return FRAMED.test(headers.get("content-type") ?? "");
}

function read(answer: ReportAnswer): Reading | null {
  const reading = isFramed(answer) ? readFrames(answer) : readPlain(answer);
  if (!reading) return null;
  const isShed = answer.status === 429 && reading.claims.some((claim) => claim.state === "degraded");
  // For an unregistered service the word is more precise than the 404.
  const isNamed = answer.status < 500 && reading.claims.every(isUnknownError);
  return isShed || isNamed
    ? reading
    : { ...reading, claims: [...reading.claims, ...errorClaims(answer.status)] };
}

function isUnknownError({ state, raw }: Claim): boolean {
  return state === "unknown" && CODES.includes(raw);
}

function readPlain({ headers, json, text }: ReportAnswer): Reading | null {
  if (/^application\/proto/i.test(headers.get("content-type") ?? "")) return readMessage(text, "body");
  return isRecord(json) ? readList(json) ?? { claims: [claimOf(json)] } : null;
}

function claimOf({ status, code }: Record<string, unknown>): Claim {
  if (typeof code === "string") return bodyClaim(ERRORS.get(code) ?? "unknown", code);
  const word = status === undefined ? "UNKNOWN" : scalar(status);
  return bodyClaim(STATES.get(word) ?? "unknown", word);
}

function readList({ statuses }: Record<string, unknown>): Reading | null {
  if (!isRecord(statuses)) return null;
  const words = Object.entries(statuses).map(([name, value]): [string, string] => [
    name,
    isRecord(value) ? scalar(value.status ?? "UNKNOWN") : "UNKNOWN",
  ]);
  return ofServices(words, "body");
}

function readFrames({ headers, text }: ReportAnswer): Reading | null {
  const isText = /^application\/grpc-web-text/i.test(headers.get("content-type") ?? "");
  const frames = framesOf((isText ? decodeChunkedBase64(text) : text) ?? "?");
  if (!frames) return null;
  const trailers = frames.filter(({ flags }) => (flags & 0x80) !== 0).map(({ payload }) => payload).join(
    "\n",
  );
  const end = frames.find(({ flags }) => flags === 2)?.payload ?? "";
  const error = errorOf(/^grpc-status:\s*(\d+)/im.exec(trailers)?.[1] ?? headers.get("grpc-status"), end);
  if (error) return { claims: [{ source: "frame", state: ERRORS.get(error) ?? "unknown", raw: error }] };
  const message = frames.findLast(({ flags }) => flags === 0)?.payload;
  if (message === undefined) return null;
  const json = tryParseJson(message);
  return isRecord(json) ? { claims: [{ ...claimOf(json), source: "frame" }] } : readMessage(message, "frame");
}

/** The error name in `grpc-status` or at the end of a Connect stream, if any. */
function errorOf(status: string | null, end: string): string | undefined {
  const last = tryParseJson(end);
  if (isRecord(last) && isRecord(last.error)) return scalar(last.error.code);
  return status === null || Number(status) === 0 ? undefined : CODES[Number(status)] ?? "unknown";
}

/** A `HealthCheckResponse` (field 1 a number) or a `HealthListResponse` (field 1 a map of them). */
function readMessage(message: string, source: Claim["source"]): Reading | null {
  const fields = fieldsOf(message);
  if (!fields) return null;
  const entries = fields.filter(({ field, value }) => field === 1 && typeof value === "string");
  if (entries.length > 0) {
    return ofServices(entries.map(({ value }) => entryOf(scalar(value))), source);
  }
  const word = wordOf(fields.findLast(({ field }) => field === 1)?.value);
  return { claims: [{ source, state: STATES.get(word) ?? "unknown", raw: word }] };
}

function wordOf(number: unknown): string {
  return number === undefined ? "UNKNOWN" : STATUSES[Number(number)] ?? scalar(number);
}

function entryOf(entry: string): [string, string] {
  const fields = fieldsOf(entry) ?? [];
  const inner = fields.findLast(({ field }) => field === 2)?.value;
  const status = fieldsOf(scalar(inner ?? ""))?.findLast(({ field }) => field === 1)?.value;
  return [scalar(fields.find(({ field }) => field === 1)?.value ?? ""), wordOf(status)];
}

function ofServices(words: [name: string, word: string][], source: Claim["source"]): Reading {
  const parts = words.map(([name, word]): Subsystem => ({
    name: name || "(server)",
    state: STATES.get(word) ?? "unknown",
    layer: "process",
    required: name === "",
  }));
  const whole = parts.find((part) => part.required);
  const state = whole?.state ?? (parts.length > 0 ? worst(parts.map((part) => part.state)) : "unknown");
  return { claims: [{ source, state, raw: `List of ${words.length}` }], subsystems: parts };
}
