import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { textOf } from "../json.ts";
import type { Claim, Dialect, ReportState } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

/** Vault's own status codes. A query can change each of them, so the body counts too. */
const CODES = new Map<number, ReportState>([
  [429, "degraded"],
  [472, "not_ready"],
  [473, "degraded"],
  [501, "starting"],
]);

/** The first match counts; without one the node is active. */
const ROWS: readonly [holds: (body: Record<string, unknown>) => boolean, state: ReportState, raw: string][] =
  [
    [({ initialized }) => initialized !== true, "starting", "not initialized"],
    [({ sealed }) => sealed !== false, "not_ready", "sealed"],
    [({ replication_dr_mode: mode }) => mode === "secondary", "not_ready", "DR secondary"],
    [({ performance_standby: standby }) => standby === true, "degraded", "performance standby"],
    [({ standby }) => standby !== false, "degraded", "standby"],
  ];

/**
 * HashiCorp Vault's `/v1/sys/health` (and OpenBao's): not initialised is starting (501), sealed not_ready
 * (503), standby and performance standby degraded (429, 473), DR secondary not_ready (472), active ready
 * (200). Here 429 is not throttling. The query can change the codes (`standbyok`, `sealedcode`), so the body
 * is read too and the worse counts.
 */
export const vault: Dialect = {
  name: "vault",
  recognise: ({ json }) => isHealth(json),
  read({ status, json }) {
    if (!isHealth(json)) return null;
    const [, state, raw] = ROWS.find(([holds]) => holds(json)) ?? [null, "ready", "active"] as const;
    const own = CODES.get(status);
    const code: Claim = own ? { source: "code", state: own, raw: String(status) } : codeClaim(status);
    return { claims: [code, bodyClaim(state, raw)], version: textOf(json.version) };
  },
};

function isHealth(json: unknown): json is Record<string, unknown> {
  return isRecord(json) &&
    ["initialized", "sealed", "standby"].every((key) => typeof json[key] === "boolean");
}
