import type { ExchangeTrace } from "../../../../base/ports.ts";
import { type Facts, type HostileAnswer, Unmet } from "../../../../config/expression/mod.ts";
import { LineScope } from "../line_scope.ts";
import type { DnsAnswer, RecordType } from "./message.ts";

/** CEL types of the variables that {@linkcode DnsScope} adds. */
export const DNS_VARIABLES = {
  rcode: "string",
  records: "list<string>",
  answers: "list<map<string, dyn>>",
  ttl: "int",
  authoritative: "bool",
  authentic: "bool",
  durationMs: "double",
};

/** The result of a query. */
export interface DnsResult extends DnsAnswer {
  type: RecordType;
  trace: Omit<ExchangeTrace, "requests">;
  durationMs: number;
}

/** An answer as CEL values. */
export class DnsScope extends LineScope {
  readonly #result: DnsResult;

  constructor(result: DnsResult, facts: Facts) {
    super(result.trace, facts);
    this.#result = result;
  }
  get rcode() {
    return this.#result.rcode;
  }
  get #own() {
    const { records, type } = this.#result;
    return records.filter((record) => record.type === type);
  }
  /** The records of the requested type. */
  get records() {
    return this.#own.map(({ data }) => data);
  }
  get answers() {
    return this.#result.records.map(({ ttl, ...record }) => ({ ...record, ttl: BigInt(ttl) }));
  }
  /** The lowest TTL of all records, in seconds. */
  get ttl() {
    const { records } = this.#result;
    if (records.length === 0) throw new Unmet("missing", "no record was answered");
    return BigInt(Math.min(...records.map(({ ttl }) => ttl)));
  }
  get authoritative() {
    return this.#result.isAuthoritative;
  }
  get authentic() {
    return this.#result.isAuthentic;
  }
  get durationMs() {
    return this.#result.durationMs;
  }
}

/** Answers without records. */
export const HOSTILE_DNS: readonly HostileAnswer[] = ["NOERROR", "NXDOMAIN", "SERVFAIL"].map((rcode) => ({
  name: `${rcode} without records`,
  scope: (facts) =>
    new DnsScope({
      rcode,
      records: [],
      isAuthoritative: true,
      isAuthentic: true,
      isTruncated: false,
      type: "A",
      trace: {},
      durationMs: 1,
    }, facts),
}));
