import * as z from "../../../base/zod.ts";
import type { ChainedCertificate, ExchangeTrace, LineSecurity } from "../../../base/ports.ts";
import { DAY_MS } from "../../../base/time.ts";
import type { Draft } from "../../../config/validate.ts";
import type { Step } from "../../../config/config.ts";
import { type Facts, Unmet } from "../../../config/expression/mod.ts";
import type { GrammarFields } from "../../../config/kinds.ts";
import type { StepContext } from "../../../config/step_context.ts";
import { converse } from "../conversation.ts";
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
import { LINE_MEASURED, LineScope } from "./line_scope.ts";

/** The fields of a TLS step. */
interface TlsFields {
  tls: StepEndpoint & { serverName?: string; verify: boolean; protocols?: string[] };
}

const HTTPS = 443;

const grammar = ({ map, list }: GrammarFields) =>
  map({
    tls: map({
      host: hostField(),
      port: z.optional(portField()).check(z.meta({ default: HTTPS })),
      serverName: z.optional(z.string().check(z.minLength(1), z.maxLength(255))).check(
        z.describe("Instead of the host: SNI, and the name that the certificate must contain."),
      ),
      verify: z.optional(z.boolean()).check(z.meta({
        description: "An untrusted certificate fails the step; false: see trusted and distrust.",
        default: true,
      })),
      protocols: z.optional(list(z.string().check(z.minLength(1), z.maxLength(32)), 4)).check(
        z.describe("Application protocols (ALPN) to offer, the best first: h2, http/1.1."),
      ),
    }).check(z.describe("A TLS handshake only.")),
  });

const VARIABLES = {
  daysLeft: "double",
  names: "list<string>",
  issuer: "string",
  subject: "string",
  chain: "list<map<string, dyn>>",
  version: "string",
  cipher: "string",
  protocol: "string",
  trusted: "bool",
  distrust: "string",
  durationMs: "double",
};

/** A TLS handshake: the certificate, its chain, and the negotiated parameters. */
export const tlsStep: StepKind<TlsFields> = {
  kind: "tls",
  needs: "dial",
  schema: grammar,
  references: /^tls\/host$/,
  scope: VARIABLES,
  measured: LINE_MEASURED,
  hostile: [],
  read({ tls = {} }: Draft<z.infer<ReturnType<typeof grammar>>>, context: StepContext) {
    const { serverName, verify = true, protocols, port = HTTPS } = tls;
    const endpoint = readEndpoint({ ...tls, port }, { ...context, path: [...context.path, "tls"] });
    const offered = protocols?.filter((name) => name !== undefined);
    return { tls: { ...endpoint, serverName, verify, ...offered && { protocols: offered } } };
  },
  lacking(_, runtime) {
    if (runtime === "cloudflare") return "a Worker is shown no certificates";
    if (runtime === "deno-deploy") return "there TLS is made by the platform, which shows no certificates";
  },
  summarize: ({ tls }) => `tls ${endpointText(tls)}`,
  requests: () => ({ usual: 1, most: 1 }),
  run,
};

async function run(context: AttemptContext, { tls }: Step & TlsFields): Promise<AttemptResult> {
  const { ports: { clock }, captures, run, trace } = context;
  const { to, url } = endpointOf(tls, context, { scheme: "tls", over: "tls" });
  const request = { method: "connect", url, headers: {} };
  const { serverName, verify, protocols } = tls;
  const began = clock.elapsed();
  const result = await converse(context, async (talk) => {
    const settings = { ...serverName && { serverName }, ...!verify && { insecure: true } };
    const line = await talk.connect(to, { tls: settings, protocols });
    trace.wire = wireOf(line.trace);
    if (!line.security) throw new Error("Cannot read certificates: this runtime shows none");
    return { trace: line.trace, security: line.security, durationMs: clock.elapsed() - began };
  });
  if (result.kind === "failure") return { ...result, exchange: { request } };
  const { security } = result.value;
  const now = clock.now();
  trace.note = noteOf(security, now);
  return {
    kind: "answer",
    scope: new TlsScope(result.value, { captures, run, now }),
    exchange: { request, answer: { headers: new Headers(), text: textOf(security) } },
  };
}

function noteOf({ version, chain: [first] }: LineSecurity, now: number): string {
  if (!first) return version;
  const days = Math.floor((first.notAfter - now) / DAY_MS);
  return `${version}, ${days < 0 ? "has ended" : days === 1 ? "1 day left" : `${days} days left`}`;
}

/** A summary for humans, with one line per certificate. */
const textOf = ({ version, cipher, protocol, distrust, chain }: LineSecurity) =>
  [
    [version, cipher, protocol].filter(Boolean).join(" "),
    ...distrust === undefined ? [] : [`not to be trusted: ${distrust}`],
    ...chain.map(({ subject, issuer, notAfter }) =>
      `${subject}, by ${issuer}, until ${new Date(notAfter).toISOString()}`
    ),
  ].join("\n");

interface TlsAnswer {
  trace: Omit<ExchangeTrace, "requests">;
  security: LineSecurity;
  durationMs: number;
}

/** A handshake as CEL values. */
class TlsScope extends LineScope {
  readonly #answer: TlsAnswer;

  constructor(answer: TlsAnswer, facts: Facts) {
    super(answer.trace, facts);
    this.#answer = answer;
  }
  get #first(): ChainedCertificate {
    const [first] = this.#answer.security.chain;
    if (!first) throw new Unmet("missing", "no certificate was shown");
    return first;
  }
  #daysLeft({ notAfter }: ChainedCertificate): number {
    return (notAfter - this.now.getTime()) / DAY_MS;
  }
  get daysLeft() {
    return this.#daysLeft(this.#first);
  }
  get names() {
    return this.#first.names;
  }
  get issuer() {
    return this.#first.issuer;
  }
  get subject() {
    return this.#first.subject;
  }
  get chain() {
    return this.#answer.security.chain.map((one) => ({
      subject: one.subject,
      issuer: one.issuer,
      names: one.names,
      daysLeft: this.#daysLeft(one),
      fingerprint: one.fingerprint,
    }));
  }
  get version() {
    return this.#answer.security.version;
  }
  get cipher() {
    return this.#answer.security.cipher;
  }
  get protocol() {
    return this.#answer.security.protocol ?? "";
  }
  get trusted() {
    return this.#answer.security.distrust === undefined;
  }
  get distrust() {
    return this.#answer.security.distrust ?? "";
  }
  get durationMs() {
    return this.#answer.durationMs;
  }
}
