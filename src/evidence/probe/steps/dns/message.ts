/** DNS messages (RFC 1035); a library handles the wire format. */
import { type Answer, decode, encode, type Packet } from "@dnsquery/dns-packet";

/** Record types that can be queried. */
export const RECORD_TYPES = ["A", "AAAA", "CNAME", "MX", "TXT", "NS", "SRV", "CAA"] as const;
/** One of {@linkcode RECORD_TYPES}. */
export type RecordType = (typeof RECORD_TYPES)[number];

/** A DNS question. */
export interface DnsQuestion {
  /** Without a trailing dot. */
  name: string;
  type: RecordType;
}

/** One record of an answer. */
export interface DnsRecord {
  name: string;
  type: string;
  ttl: number;
  /** As in a zone file, but names without a trailing dot. */
  data: string;
}

/** An answer to one question. */
export interface DnsAnswer {
  /** `NOERROR`, `NXDOMAIN`, `SERVFAIL` ... (RFC 6895 section 2.3). */
  rcode: string;
  /** All records, including aliases on the way. */
  records: DnsRecord[];
  isAuthoritative: boolean;
  /** Whether the resolver validated it (DNSSEC). */
  isAuthentic: boolean;
  isTruncated: boolean;
}

/** Size of an answer that fits into UDP without fragmentation (DNS flag day 2020). */
const UDP_BYTES = 1232;
const RECURSION_DESIRED = 1 << 8;

/** Encodes a question as a message. */
export const encodeQuestion = ({ name, type }: DnsQuestion, id: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(encode({
    type: "query",
    id,
    flags: RECURSION_DESIRED,
    questions: [{ type, name, class: "IN" }],
    additionals: [
      { type: "OPT", name: ".", udpPayloadSize: UDP_BYTES, flags: 0, options: [] } as unknown as Answer,
    ],
  }));

/** Decodes an answer; null if it does not answer this question. Throws if the message is malformed. */
export function decodeAnswer(message: Uint8Array, { name, type }: DnsQuestion, id: number): DnsAnswer | null {
  const { questions = [], answers = [], ...head }: Packet & { rcode?: string; flag_tc?: boolean } = decode(
    message,
  );
  const [asked] = questions;
  // A server that cannot read the question may leave it out.
  const isSame = !asked || (asked.type === type && asked.name.toLowerCase() === name.toLowerCase());
  if (head.type !== "response" || head.id !== id || !isSame) return null;
  const flags = head.flags ?? 0;
  return {
    rcode: head.rcode ?? "NOERROR",
    records: answers.map(recordOf),
    isAuthoritative: (flags & 1 << 10) !== 0,
    isAuthentic: (flags & 1 << 5) !== 0,
    isTruncated: head.flag_tc ?? false,
  };
}

function recordOf(answer: Answer): DnsRecord {
  const { name, type } = answer;
  const ttl = "ttl" in answer ? answer.ttl ?? 0 : 0;
  return { name, type, ttl, data: dataOf(answer) };
}

function dataOf(answer: Answer): string {
  switch (answer.type) {
    case "MX":
      return `${answer.data.preference ?? 0} ${answer.data.exchange}`;
    case "SRV": {
      const { priority = 0, weight = 0, port = 0, target } = answer.data;
      return `${priority} ${weight} ${port} ${target}`;
    }
    case "CAA":
      return `${answer.data.flags ?? 0} ${answer.data.tag} "${answer.data.value}"`;
    case "TXT":
      return [answer.data].flat().map((part) => typeof part === "string" ? part : utf8.decode(part)).join("");
    default:
      return typeof answer.data === "string" ? answer.data : "";
  }
}

const utf8 = new TextDecoder();
