import * as z from "../../../base/zod.ts";
import { frame, HEALTH_CHECK, PREFIX_BYTES } from "../../../base/grpc.ts";
import { closest } from "../../../base/closest.ts";
import { bodyText } from "../../../base/http/body_text.ts";
import { messageOf } from "../../../base/error_message.ts";
import { type Exchange, exchange, type HttpRequest, withHeader } from "../../../base/http/client.ts";
import type { Step } from "../../../config/config.ts";
import type { GrammarFields } from "../../../config/kinds.ts";
import type { StepContext } from "../../../config/step_context.ts";
import type { Draft } from "../../../config/validate.ts";
import { authorizer } from "../authorize.ts";
import { failureOfTransport } from "../conversation.ts";
import type { AttemptContext, AttemptResult, StepExchange, StepFailure, StepKind } from "../step_kind.ts";
import type { StepTrace } from "../observation.ts";
import { wireOf } from "../wire.ts";
import {
  GRPC_MEASURED,
  GRPC_VARIABLES,
  type GrpcAnswer,
  GrpcScope,
  HOSTILE,
  readAnswer,
} from "./grpc/answer.ts";
import type { Codec } from "./grpc/codec.ts";
import { fileContent } from "./http/grammar.ts";
import { readJson } from "./http/read.ts";
import { render } from "./http/request.ts";
import type { StepRequest } from "./http/step.ts";

/** What makes a step a gRPC step. */
interface GrpcFields {
  request: StepRequest;
  grpc: {
    method: string;
    /** A FileDescriptorSet in base64; absent: gRPC health v1. */
    descriptor?: string;
    maxBytes: number;
  };
}

const MAX_BYTES = 65_536;

