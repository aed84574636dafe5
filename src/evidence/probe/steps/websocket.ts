import * as z from "../../../base/zod.ts";
import { type Channel, type ExchangeTrace, NotUpgraded } from "../../../base/ports.ts";
import type { Draft } from "../../../config/validate.ts";
import type { Step } from "../../../config/config.ts";
import {
  type Facts,
  type HostileAnswer,
  parseJson,
  Scope,
  type Template,
} from "../../../config/expression/mod.ts";
import type { GrammarFields } from "../../../config/kinds.ts";
import type { StepContext } from "../../../config/step_context.ts";
import { authorizer } from "../authorize.ts";
import { type Conversation, converse, StepFailed } from "../conversation.ts";
import { fillText } from "../fill.ts";
import type { AttemptContext, AttemptResult, StepExchange, StepKind } from "../step_kind.ts";
import { wireOf } from "../wire.ts";
import { withCookies } from "./http.ts";
import { httpGrammar } from "./http/grammar.ts";
import { readHttp } from "./http/read.ts";
import { render } from "./http/request.ts";
import type { StepRequest } from "./http/step.ts";
import { LINE_MEASURED, LineScope } from "./line_scope.ts";

/** The fields of a WebSocket step. */
interface WebSocketFields {
  request: StepRequest;
  websocket: { protocols: string[]; send: Template[]; messages: number; maxBytes: number };
}

const MAX_MESSAGES = 50;
const MAX_BYTES = 65_536;

const grammar = (fields: GrammarFields) => {
  const { map, list, text } = fields;
  const sent = z.string().check(z.minLength(1));
  return map({
    websocket: map({
      protocols: z.optional(list(text(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "a subprotocol"), 5)).check(
        z.describe("Subprotocols to offer, the best first."),
      ),
      send: z.optional(z.union([sent, list(sent, 20)])).check(
        z.describe("Messages to send once it is open. May hold {{ expr }} and ${env:NAME}."),
      ),
      messages: z.optional(z.int().check(z.gte(0), z.lte(MAX_MESSAGES))).check(
        z.meta({ description: "How many messages to wait for, unless the server closes first.", default: 1 }),
      ),
      maxBytes: z.optional(z.int().check(z.gte(1), z.lte(1 << 20))).check(
        z.meta({ description: "A longer message is not judged.", default: MAX_BYTES }),
      ),
    }).check(z.describe("Open a WebSocket at the path of request, and read messages.")),
    request: httpGrammar(fields).shape.request,
  });
};

const VARIABLES = {
  text: "string",
  body: "dyn",
  messages: "list<string>",
  protocol: "string",
  closeCode: "int",
  durationMs: "double",
};

/** Opens a WebSocket, sends messages, and waits for messages. */
export const websocketStep: StepKind<WebSocketFields> = {
  kind: "websocket",
  isHttp: true,
  needs: "openWebSocket",
  schema: grammar,
  references: /^(websocket\/send(\/\d+)?|request\/(path|url|(query|headers)\/.+))$/,
  scope: VARIABLES,
  measured: LINE_MEASURED,
  get hostile() {
    return HOSTILE;
  },
  read({ websocket = {}, request }: Draft<z.infer<ReturnType<typeof grammar>>>, context: StepContext) {
    const { protocols = [], send = [], messages = 1, maxBytes = MAX_BYTES } = websocket;
    const path = [...context.path, "websocket", "send"];
    const { compiler, captures } = context;
    const read = readHttp({ request }, context).request;
    if (read.method !== "GET" || read.body.kind !== "none") {
      const expected = "GET, without a body: what is said stands in websocket.send";
      context.note({ path: [...context.path, "request"], message: "a WebSocket is opened by GET", expected });
    }
    const texts = typeof send === "string"
      ? [compiler.template(send, captures, path)]
      : send.flatMap((text, i) =>
        text === undefined ? [] : [compiler.template(text, captures, [...path, i])]
      );
    const offered = protocols.filter((name) => name !== undefined);
    return { request: read, websocket: { protocols: offered, send: texts, messages, maxBytes } };
  },
  lacking: (_, runtime) =>
    runtime === "deno-deploy" ? "there nothing may connect to port 443 but fetch" : undefined,
  summarize: ({ request }) => `websocket ${request.path.source}`,
  requests: () => ({ usual: 1, most: 1 }),
  run,
};

