import { type Facts, Scope, Unmet } from "../../../config/expression/mod.ts";
import type { ExchangeTrace } from "../../../base/ports.ts";

/** CEL types of what only a transport with connections of its own can tell. */
export const LINE_MEASURED = {
  dnsMs: "double",
  connectMs: "double",
  tlsMs: "double",
  remoteAddress: "string",
} satisfies Partial<Record<keyof ExchangeTrace, string>>;

/** What was measured while a connection was made, as CEL values. */
export class LineScope extends Scope {
  readonly #trace: Omit<ExchangeTrace, "requests">;

  constructor(trace: Omit<ExchangeTrace, "requests">, facts: Facts) {
    super(facts);
    this.#trace = trace;
  }
  #measured<Name extends keyof typeof LINE_MEASURED>(name: Name): NonNullable<ExchangeTrace[Name]> {
    const value = this.#trace[name];
    if (value === undefined) throw new Unmet("missing", `${name} was not measured`);
    return value;
  }
  get dnsMs() {
    return this.#measured("dnsMs");
  }
  get connectMs() {
    return this.#measured("connectMs");
  }
  get tlsMs() {
    return this.#measured("tlsMs");
  }
  get remoteAddress() {
    return this.#measured("remoteAddress");
  }
}
