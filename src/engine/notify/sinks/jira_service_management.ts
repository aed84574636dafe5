import * as z from "../../../base/zod.ts";
import { fit } from "../../../base/text.ts";
import type { WebhookEvent } from "../event.ts";
import { alertKeyOf, describeEvent, type Look, plainLines, subjectText } from "../message.ts";
import { checkUrl, overHttp, revealToken } from "../over_http.ts";
import type { Sink, SinkMessage } from "../sink.ts";

/** An API integration of Jira Service Management, or of Opsgenie. */
export interface JsmSettings {
  apiKey: string;
  url?: string;
}

const ALERTS = "https://api.atlassian.com/jsm/ops/integration/v2/alerts";
const PRIORITIES: Record<Look, string> = {
  critical: "P1",
  warning: "P3",
  info: "P5",
  acknowledged: "P5",
  resolved: "P5",
};

/**
 * Alerts of Jira Service Management ("Integration events") or Opsgenie, which has the same API: one per
 * incident or group.
 */
export const jiraServiceManagement: Sink<JsmSettings> = {
  kind: "jira-service-management",
  rate: { burst: 10, everyMs: 500 },
  keepsState: true,
  schema: ({ map, reference }) =>
    map({
      apiKey: reference().check(z.describe("The key of an API integration.")),
      url: z.optional(z.string().check(z.minLength(1))).check(
        z.meta({ description: "For Opsgenie: https://api.opsgenie.com/v2/alerts.", default: ALERTS }),
      ),
    }),
  secrets: ["apiKey", "url"],
  addresses: ["url"],
  check(settings, environment) {
    revealToken(environment, settings.apiKey);
    return checkUrl(settings.url ?? ALERTS, environment);
  },
  render(event) {
    const message = describeEvent(event);
    const { incident, target } = event.data;
    if (PATHS[event.type]) {
      return JSON.stringify({ source: "Assay", note: fit(message.text, 25_000) });
    }
    return JSON.stringify({
      message: fit(message.title, 130),
      alias: alertKeyOf(event),
      description: fit(plainLines(message).join("\n"), 15_000),
      priority: PRIORITIES[message.look],
      source: "Assay",
      entity: fit(subjectText(event.data), 512),
      tags: [incident.kind, incident.family, ...Object.keys(target.labels)].slice(0, 20).map((tag) =>
        fit(tag, 50)
      ),
      details: { incident: incident.id, target: target.id, kind: incident.kind, ...detailsOf(target.labels) },
    });
  },
  deliver: overHttp({
    url: ({ url = ALERTS }, message) => url + actionOf(message),
    fill: ({ body }, { apiKey }, ports) => ({
      body,
      headers: { authorization: `GenieKey ${revealToken(ports, apiKey)}` },
    }),
  }),
};

/**
 * Path of the action below the URL. Creating an open alert again only counts it up; other actions use its
 * alias.
 */
const actionOf = ({ event }: SinkMessage) => {
  const action = PATHS[event.type];
  return action ? `/${encodeURIComponent(alertKeyOf(event))}/${action}?identifierType=alias` : "";
};

const PATHS: Partial<Record<WebhookEvent["type"], string>> = {
  "incident.acknowledged": "acknowledge",
  "incident.resolved": "close",
};

/** Details may have 8,000 characters in all. */
const detailsOf = (labels: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(labels).slice(0, 20).map(([key, value]) => [fit(`label ${key}`, 100), fit(value, 200)]),
  );
