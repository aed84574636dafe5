import { Command, InvalidArgumentError, Option } from "commander";
import { HEADER_VALUE } from "../../src/base/http/header_value.ts";
import { denoPorts } from "../../functions/deno/ports.ts";
import { USER_AGENT } from "../../src/base/http/client.ts";
import { ask, DIALECTS, type Report } from "../../src/evidence/report/mod.ts";
import { failRefused, plainCause, targetUrl } from "./target_url.ts";
import { printResult } from "./terminal.ts";

/** What to read, and as what. */
export interface ReportOptions {
  dialect?: string;
  select?: string;
  header?: Record<string, string>;
  service?: string;
  allowPrivate?: boolean;
  json?: boolean;
}

/** `assay report <url>`: shows how Assay reads a health endpoint. */
export const reportCommand = new Command("report")
  .description(
    "Read a health endpoint as Assay does. Exit 0 readable, 2 unreachable, unreadable or unknown, 3 usage or an address that Assay does not ask.",
  )
  .argument("<url>", "the health endpoint")
  .addOption(
    new Option("--dialect <name>", "read it as this dialect").default("auto")
      .choices(["auto", ...DIALECTS.map(({ name }) => name)]),
  )
  .option("--select <part>", "read this part of the response, such as components.db")
  .option("--service <name>", "ask about this gRPC service (with --dialect grpc-health or grpc-web)")
  .option("--header <line>", 'a request header, "name: value"; may be repeated', addHeader, {})
  .option("--allow-private", "allow private and loopback addresses")
  .option("--json", "print JSON")
  .action(async (address: string, options: ReportOptions) => {
    const { allowPrivate = false, json } = options;
    const read = await readEndpoint(targetUrl(address, allowPrivate), options);
    // A public name may lead to a private address.
    const refused = /^refused: (.*)/s.exec(read.reason ?? "")?.[1];
    if (refused) failRefused(refused, !allowPrivate);
    printResult({ json, value: read }, formatReport(read));
    Deno.exit(exitCodeOf(read));
  });

/** Reads a health endpoint. */
export function readEndpoint(url: URL, options: ReportOptions): Promise<Report> {
  const { allowPrivate = false, header, dialect = "auto", select, service } = options;
  const headers = { ...header, "user-agent": USER_AGENT };
  const source = { url, headers, dialect, select, service, timeoutMs: 10_000 };
  return ask(denoPorts("", { allowPrivate }), source, DIALECTS);
}

/** 2 if the endpoint could not be read or its state is unknown. */
export const exitCodeOf = ({ state }: Report): number =>
  ["unreachable", "unreadable", "unknown"].includes(state) ? 2 : 0;

function addHeader(line: string, known: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(line) ?? [];
  if (!name || !HEADER_VALUE.test(value!)) throw new InvalidArgumentError('Not "name: value".');
  return { ...known, [name.toLowerCase()]: value! };
}

function formatReport(report: Report): string {
  const { state, dialect, confidence, question, reason, claims, subsystems, contradictions } = report;
  return [
    `${state}${reason ? `: ${plainCause(reason)}` : ""}`,
    `  dialect    ${dialect} (${confidence}), asked about ${question}`,
    ...claims.map(({ source, state, raw }) => `  claim      ${source} ${raw}: ${state}`),
    ...subsystems.map(({ name, state, layer }) => `  subsystem  ${name} (${layer}): ${state}`),
    ...contradictions.map((contradiction) => `  but        ${contradiction}`),
  ].join("\n");
}