const grammar = ({ map, text, headers }: GrammarFields) =>
  map({
    grpc: map({
      url: z.optional(text(/^(https?:\/\/|\$\{env:)/, "a URL: http:// or https://")).check(
        z.describe("Instead of the target's url: the server, with TLS (https) or without (http)."),
      ),
      service: z.optional(text(/^[\x21-\x7e]{1,200}$/, "the name of a service, such as shop.v1.Orders"))
        .check(
          z.describe("The service whose health is checked. Default: the whole server."),
        ),
      method: z.optional(text(/^[A-Za-z_][\w.]*\/[A-Za-z_]\w*$/, "package.Service/Method")).check(
        z.meta({ description: "A unary method of the descriptor.", default: HEALTH_CHECK }),
      ),
      descriptor: z.optional(fileContent(map)).check(
        z.describe("A file of at most 256 KiB, relative to the config: protoc --include_imports -o FILE."),
      ),
      message: z.optional(z.unknown()).check(
        z.describe("The message, as JSON. May hold {{ expr }} and ${env:NAME}."),
      ),
      metadata: z.optional(headers()).check(
        z.describe("Request metadata. May hold {{ expr }} and ${env:NAME}."),
      ),
      maxBytes: z.optional(z.int().check(z.gte(1), z.lte(1 << 20))).check(
        z.meta({ description: "A longer message is not judged.", default: MAX_BYTES }),
      ),
    }).check(z.describe("A unary gRPC call; without method, the server's health check.")),
  });

/** What reads and writes messages; undefined until somebody needs it. */
let codecs: typeof import("./grpc/codec.ts") | undefined;
const loadCodecs = async () => codecs ??= await import("./grpc/codec.ts");

const known = new WeakMap<object, Codec>();

async function codecFor({ grpc }: GrpcFields): Promise<Codec> {
  const { codecOf } = codecs ?? await loadCodecs();
  const codec = known.get(grpc) ?? codecOf(grpc.method, grpc.descriptor);
  known.set(grpc, codec);
  return codec;
}

/** A unary call: gRPC health v1, or any method of which there is a descriptor. */
export const grpcStep: StepKind<GrpcFields> = {
  kind: "grpc",
  isHttp: true,
  schema: grammar,
  references: /^grpc\/(url|message(\/.*)?|metadata\/.+)$/,
  scope: GRPC_VARIABLES,
  measured: GRPC_MEASURED,
  hostile: HOSTILE,
  prepare: async () => void await loadCodecs(),
  read,
  lacking(_, runtime) {
    if (runtime === "cloudflare") return "a Worker's fetch shows no trailers, where gRPC's status stands";
    if (runtime === "deno-deploy") return "there nothing may connect to port 443 but fetch";
  },
  summarize: ({ grpc }) => `grpc ${grpc.method}`,
  requests: () => ({ usual: 1, most: 1 }),
  run,
};

function read({ grpc = {} }: Draft<z.infer<ReturnType<typeof grammar>>>, context: StepContext): GrpcFields {
  const { captures, compiler, allowPrivate, checks, note } = context;
  const { url = "", service, method = HEALTH_CHECK, descriptor, maxBytes = MAX_BYTES } = grpc;
  const path = [...context.path, "grpc"];
  checks?.address(grpc.url, [...path, "url"], { allowPrivate }, note);
  const isHealth = grpc.method === undefined;
  const misplaced = isHealth ? ["descriptor", "message"] : ["service"];
  for (const key of misplaced.filter((key) => key in grpc)) {
    const message = isHealth ? "it belongs to a method" : "it belongs to the health of a server";
    note({
      path: [...path, key],
      at: "key",
      message,
      expected: isHealth ? "a method" : "no method",
      found: key,
    });
  }
  if (!isHealth && descriptor === undefined) {
    note({ path, at: "key", message: "a method needs its descriptor", expected: "descriptor: FILE" });
  }
  const own = typeof descriptor === "object" ? descriptor.base64 : undefined;
  const sent = isHealth ? service === undefined ? {} : { service } : grpc.message ?? {};
  if (isHealth || own !== undefined) {
    noteFaults({ method, descriptor: own, message: sent }, { ...context, path });
  }
  return {
    request: {
      method: "POST",
      path: compiler.template(`${url.replace(/\/+$/, "")}/${method}`, captures, [...path, "url"]),
      query: [],
      headers: Object.entries(grpc.metadata ?? {}).map(([name, text = ""]) => [
        name,
        compiler.template(text, captures, [...path, "metadata", name]),
      ]),
      body: { kind: "json", value: readJson(sent, { ...context, path: [...path, "message"] }) },
    },
    grpc: { method, descriptor: own, maxBytes },
  };
}

/**
 * What descriptors and message are not to each other. Without the codecs no file was read: the config passed
 * before.
 */
function noteFaults(
  { method, descriptor, message }: { method: string; descriptor?: string; message: unknown },
  { path, note }: StepContext,
): void {
  if (!codecs) return;
  const at = [...path, "message"];
  try {
    const codec = codecs.codecOf(method, descriptor);
    const stray = codec.stray(message);
    if (stray) {
      const [found, expected] = [String(stray.path.at(-1)), stray.known.join(", ")];
      const suggestion = closest(found, stray.known);
      const path = [...at, ...stray.path];
      return note({ path, at: "key", message: "no field of the message", expected, found, suggestion });
    }
    if (!/\{\{|\$\{env:/.test(JSON.stringify(message))) codec.encode(message);
  } catch (error) {
    if (!(error instanceof codecs.DescriptorFault)) {
      return note({ path: at, message: `not such a message: ${messageOf(error)}` });
    }
    note({ path: [...path, error.finding.found === method ? "method" : "descriptor"], ...error.finding });
  }
}

async function run(context: AttemptContext, step: Step & GrpcFields): Promise<AttemptResult> {
  const { ports: { clock }, captures, run, trace } = context;
  const { maxBytes } = step.grpc;
  const rendered = render(step.request, context);
  if (!rendered.ok) return fail({ reason: rendered.reason, detail: rendered.detail });
  const codec = await codecFor(step);
  const request = requestOf(rendered.request, codec);
  if ("reason" in request) return fail(request);
  const began = clock.elapsed();
  const sender = authorizer(step, request.url, context);
  for (let isRenewed = false;; isRenewed = true) {
    const authorized = await sender.authorize(request);
    if (authorized.kind === "failure") return authorized;
    const exchange: StepExchange = { request: authorized.request };
    const came = await call(authorized.request, maxBytes, context);
    if (came.kind === "failure") return fail(failureOfTransport(came), exchange);
    note(trace, came);
    if (came.truncated) {
      return fail({ reason: "limit", detail: `the message is longer than maxBytes, ${maxBytes}` }, exchange);
    }
    const answer = readAnswer(came, codec);
    exchange.answer = shownAnswer(came, answer);
    if (!isRenewed && isTurnedAway(came, answer) && sender.renew()) continue;
    if ("reason" in answer) return fail(answer, exchange);
    trace.note = answer.status;
    const told = { ...answer, trace: came.trace, durationMs: clock.elapsed() - began };
    return { kind: "answer", scope: new GrpcScope(told, { captures, run, now: clock.now() }), exchange };
  }
}

const fail = (failure: StepFailure, exchange?: StepExchange): AttemptResult => ({
  kind: "failure",
  failure,
  exchange,
});

/** The call itself, made of a request that carries its message as JSON; or why that is no such message. */
function requestOf(request: HttpRequest, codec: Codec): HttpRequest | StepFailure {
  try {
    const body = frame(codec.encode(JSON.parse(String(request.body))));
    const headers = { ...request.headers, "content-type": "application/grpc", te: "trailers" };
    return { ...request, headers, body, http2: true };
  } catch (error) {
    return { reason: "template", detail: `not such a message: ${messageOf(error)}` };
  }
}

async function call(
  request: HttpRequest,
  maxBytes: number,
  { ports, deadline, signal, trace }: AttemptContext,
): Promise<Exchange> {
  const deadlineMs = deadline - ports.clock.elapsed();
  if (deadlineMs <= 0) {
    return { kind: "failure", reason: "timeout", detail: "no time was left for this call", totalMs: 0 };
  }
  trace.requests++;
  const timed = withHeader(request, "grpc-timeout", `${Math.ceil(deadlineMs)}m`);
  return await exchange(ports, timed, { deadlineMs, capBytes: PREFIX_BYTES + maxBytes, signal });
}

function note(
  trace: StepTrace,
  { headersMs, trace: { requests, ...measured } }: Exchange & { kind: "answer" },
) {
  trace.headersMs = headersMs;
  trace.requests += requests - 1;
  trace.wire = wireOf(measured);
}

/** In place of gRPC's own answer the one that came by HTTP. */
function shownAnswer(
  { status, headers, bytes }: Exchange & { kind: "answer" },
  answer: GrpcAnswer | StepFailure,
): StepExchange["answer"] {
  if ("reason" in answer) return { status, headers, text: bodyText(bytes, headers.get("content-type")).text };
  const said = [answer.status, answer.statusMessage].filter(Boolean).join(": ");
  return { headers, text: [said, answer.message].filter(Boolean).join("\n") };
}

/** By gRPC, or by a gateway before it. */
const isTurnedAway = ({ status }: Exchange & { kind: "answer" }, answer: GrpcAnswer | StepFailure) =>
  status === 401 || ("status" in answer && answer.status === "UNAUTHENTICATED");
