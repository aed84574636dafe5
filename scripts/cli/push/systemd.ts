import { DIALECTS, read } from "../../../src/evidence/report/mod.ts";
import { execute } from "./exec.ts";
import { type OutgoingReport, outgoingReport, outgoingUnknown, type Reporter } from "./loop.ts";
import { messageOf } from "../../../src/base/error_message.ts";

const PROPERTIES = "Id,LoadState,ActiveState,SubState,Type,Result,NRestarts,StatusText";
const PLACEHOLDER_URL = new URL("http://systemd.invalid/");

/** A unit of the system's manager, by `systemctl show`. */
export function unitReporter(unit: string, timeoutMs: number, env: Record<string, string>): Reporter {
  const showUnit = async () => {
    const ended = await execute("systemctl", ["show", unit, "-p", PROPERTIES], timeoutMs, env);
    if (ended === "timeout") return outgoingUnknown(`systemctl: no exit within ${timeoutMs} ms`);
    return ended.code === 0 ? readUnit(ended.out) : outgoingUnknown(`systemctl: exit ${ended.code}`);
  };
  return { read: () => showUnit().catch((error) => outgoingUnknown(`systemctl: ${messageOf(error)}`)) };
}

/** What `key=value` lines as `systemctl show` prints them say. */
export function readUnit(text: string): OutgoingReport {
  const answer = { url: PLACEHOLDER_URL, status: 200, headers: new Headers(), text };
  return outgoingReport(read(answer, { dialect: "systemd" }, DIALECTS));
}
