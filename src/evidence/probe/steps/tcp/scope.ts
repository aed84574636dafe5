import { type Facts, type HostileAnswer, Unmet } from "../../../../config/expression/mod.ts";
import type { ExchangeTrace } from "../../../../base/ports.ts";
import { LineScope } from "../line_scope.ts";

/** The result of a connection. */
export interface TcpAnswer {
  text: string;
  durationMs: number;
  trace: Omit<ExchangeTrace, "requests">;
}

/** CEL types of the variables that {@linkcode TcpScope} adds. */
export const TCP_VARIABLES = { connected: "bool", text: "string", durationMs: "double" };

/** A connection as CEL values. */
export class TcpScope extends LineScope {
  readonly #answer: TcpAnswer;

  constructor(answer: TcpAnswer, facts: Facts) {
    super(answer.trace, facts);
    this.#answer = answer;
  }
  get connected(): boolean {
    return true;
  }
  get text() {
    return this.#answer.text;
  }
  get durationMs() {
    return this.#answer.durationMs;
  }
}

/**
 * Lets `connected` fail, so that a step that only checks the connection gets no warning about vacuous
 * expectations.
 */
class SilentScope extends TcpScope {
  override get connected(): boolean {
    throw new Unmet("missing", "only what was said counts here");
  }
}

const SAID: [name: string, text: string][] = [
  ["a port that accepts and says nothing", ""],
  ["a web server in its place", "HTTP/1.1 400 Bad Request\r\n"],
];

/** Answers on the port of an unhealthy service. */
export const HOSTILE_TCP: readonly HostileAnswer[] = SAID.map(([name, text]) => ({
  name,
  scope: (facts) => new SilentScope({ text, durationMs: 1, trace: {} }, facts),
}));
