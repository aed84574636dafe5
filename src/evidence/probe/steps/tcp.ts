import * as z from "../../../base/zod.ts";
import { growing } from "../../../base/http/growing.ts";
import type { Line } from "../../../base/ports.ts";
import type { Draft } from "../../../config/validate.ts";
import type { Template } from "../../../config/expression/mod.ts";
import type { GrammarFields } from "../../../config/kinds.ts";
import type { StepContext } from "../../../config/step_context.ts";
import type { Step } from "../../../config/config.ts";
import { Scope } from "../../../config/expression/mod.ts";
import { converse } from "../conversation.ts";
import { fillText } from "../fill.ts";
import { namesAny } from "../names.ts";
import type { AttemptContext, AttemptResult, StepKind } from "../step_kind.ts";
import { wireOf } from "../wire.ts";
import {
  endpointOf,
  endpointText,
  hostField,
  portField,
  readEndpoint,
  type StepEndpoint,
} from "./endpoint.ts";
import { LINE_MEASURED } from "./line_scope.ts";
import { HOSTILE_TCP, TCP_VARIABLES, TcpScope } from "./tcp/scope.ts";

/** The fields of a TCP step. */
interface TcpFields {
  tcp: StepEndpoint & {
    tls: boolean;
    send?: Template;
    /** Whether the server sends first, and `send` waits for it. */
    greeting: boolean;
    /** The text that ends an answer. */
    until: string;
    maxBytes: number;
  };
}

const MAX_BYTES = 4096;

const grammar = ({ map }: GrammarFields) =>
  map({
    tcp: map({
      host: hostField(),
      port: portField(),
      tls: z.optional(z.boolean()).check(
        z.meta({ description: "Use TLS from the start.", default: false }),
      ),
      send: z.optional(z.string().check(z.minLength(1))).check(
        z.describe("Sent once connected. May hold {{ expr }} and ${env:NAME}."),
      ),
      greeting: z.optional(z.boolean()).check(
        z.meta({
          description: "The server sends first: send waits for its first line, or for until.",
          default: false,
        }),
      ),
      until: z.optional(z.string().check(z.minLength(1), z.maxLength(100))).check(
        z.meta({
          description: "The text that ends an answer; so does the server when it closes.",
          default: "\n",
        }),
      ),
      maxBytes: z.optional(z.int().check(z.gte(1), z.lte(65_536))).check(
        z.meta({ description: "An answer ends after this many bytes.", default: MAX_BYTES }),
      ),
    }).check(z.describe("Connect, and by default read the first line.")),
  });

/** Connects, optionally sends a text, and reads an answer, by default its first line. */
export const tcpStep: StepKind<TcpFields> = {
  kind: "tcp",
  needs: "dial",
  schema: grammar,
  references: /^tcp\/(host|send)$/,
  scope: TCP_VARIABLES,
  measured: LINE_MEASURED,
  hostile: HOSTILE_TCP,
  read(draft: Draft<z.infer<ReturnType<typeof grammar>>>, context: StepContext) {
    const { tcp = {} } = draft;
    const { tls = false, send, greeting = false, until = "\n", maxBytes = MAX_BYTES } = tcp;
    const path = [...context.path, "tcp"];
    return {
      tcp: {
        ...readEndpoint(tcp, { ...context, path }),
        tls,
        ...send !== undefined &&
          { send: context.compiler.template(send, context.captures, [...path, "send"]) },
        greeting,
        until,
        maxBytes,
      },
    };
  },
  lacking({ tcp: { port } }, runtime) {
    if (runtime === "cloudflare" && port === 25) return "a Worker may not connect to port 25";
    if (runtime === "deno-deploy" && port === 443) return "there nothing may connect to port 443 but fetch";
  },
  summarize: ({ tcp }) => `${tcp.tls ? "tcp+tls" : "tcp"} ${endpointText(tcp)}`,
  requests: () => ({ usual: 1, most: 1 }),
  run,
};

async function run(context: AttemptContext, step: Step & TcpFields): Promise<AttemptResult> {
  const { tcp: { tls, send, greeting, maxBytes, ...tcp } } = step;
  const { ports: { clock, secrets }, captures, run, trace } = context;
  const { to, url } = endpointOf(tcp, context, { scheme: "tcp", over: tls ? "tls" : "tcp" });
  const facts = () => ({ captures, run, now: clock.now() });
  const text = send && fillText(send, { scope: new Scope(facts()), secrets });
  if (typeof text === "object") return { kind: "failure", ...text };
  const said = text === undefined ? undefined : new TextEncoder().encode(text);
  const until = new TextEncoder().encode(tcp.until);
  const listens = namesAny(step, ["text"]) || (greeting && !said);
  const began = clock.elapsed();
  const heard = growing(maxBytes);
  let line: Line | undefined;
  let end = 0;
  const result = await converse(context, async (talk) => {
    line = await talk.connect(to);
    trace.wire = wireOf(line.trace);
    talk.await(`answer that ends with ${JSON.stringify(tcp.until)}`);
    if (said && greeting) end = await readUntil(line, heard, { ends: [until, LINE_END], from: 0 });
    if (said) await line.write(said);
    if (listens) end = await readUntil(line, heard, { ends: [until], from: end });
    return { durationMs: clock.elapsed() - began, trace: line.trace };
  });
  const answered = utf8.decode(heard.bytes().subarray(0, result.kind === "answer" ? end : heard.size()));
  if (line) trace.note = heard.size() > 0 ? `connected, ${heard.size()} bytes` : "connected";
  const exchange = {
    request: { method: "connect", url, headers: {} },
    ...line && { answer: { headers: new Headers(), text: answered } },
  };
  if (result.kind === "failure") return { ...result, exchange };
  return { kind: "answer", scope: new TcpScope({ ...result.value, text: answered }, facts()), exchange };
}

const utf8 = new TextDecoder();

/** A greeting also ends at a line end, because `until` may only occur at the end of an answer. */
const LINE_END = new TextEncoder().encode("\n");

/**
 * Reads until one of `ends` occurs after `from`, the peer closes, or the buffer is full. Returns the position
 * after it.
 */
async function readUntil(
  line: Line,
  heard: ReturnType<typeof growing>,
  { ends, from }: { ends: readonly Uint8Array[]; from: number },
): Promise<number> {
  const longest = Math.max(...ends.map(({ length }) => length));
  for (let searched = from;;) {
    const found = ends.map((end) => [indexOf(heard.bytes(), end, searched), end.length] as const)
      .filter(([at]) => at >= 0).map(([at, length]) => at + length);
    if (found.length > 0) return Math.min(...found);
    searched = Math.max(from, heard.size() - longest + 1);
    const chunk = await line.read();
    if (chunk === null || !heard.add(chunk)) return heard.size();
  }
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(wanted[0]!, from); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1)) {
    if (at + wanted.length > bytes.length) return -1;
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
