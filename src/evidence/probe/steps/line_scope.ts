import { type Facts, Scope, Unmet } from "../../../config/expression/mod.ts";
import type { ExchangeTrace } from "../../../base/ports.ts";

/** CEL types of variables that need a transport with its own connections. */
export const LINE_MEASURED = {
  dnsMs: "double",
  connectMs: "double",
  tlsMs: "double",
  remoteAddress: "string",
} satisfies Partial<Record<keyof ExchangeTrace, string>>;

/** Measurements of a connection as CEL values. */
export class LineScope extends Scope {
  readonly #trace: Partial<ExchangeTrace>;

  constructor(trace: Partial<ExchangeTrace>, facts: Facts) {
    super(facts);
    this.#trace = trace;
  }
  /** A measured value; throws `Unmet` if it was not measured. */
  protected measured<Name extends keyof ExchangeTrace>(name: Name): NonNullable<ExchangeTrace[Name]> {
    const value = this.#trace[name];
    if (value === undefined) throw new Unmet("missing", `${name} was not measured`);
    return value;
  }
  get dnsMs() {
    return this.measured("dnsMs");
  }
  get connectMs() {
    return this.measured("connectMs");
  }
  get tlsMs() {
    return this.measured("tlsMs");
  }
  get remoteAddress() {
    return this.measured("remoteAddress");
  }
}
