import * as z from "../../../base/zod.ts";
import { fit } from "../../../base/text.ts";
import { MINUTE_MS } from "../../../base/time.ts";
import type { WebhookEvent } from "../event.ts";
import { alertKeyOf, describeEvent, subjectText } from "../message.ts";
import { checkUrl, overHttp, revealToken } from "../over_http.ts";
import type { Sink } from "../sink.ts";

/** A service of PagerDuty. */
export interface PagerDutySettings {
  /** The integration key, 32 characters. */
  routingKey: string;
  url?: string;
}

const ENQUEUE = "https://events.pagerduty.com/v2/enqueue";

const ACTIONS: Record<WebhookEvent["type"], string> = {
  "incident.opened": "trigger",
  "incident.updated": "trigger",
  "incident.acknowledged": "acknowledge",
  "incident.resolved": "resolve",
};

/** PagerDuty Events API v2: one alert per incident or group. */
export const pagerDuty: Sink<PagerDutySettings> = {
  kind: "pagerduty",
  rate: { burst: 20, everyMs: 500 },
  keepsState: true,
  schema: ({ map, reference }) =>
    map({
      routingKey: reference().check(
        z.describe("The integration key of a service or an event orchestration."),
      ),
      url: z.optional(z.string().check(z.minLength(1))).check(
        z.meta({ description: "For the EU: https://events.eu.pagerduty.com/v2/enqueue.", default: ENQUEUE }),
      ),
    }),
  secrets: ["routingKey", "url"],
  addresses: ["url"],
  check(settings, environment) {
    revealToken(environment, settings.routingKey);
    return checkUrl(settings.url ?? ENQUEUE, environment);
  },
  render(event) {
    const { text, facts, page, pageLabel } = describeEvent(event);
    const { incident, target } = event.data;
    const action = ACTIONS[event.type];
    const head = { event_action: action, dedup_key: alertKeyOf(event) };
    if (action !== "trigger") return JSON.stringify(head);
    return JSON.stringify({
      ...head,
      payload: {
        summary: fit(text, 1_024),
        source: fit(target.id, 255),
        severity: incident.severity,
        timestamp: event.timestamp,
        component: fit(subjectText(event.data), 255),
        group: fit(target.id, 255),
        class: incident.kind,
        custom_details: Object.fromEntries(facts.map(({ name, value }) => [name, value])),
      },
      client: "Assay",
      client_url: page,
      links: page ? [{ href: page, text: pageLabel }] : [],
    });
  },
  deliver: overHttp({
    url: ({ url = ENQUEUE }) => url,
    fill: ({ body }, { routingKey }, ports) => ({
      body: JSON.stringify({ routing_key: revealToken(ports, routingKey), ...JSON.parse(body) }),
    }),
    // PagerDuty's rate limit window is a minute, and a 429 names no wait.
    read: ({ status, headers }) =>
      status === 429 && !headers.has("retry-after") ? { retryAfterMs: MINUTE_MS } : undefined,
  }),
};
