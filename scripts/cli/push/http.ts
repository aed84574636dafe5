import { USER_AGENT } from "../../../src/base/http/client.ts";
import type { Ports } from "../../../src/base/ports.ts";
import { ask, DIALECTS } from "../../../src/evidence/report/mod.ts";
import { outgoingReport, type Reporter } from "./loop.ts";

/** A health endpoint that only this machine reaches, read as Assay reads any. Nothing answers: `unreachable`, as seen from here. */
export function httpReporter(ports: Ports, url: URL, dialect: string, timeoutMs: number): Reporter {
  const source = { url, headers: { "user-agent": USER_AGENT }, dialect, timeoutMs };
  return { read: async () => outgoingReport(await ask(ports, source, DIALECTS)) };
}
