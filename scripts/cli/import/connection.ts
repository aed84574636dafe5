/** Steps that connect by themselves, as importers write them. */
import { RECORD_TYPES } from "../../../src/evidence/probe/steps/dns/message.ts";
import { celText, type Remark } from "./draft.ts";

/** Where one leads, and the target that it belongs to. */
export interface Place {
  /** Without brackets. */
  host: string;
  port?: number;
  /** `https://` and the host: a target has a URL. */
  origin: string;
}

/** `db.example:5432`, `tcp://[::1]:53` or `2620:fe::fe`; undefined: no such thing. */
export function placeOf(address: string): Place | undefined {
  const bare = address.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, "");
  const isBareV6 = !bare.startsWith("[") && bare.split(":").length > 2;
  const url = URL.parse(`tcp://${isBareV6 ? `[${bare}]` : bare}`);
  const origin = url?.hostname ? URL.parse(`https://${url.hostname}`)?.origin : undefined;
  if (!url || origin === undefined) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return { host, ...url.port && { port: Number(url.port) }, origin };
}

/** The keys of a DNS step; undefined: no step asks for such records. */
export function dnsFields(name: string, type: string, server?: string): { dns: object } | undefined {
  if (!(RECORD_TYPES as readonly string[]).includes(type)) return undefined;
  return { dns: { name: name.replace(/\.$/, ""), ...type !== "A" && { type }, ...server && { server } } };
}

/** The origin of a gRPC server that is written as `host:port`, with or without a scheme; undefined: no such thing. */
export function grpcOrigin(address: string, isTls: boolean): string | undefined {
  const place = placeOf(address);
  if (!place?.port) return undefined;
  return URL.parse(`${isTls ? "https" : "http"}://${new URL(place.origin).hostname}:${place.port}`)?.origin;
}

/** One line of what blackbox calls `query_response`. */
export interface QueryResponse {
  send?: string;
  expect?: string;
  starttls?: boolean;
  labels?: unknown;
}

/** What a step over TCP may send and read. */
export interface Dialogue {
  greeting?: string;
  send?: string;
  answer?: string;
}

/** What one step can send and read of `exchanges`: a greeting, what is sent, and the answer; the rest is lost. */
export function dialogueOf(exchanges: readonly QueryResponse[], at: string, remarks: Remark[]): Dialogue {
  const dialogue: Dialogue = {};
  let isOver = false;
  exchanges.forEach(({ expect, send, starttls, labels }, i) => {
    const lose = (text: string) => remarks.push({ kind: "lost", at: `${at}[${i}]`, text });
    if (labels) lose("there is nothing like labels");
    if (expect && !read(dialogue, expect, isOver)) {
      isOver = true, lose("one greeting and one answer are read");
    }
    if (send && !write(dialogue, send, isOver)) isOver = true, lose("one text is sent, the same each time");
    if (starttls) isOver = true, lose("there is no STARTTLS");
  });
  if (dialogue.greeting !== undefined && dialogue.send !== undefined && dialogue.answer === undefined) {
    // The step would wait for an answer that the source does not name.
    delete dialogue.send;
    remarks.push({
      kind: "approximated",
      at,
      text: "what is sent last is left out: no answer to it is named",
    });
  }
  if (dialogue.greeting !== undefined || dialogue.answer !== undefined) {
    const text = "the first line of an answer has to match, where blackbox waits for one that does";
    remarks.push({ kind: "approximated", at, text });
  }
  return dialogue;
}

function read(dialogue: Dialogue, expect: string, isOver: boolean): boolean {
  const key = dialogue.send === undefined ? "greeting" : "answer";
  if (isOver || dialogue[key] !== undefined) return false;
  dialogue[key] = expect;
  return true;
}

function write(dialogue: Dialogue, send: string, isOver: boolean): boolean {
  if (isOver || dialogue.answer !== undefined || /\$\{?\d/.test(send)) return false;
  dialogue.send = `${dialogue.send ?? ""}${send}\n`;
  return true;
}

/** Patterns of lines as conditions over all that was read. */
export const conditionsOf = ({ greeting, answer }: Dialogue): string[] =>
  [greeting, answer].flatMap((pattern) =>
    pattern === undefined ? [] : [`text.matches(${celText(`(?m)${pattern.replace(/(?<!\\)\$$/, "\\r?$")}`)})`]
  );
