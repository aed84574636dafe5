import * as z from "../../../base/zod.ts";
import { endpointUrl } from "../../../base/endpoint.ts";
import { hostOf } from "../../../base/http/guard.ts";
import { ConfigFault } from "../../../base/ports.ts";
import type { Draft } from "../../../config/validate.ts";
import type { Step } from "../../../config/config.ts";
import { Scope, type Template } from "../../../config/expression/mod.ts";
import type { GrammarFields } from "../../../config/kinds.ts";
import type { StepContext } from "../../../config/step_context.ts";
import { isTargets } from "../../reasons.ts";
import { fillText } from "../fill.ts";
import type { AttemptContext, AttemptResult, StepFailure, StepKind } from "../step_kind.ts";
import { askOverHttps, askServer } from "./dns/ask.ts";
import { type DnsAnswer, RECORD_TYPES, type RecordType } from "./dns/message.ts";
import { DNS_VARIABLES, DnsScope, HOSTILE_DNS } from "./dns/scope.ts";
import { LINE_MEASURED } from "./line_scope.ts";

/** The fields of a DNS step. */
interface DnsFields {
  dns: {
    name: Template;
    type: RecordType;
    /** A URL, or a host with an optional port; absent: the default resolver. */
    server?: string;
  };
}

/** The default server, which can be reached from every runtime. */
const RESOLVER = "https://cloudflare-dns.com/dns-query";
const PORT = 53;
/** RFC 1035 section 2.3.4; internationalized names must be in `xn--` form. */
const NAME = /^(?=.{1,253}$)([a-z0-9_*-]{1,63}\.)*[a-z0-9_-]{1,63}$/i;

const grammar = ({ map }: GrammarFields) =>
  map({
    dns: map({
      name: z.string().check(
        z.minLength(1),
        z.describe("The name to query. May hold {{ expr }} and ${env:NAME}."),
      ),
      type: z.optional(z.enum(RECORD_TYPES)).check(z.meta({ description: "Record type.", default: "A" })),
      server: z.optional(z.string().check(z.minLength(1))).check(z.meta({
        description:
          "The server: 9.9.9.9, ns1.example:5353, or https://... (RFC 8484, the only way on Cloudflare and Deno Deploy).",
        default: RESOLVER,
      })),
    }).check(z.describe("Query a DNS server.")),
  });

/** Queries a DNS server. */
export const dnsStep: StepKind<DnsFields> = {
  kind: "dns",
  needs: "dial",
  schema: grammar,
  references: /^dns\/(name|server)$/,
  scope: DNS_VARIABLES,
  measured: LINE_MEASURED,
  hostile: HOSTILE_DNS,
  read({ dns = {} }: Draft<z.infer<ReturnType<typeof grammar>>>, context: StepContext) {
    const { name = "", type = "A", server } = dns;
    const path = [...context.path, "dns"];
    if (server !== undefined) checkServer(server, { ...context, path: [...path, "server"] });
    return {
      dns: { name: context.compiler.template(name, context.captures, [...path, "name"]), type, server },
    };
  },
  lacking({ dns: { server = RESOLVER } }, runtime) {
    if (runtime === "deno" || isUrl(server)) return undefined;
    return "there are no datagrams, so server has to be a URL";
  },
  summarize: ({ dns: { name, type, server } }) =>
    `dns ${type} ${name.source}${server ? ` at ${server}` : ""}`,
  requests: ({ dns: { server = RESOLVER } }) => ({ usual: 1, most: isUrl(server) ? 1 : 2 }),
  run,
};

const isUrl = (server: string) => /^https?:/i.test(server);

function checkServer(server: string, { path, allowPrivate, checks, note }: StepContext): void {
  if (isUrl(server)) return checks?.address(server, path, { allowPrivate }, note);
  checks?.host(splitPort(server).host, path, { allowPrivate }, note);
}

/** `9.9.9.9:5353`, `[2620:fe::fe]:53`, `ns1.example`, `2620:fe::fe`. */
function splitPort(server: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d{1,5}))?$/.exec(server) ?? [];
  return { host: bracketed ?? plain ?? server, port: Number(port ?? PORT) };
}

async function run(context: AttemptContext, { dns }: Step & DnsFields): Promise<AttemptResult> {
  const { ports: { clock, secrets }, captures, run, trace } = context;
  const facts = () => ({ captures, run, now: clock.now() });
  const name = fillText(dns.name, { scope: new Scope(facts()), secrets });
  if (typeof name !== "string") return { kind: "failure", ...name };
  const question = { name: name.replace(/\.$/, ""), type: dns.type };
  if (!NAME.test(question.name)) {
    return {
      kind: "failure",
      failure: { reason: "template", detail: "what is asked about is not a DNS name" },
    };
  }
  const server = secrets.reveal(dns.server ?? RESOLVER);
  const { url, ask } = isUrl(server) ? overHttps(server) : overLines(server);
  const began = clock.elapsed();
  const asked = await ask(context, question);
  const request = { method: "query", url: shownUrl(url, question), headers: {} };
  if (asked.kind === "failure") {
    const failure = dns.server === undefined ? ours(asked.failure) : asked.failure;
    return { kind: "failure", failure, exchange: { request } };
  }
  const { answer, trace: measured } = asked.value;
  trace.note = noteOf(answer, dns.type);
  const result = { ...answer, type: dns.type, trace: measured, durationMs: clock.elapsed() - began };
  const exchange = { request, answer: { headers: new Headers(), text: textOf(answer) } };
  return { kind: "answer", scope: new DnsScope(result, facts()), exchange };
}

/** Failures of the default resolver, which is Assay's choice, do not count against the target. */
const ours = (failure: StepFailure): StepFailure =>
  isTargets(failure.reason)
    ? { reason: "platform", detail: `the resolver that is asked by default: ${failure.detail}` }
    : failure;

function overHttps(server: string) {
  const url = URL.parse(server);
  if (!url) throw new ConfigFault("server is not a URL");
  return {
    url,
    ask: (context: AttemptContext, question: Parameters<typeof askOverHttps>[2]) =>
      askOverHttps(context, url, question),
  };
}

function overLines(server: string) {
  const { host, port } = splitPort(server);
  const url = endpointUrl("dns", host, port);
  if (!url) throw new ConfigFault("server is not a host");
  const to = { host: hostOf(url), port };
  return {
    url,
    ask: (context: AttemptContext, question: Parameters<typeof askServer>[2]) =>
      askServer(context, to, question),
  };
}

/** RFC 4501. */
const shownUrl = (url: URL, { name, type }: { name: string; type: string }) =>
  url.protocol === "dns:" ? new URL(`${url.href}/${name}?type=${type}`) : url;

function noteOf({ rcode, records }: DnsAnswer, type: string): string {
  if (rcode !== "NOERROR") return rcode;
  const count = records.filter((record) => record.type === type).length;
  return count === 1 ? "1 record" : `${count} records`;
}

/** As dig prints it. */
const textOf = ({ rcode, records }: DnsAnswer) =>
  [rcode, ...records.map(({ name, ttl, type, data }) => `${name}. ${ttl} IN ${type} ${data}`)].join("\n");
