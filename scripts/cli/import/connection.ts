/** Shared by importers: steps that do not use HTTP. */
import { RECORD_TYPES } from "../../../src/evidence/probe/steps/dns/message.ts";
import { celText, type Remark } from "./draft.ts";

/** The address of a step, and the origin of its target. */
export interface Place {
  /** Without the brackets of an IPv6 address. */
  host: string;
  port?: number;
  /** `https://` and the host, because a target needs a URL. */
  origin: string;
}

/** Parses `db.example:5432`, `tcp://[::1]:53` or `2620:fe::fe`; undefined if it is not an address. */
export function placeOf(address: string): Place | undefined {
  const bare = address.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, "");
  const isBareV6 = !bare.startsWith("[") && bare.split(":").length > 2;
  const url = URL.parse(`tcp://${isBareV6 ? `[${bare}]` : bare}`);
  const origin = url?.hostname ? URL.parse(`https://${url.hostname}`)?.origin : undefined;
  if (!url || origin === undefined) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return { host, ...url.port && { port: Number(url.port) }, origin };
}

/** The keys of a DNS step; undefined if a step cannot ask for this record type. */
export function dnsFields(name: string, type: string, server?: string): { dns: object } | undefined {
  if (!(RECORD_TYPES as readonly string[]).includes(type)) return undefined;
  return { dns: { name: name.replace(/\.$/, ""), ...type !== "A" && { type }, ...server && { server } } };
}

/**
 * The origin of a gRPC server given as `host:port`, with or without a scheme; undefined if it has no port.
 */
export function grpcOrigin(address: string, isTls: boolean): string | undefined {
  const place = placeOf(address);
  if (!place?.port) return undefined;
  return URL.parse(`${isTls ? "https" : "http"}://${new URL(place.origin).hostname}:${place.port}`)?.origin;
}

/** One entry of blackbox's `query_response`. */
export interface QueryResponse {
  send?: string;
  expect?: string;
  starttls?: boolean;
  labels?: unknown;
}

/** What a TCP step can send and read. */
export interface Dialogue {
  greeting?: string;
  send?: string;
  answer?: string;
}

/** Maps exchanges to one step: a greeting, one text to send, and its answer. Adds a remark for the rest. */
export function dialogueOf(exchanges: readonly QueryResponse[], at: string, remarks: Remark[]): Dialogue {
  const dialogue: Dialogue = {};
  let isOver = false;
  exchanges.forEach(({ expect, send, starttls, labels }, i) => {
    const lose = (text: string) => remarks.push({ kind: "lost", at: `${at}[${i}]`, text });
    if (labels) lose("steps have no labels");
    if (expect && !read(dialogue, expect, isOver)) {
      isOver = true, lose("a step reads one greeting and one answer");
    }
    if (send && !write(dialogue, send, isOver)) isOver = true, lose("a step sends one fixed text");
    if (starttls) isOver = true, lose("there is no STARTTLS");
  });
  if (dialogue.greeting !== undefined && dialogue.send !== undefined && dialogue.answer === undefined) {
    // A step that sends waits for an answer, but the source expects none.
    delete dialogue.send;
    remarks.push({
      kind: "approximated",
      at,
      text: "leaves out the last text to send, because the source expects no answer to it",
    });
  }
  if (dialogue.greeting !== undefined || dialogue.answer !== undefined) {
    const text = "the first line of an answer must match; blackbox waits for a line that does";
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

/** Converts line patterns to conditions on all text that was read. */
export const conditionsOf = ({ greeting, answer }: Dialogue): string[] =>
  [greeting, answer].flatMap((pattern) =>
    pattern === undefined ? [] : [`text.matches(${celText(`(?m)${pattern.replace(/(?<!\\)\$$/, "\\r?$")}`)})`]
  );
