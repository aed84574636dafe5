import { bodyClaim, pageErrorClaims } from "../claims.ts";
import { worst } from "../merge.ts";
import { limitParts } from "../group.ts";
import { records, scalar, textOf } from "../json.ts";
import { lastSegment } from "../question.ts";
import type { Dialect, ReportState } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

/** States by `status` of an event. */
const STATES = new Map<string, ReportState>([
  ["0", "ready"],
  ["1", "degraded"],
  ["2", "not_ready"],
  ["3", "not_ready"],
]);

/**
 * AWS's public health dashboard, `/public/currentevents` (JSON in UTF-16BE): a list of events, each with
 * `service` (`ec2-us-east-1`) and `status`: 0 resolved, 1 degraded, 2 and 3 not_ready, any other unknown; an
 * event with an `end_time` has ended. The worst counts. An empty list is ready, if it came from that path or
 * the dialect is declared. Each service is a part.
 */
export const awsEvents: Dialect = {
  name: "aws-events",
  recognise: ({ url, json }) =>
    isFeed(json) && (records(json).length > 0 || lastSegment(url) === "currentevents"),
  read({ status, json }) {
    if (!isFeed(json)) return null;
    const events = records(json).filter(({ end_time }) => end_time == null || end_time === "");
    const states = events.map((event) => STATES.get(scalar(event.status)) ?? "unknown");
    const open = states.filter((state) => state !== "ready").length;
    return {
      claims: [bodyClaim(worst(["ready", ...states]), `${open} open events`), ...pageErrorClaims(status)],
      subsystems: limitParts(events.map((event, i) => ({
        name: scalar(event.service),
        state: states[i] ?? "unknown",
        layer: "dependency",
        required: false,
        message: textOf(event.summary),
      }))),
      question: "status_page",
    };
  },
};

function isFeed(json: unknown): boolean {
  return Array.isArray(json) &&
    json.every((item) =>
      isRecord(item) && typeof item.service === "string" && "status" in item && "event_log" in item
    );
}
