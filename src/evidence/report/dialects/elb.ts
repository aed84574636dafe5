import { bodyClaim, errorClaims } from "../claims.ts";
import { groupState, limitParts } from "../group.ts";
import { records, scalar, textOf } from "../json.ts";
import type { Dialect, ReportState, Subsystem } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

/** States by `TargetHealth.State`; unused and unavailable (no health check) make no claim. */
const STATES = new Map<string, ReportState>([
  ["healthy", "ready"],
  ["initial", "starting"],
  ["unhealthy", "not_ready"],
  ["unhealthy.draining", "draining"],
  ["draining", "draining"],
]);

/** Limit of characters read per XML row. */
const MAX_ROW = 2_000;

/**
 * AWS `DescribeTargetHealth` (elbv2), as JSON of the command line or XML of the API; its question is `lb`.
 * Targets are parts that are not required: healthy is ready, initial starting, unhealthy not_ready, draining
 * draining, unused and unavailable unknown; a mitigated anomaly is degraded, a zonal shift draining. All
 * healthy is ready, some degraded, none the worst of them; unused targets do not count. With keys (`aws`)
 * Assay sends a signed request to the API itself. With no healthy target the balancer fails open and sends
 * traffic to all of them, so journeys may pass; the claim says so.
 */
export const elb: Dialect = {
  name: "elb",
  request({ aws }) {
    if (!aws) return undefined;
    const { targetGroupArn } = aws;
    const query = { Action: "DescribeTargetHealth", Version: "2015-12-01", TargetGroupArn: targetGroupArn };
    return {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
      body: new URLSearchParams(query).toString(),
      awsService: "elasticloadbalancing",
    };
  },
  recognise: ({ text, json }) => targetsOf(text, json) !== undefined,
  read({ status, text, json }) {
    const targets = targetsOf(text, json);
    if (!targets) return null;
    const counted = targets.filter((target) => target.word !== "unused");
    const healthy = counted.filter((target) => target.state === "ready").length;
    const isIdle = counted.length === 0 && targets.length > 0;
    const state = isIdle ? "unknown" : groupState(counted.map((target) => target.state));
    const open = healthy === 0 && counted.length > 0 ? ": fails open" : "";
    return {
      claims: [bodyClaim(state, `${healthy} of ${counted.length} healthy${open}`), ...errorClaims(status)],
      subsystems: limitParts(targets.map(({ word: _, ...part }) => part)),
      question: "lb",
    };
  },
};

type Target = Subsystem & { word: string };

function targetsOf(text: string, json: unknown): Target[] | undefined {
  if (isRecord(json)) {
    const targets = json.TargetHealthDescriptions;
    return Array.isArray(targets) ? records(targets).map(ofJson) : undefined;
  }
  if (!text.trimStart().startsWith("<") || !text.includes("<TargetHealthDescriptions>")) return undefined;
  return text.split("<member>").slice(1).map((row) => ofXml(row.slice(0, MAX_ROW)));
}

function ofJson(row: Record<string, unknown>): Target {
  const {
    Target: target,
    TargetHealth: health,
    AnomalyDetection: anomaly,
    AdministrativeOverride: override,
  } = row;
  const about = isRecord(health) ? health : {};
  return targetOf({
    id: isRecord(target) ? `${scalar(target.Id)}:${scalar(target.Port)}` : "?",
    word: scalar(about.State),
    reason: textOf(about.Reason),
    isMitigated: isRecord(anomaly) && anomaly.MitigationInEffect === "yes",
    isShifted: isRecord(override) && override.State === "zonal_shift_active",
  });
}

function ofXml(row: string): Target {
  const find = (pattern: RegExp) => pattern.exec(row)?.[1];
  return targetOf({
    id: `${find(/<Id>([^<]*)</)}:${find(/<Port>([^<]*)</) ?? ""}`,
    word: find(/<TargetHealth>[\s\S]*?<State>([^<]*)</) ?? "",
    reason: find(/<Reason>([^<]*)</),
    isMitigated: find(/<MitigationInEffect>([^<]*)</) === "yes",
    isShifted: row.includes("<State>zonal_shift_active<"),
  });
}

function targetOf({ id, word, reason, isMitigated, isShifted }: {
  id: string;
  word: string;
  reason?: string;
  isMitigated: boolean;
  isShifted: boolean;
}): Target {
  const own = STATES.get(word) ?? "unknown";
  const state = own !== "ready" ? own : isShifted ? "draining" : isMitigated ? "degraded" : own;
  return { name: id, state, layer: "process", required: false, message: reason, word };
}
