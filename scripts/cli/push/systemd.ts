import { DIALECTS, read } from "../../../src/evidence/report/mod.ts";
import { execute } from "./exec.ts";
import { type OutgoingReport, outgoingReport, outgoingUnknown, type Reporter } from "./loop.ts";
import { messageOf } from "../../../src/base/error_message.ts";

const PROPERTIES = "Id,LoadState,ActiveState,SubState,Type,Result,NRestarts,StatusText";
const PLACEHOLDER_URL = new URL("http://systemd.invalid/");

/** Reads a unit of the system manager with `systemctl show`. */
export function unitReporter(unit: string, timeoutMs: number, env: Record<string, string>): Reporter {
  const showUnit = async () => {
    const ended = await execute("systemctl", ["show", unit, "-p", PROPERTIES], timeoutMs, env);
    if (ended === "timeout") return outgoingUnknown(`systemctl: no exit within ${timeoutMs} ms`);
    return ended.code === 0 ? readUnit(ended.out) : outgoingUnknown(`systemctl: exit ${ended.code}`);
  };
  return { read: () => showUnit().catch((error) => outgoingUnknown(`systemctl: ${messageOf(error)}`)) };
}

/** Reads the `key=value` lines that `systemctl show` prints. */
export function readUnit(text: string): OutgoingReport {
  const answer = { url: PLACEHOLDER_URL, status: 200, headers: new Headers(), text };
  return outgoingReport(read(answer, { dialect: "systemd" }, DIALECTS));
}
