import { USER_AGENT } from "../../../src/base/http/client.ts";
import type { Ports } from "../../../src/base/ports.ts";
import { ask, DIALECTS } from "../../../src/evidence/report/mod.ts";
import { outgoingReport, type Reporter } from "./loop.ts";

/**
 * Reads a health endpoint that only this machine can reach, as Assay does. Reports `unreachable` if nothing
 * answers.
 */
export function httpReporter(ports: Ports, url: URL, dialect: string, timeoutMs: number): Reporter {
  const source = { url, headers: { "user-agent": USER_AGENT }, dialect, timeoutMs };
  return { read: async () => outgoingReport(await ask(ports, source, DIALECTS)) };
}
