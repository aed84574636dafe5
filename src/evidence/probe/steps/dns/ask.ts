/** Queries a DNS server over UDP and then TCP (RFC 1035, RFC 7766), or over HTTPS (RFC 8484). */
import type { Endpoint, ExchangeTrace, Line } from "../../../../base/ports.ts";
import { exchange, USER_AGENT } from "../../../../base/http/client.ts";
import { growing } from "../../../../base/http/growing.ts";
import { badAnswer, converse, type Conversed, failureOfTransport } from "../../conversation.ts";
import type { AttemptContext } from "../../step_kind.ts";
import { wireOf } from "../../wire.ts";
import { decodeAnswer, type DnsAnswer, type DnsQuestion, encodeQuestion } from "./message.ts";

/** An answer with its measurements. */
export interface Asked {
  answer: DnsAnswer;
  trace: Omit<ExchangeTrace, "requests">;
}

const MAX_BYTES = 65_535;
/** Limit of datagrams that do not answer the query, against floods. */
const MAX_STRAY = 20;

/** Queries over UDP, and again over TCP if the answer is truncated. */
export function askServer(
  context: AttemptContext,
  to: Pick<Endpoint, "host" | "port">,
  question: DnsQuestion,
): Promise<Conversed<Asked>> {
  const id = Math.floor(context.ports.random() * 65_536);
  const query = encodeQuestion(question, id);
  return converse(context, async (talk) => {
    const note = ({ trace }: Line) => void (context.trace.wire = wireOf(trace));
    const datagrams = await talk.connect({ ...to, over: "udp" });
    note(datagrams);
    talk.await("answer");
    await datagrams.write(query);
    const answer = await firstAnswer(datagrams, question, id);
    datagrams.close();
    if (!answer.isTruncated) return { answer, trace: datagrams.trace };
    const line = await talk.connect({ ...to, over: "tcp" });
    note(line);
    talk.await("whole answer over TCP");
    await line.write(framed(query));
    return { answer: read(await message(line), question, id), trace: line.trace };
  });
}

async function firstAnswer(line: Line, question: DnsQuestion, id: number): Promise<DnsAnswer> {
  for (let strays = 0; strays < MAX_STRAY; strays++) {
    const datagram = await line.read();
    if (datagram === null) break;
    const answer = tryRead(datagram, question, id);
    if (answer) return answer;
  }
  throw badAnswer(`the server sent ${MAX_STRAY} datagrams that answer nothing that was asked`);
}

/** Null if the message is malformed or does not answer the question. */
function tryRead(message: Uint8Array, question: DnsQuestion, id: number): DnsAnswer | null {
  try {
    return decodeAnswer(message, question, id);
  } catch {
    return null;
  }
}

function read(message: Uint8Array, question: DnsQuestion, id: number): DnsAnswer {
  const answer = tryRead(message, question, id);
  if (!answer) throw badAnswer("what the server sent is no answer to what was asked");
  return answer;
}

/** RFC 1035 section 4.2.2. */
function framed(query: Uint8Array): Uint8Array {
  const frame = new Uint8Array(2 + query.length);
  new DataView(frame.buffer).setUint16(0, query.length);
  frame.set(query, 2);
  return frame;
}

async function message(line: Line): Promise<Uint8Array> {
  const heard = growing(2 + MAX_BYTES);
  const isWhole = () => {
    const bytes = heard.bytes();
    return bytes.length >= 2 && bytes.length >= 2 + (bytes[0]! << 8 | bytes[1]!);
  };
  while (!isWhole()) {
    const chunk = await line.read();
    if (chunk === null) throw badAnswer(`the server ended after ${heard.size()} bytes of its answer`);
    heard.add(chunk);
  }
  const bytes = heard.bytes();
  return bytes.subarray(2, 2 + (bytes[0]! << 8 | bytes[1]!));
}

const TYPE = "application/dns-message";

/** Queries with a POST; the id is 0, as RFC 8484 section 4.1 recommends. */
export async function askOverHttps(
  { ports, deadline, signal, trace }: AttemptContext,
  url: URL,
  question: DnsQuestion,
): Promise<Conversed<Asked>> {
  trace.requests++;
  const headers = { "user-agent": USER_AGENT, accept: TYPE, "content-type": TYPE };
  const body = encodeQuestion(question, 0);
  const came = await exchange(ports, { url, method: "POST", headers, body }, {
    deadlineMs: deadline - ports.clock.elapsed(),
    capBytes: MAX_BYTES,
    signal,
  });
  if (came.kind === "failure") return { kind: "failure", failure: failureOfTransport(came) };
  const { requests: _, ...measured } = came.trace;
  trace.wire = wireOf(measured);
  const fail = (detail: string): Conversed<Asked> => ({
    kind: "failure",
    failure: badAnswer(detail).failure,
  });
  if (came.status !== 200) return fail(`the resolver answered with status ${came.status}`);
  const answer = tryRead(came.bytes, question, 0);
  return answer
    ? { kind: "answer", value: { answer, trace: measured } }
    : fail("what the resolver sent is no answer to what was asked");
}