async function run(context: AttemptContext, step: Step & WebSocketFields): Promise<AttemptResult> {
  const { ports: { clock, secrets }, captures, run, trace } = context;
  const facts = () => ({ captures, run, now: clock.now() });
  const rendered = render(step.request, context);
  if (!rendered.ok) return { kind: "failure", failure: { reason: rendered.reason, detail: rendered.detail } };
  const filling = { scope: new Scope(facts()), secrets };
  const texts = step.websocket.send.map((template) => fillText(template, filling));
  const unfilled = texts.find((text) => typeof text === "object");
  if (unfilled) return { kind: "failure", failure: unfilled.failure };
  const began = clock.elapsed();
  const authorized = await authorizer(step, rendered.request.url, context).authorize(rendered.request);
  if (authorized.kind === "failure") return authorized;
  const request = withCookies(authorized.request, context.jar);
  const heard: string[] = [];
  let isOpen = false;
  const result = await converse(context, async (talk) => {
    const channel = await open(context, talk, {
      ...step.websocket,
      url: request.url,
      headers: request.headers,
    });
    isOpen = true;
    trace.wire = wireOf(channel.trace);
    for (const text of texts as string[]) channel.send(text);
    await hear(talk, channel, { heard, count: step.websocket.messages });
    const { protocol, closeCode, trace: measured } = channel;
    channel.close();
    return { heard, protocol, closeCode, trace: measured, durationMs: clock.elapsed() - began };
  });
  if (isOpen) trace.note = heard.length === 1 ? "open, 1 message" : `open, ${heard.length} messages`;
  const exchange: StepExchange = {
    request: authorized.request,
    ...(isOpen || trace.status !== undefined) && {
      answer: { status: trace.status, headers: new Headers(), text: heard.join("\n") },
    },
  };
  if (result.kind === "failure") return { ...result, exchange };
  return { kind: "answer", scope: new WebSocketScope(result.value, facts()), exchange };
}

interface Opening {
  url: URL;
  headers: Record<string, string>;
  protocols: string[];
  maxBytes: number;
}

async function open({ ports, trace }: AttemptContext, talk: Conversation, { url, ...options }: Opening) {
  const { openWebSocket } = ports;
  if (!openWebSocket) throw new Error("Cannot open a WebSocket: this build holds none");
  trace.requests++;
  talk.await(`WebSocket at ${url.host}`);
  const opening = openWebSocket(url, { ...options, signal: talk.signal });
  return await talk.over(opening.catch((error) => {
    if (!(error instanceof NotUpgraded)) throw error;
    trace.status = error.status;
    return null;
  })).then((channel) => channel ?? refuse(trace.status));
}

function refuse(status = 0): never {
  throw new StepFailed({ reason: "body", detail: `status ${status} in place of a WebSocket` });
}

async function hear(
  talk: Conversation,
  channel: Channel,
  { heard, count }: { heard: string[]; count: number },
): Promise<void> {
  while (heard.length < count) {
    talk.await(`message ${heard.length + 1} of ${count}`);
    const message = await talk.over(channel.receive());
    if (message === null) return;
    heard.push(typeof message === "string" ? message : utf8.decode(message));
  }
}

const utf8 = new TextDecoder();

interface WebSocketAnswer {
  heard: readonly string[];
  protocol: string;
  closeCode?: number;
  durationMs: number;
  trace: Omit<ExchangeTrace, "requests">;
}

/** The result of a WebSocket as CEL values. */
class WebSocketScope extends LineScope {
  readonly #answer: WebSocketAnswer;

  constructor(answer: WebSocketAnswer, facts: Facts) {
    super(answer.trace, facts);
    this.#answer = answer;
  }
  /** The last message. */
  get text() {
    return this.#answer.heard.at(-1) ?? "";
  }
  /** The last message as JSON. */
  get body() {
    const parsed = parseJson(this.text);
    if ("unmet" in parsed) throw parsed.unmet;
    return parsed.value;
  }
  get messages() {
    return [...this.#answer.heard];
  }
  get protocol() {
    return this.#answer.protocol;
  }
  /** 0 while it is open, or if no code was sent. */
  get closeCode() {
    return BigInt(this.#answer.closeCode ?? 0);
  }
  get durationMs() {
    return this.#answer.durationMs;
  }
}

const HOSTILE: readonly HostileAnswer[] = [["a close without a message", []], ["an error message", ["error"]]]
  .map(
    ([name, heard]) => ({
      name: name as string,
      scope: (facts) =>
        new WebSocketScope({
          heard: heard as string[],
          protocol: "",
          closeCode: 1011,
          durationMs: 1,
          trace: {},
        }, facts),
    }),
  );
