import { DIALECTS, read } from "../../../src/evidence/report/mod.ts";
import { ran } from "./exec.ts";
import { type Reporter, type Said, saidOf, unseen } from "./loop.ts";
import { messageOf } from "../../../src/base/error_message.ts";

const PROPERTIES = "Id,LoadState,ActiveState,SubState,Type,Result,NRestarts,StatusText";
const NOWHERE = new URL("http://systemd.invalid/");

/** A unit of the system's manager, by `systemctl show`. */
export function unitReporter(unit: string, timeoutMs: number, env: Record<string, string>): Reporter {
  const look = async () => {
    const ended = await ran("systemctl", ["show", unit, "-p", PROPERTIES], timeoutMs, env);
    if (ended === "timeout") return unseen(`systemctl: no exit within ${timeoutMs} ms`);
    return ended.code === 0 ? unitSays(ended.out) : unseen(`systemctl: exit ${ended.code}`);
  };
  return { look: () => look().catch((error) => unseen(`systemctl: ${messageOf(error)}`)) };
}

/** What `key=value` lines as `systemctl show` prints them say. */
export function unitSays(text: string): Said {
  const answer = { url: NOWHERE, status: 200, headers: new Headers(), text };
  return saidOf(read(answer, { dialect: "systemd" }, DIALECTS));
}
