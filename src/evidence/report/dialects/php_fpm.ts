import { bodyClaim, errorClaims } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import type { Dialect, ReportAnswer } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

/**
 * The status page of php-fpm (sapi/fpm/fpm/fpm_status.c), `?json` and text: ready while a worker is idle or
 * the queue is empty, degraded while all are busy and requests wait. With `pm.status_listen` it answers even
 * if all workers are stuck.
 */
export const phpFpm: Dialect = {
  name: "php-fpm",
  recognise: (answer) => countOf(answer, "idle processes") !== undefined,
  read(answer) {
    const [idle, active, waiting = 0] = ["idle processes", "active processes", "listen queue"]
      .map((name) => countOf(answer, name));
    if (idle === undefined) {
      const refusal = errorClaims(answer.status);
      return refusal.length > 0 ? { claims: refusal } : null;
    }
    const state = idle === 0 && waiting > 0 ? "degraded" : "ready";
    const raw = `${idle} idle, ${active} active, ${waiting} waiting`;
    return { claims: [codeClaim(answer.status), bodyClaim(state, raw)] };
  },
};

function countOf({ text, json }: Pick<ReportAnswer, "text" | "json">, name: string): number | undefined {
  const line = text.startsWith("pool:") && text.split(/\r?\n/).find((line) => line.startsWith(`${name}:`));
  const count = line ? Number(line.slice(name.length + 1)) : isRecord(json) ? json[name] : undefined;
  return typeof count === "number" && count >= 0 ? count : undefined;
}
