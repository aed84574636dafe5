import * as z from "../../../base/zod.ts";
import { alertKeyOf, describeEvent, plainLines } from "../message.ts";
import { checkUrl, overHttp, revealToken } from "../over_http.ts";
import type { Sink } from "../sink.ts";

/** An alert source of incident.io. */
export interface IncidentIoSettings {
  url: string;
  token: string;
}

/** An HTTP alert source of incident.io ("Alert Events V2"): one alert per incident or group. */
export const incidentIo: Sink<IncidentIoSettings> = {
  kind: "incident-io",
  rate: { burst: 10, everyMs: 500 },
  keepsState: true,
  schema: ({ map, reference }) =>
    map({
      url: z.string().check(
        z.minLength(1),
        z.describe("https://api.incident.io/v2/alert_events/http/ followed by the source's id."),
      ),
      token: reference().check(z.describe("The source's bearer token.")),
    }),
  secrets: ["url", "token"],
  addresses: ["url"],
  check({ url, token }, environment) {
    revealToken(environment, token);
    return checkUrl(url, environment);
  },
  render(event) {
    const message = describeEvent(event);
    const { incident, target, check } = event.data;
    return JSON.stringify({
      title: message.title,
      status: event.type === "incident.resolved" ? "resolved" : "firing",
      deduplication_key: alertKeyOf(event),
      description: plainLines(message).join("\n\n"),
      source_url: message.page,
      metadata: {
        target: target.id,
        check: check.id,
        family: incident.family,
        kind: incident.kind,
        severity: incident.severity,
        scope: incident.scope,
        labels: target.labels,
      },
    });
  },
  deliver: overHttp({
    url: ({ url }) => url,
    fill: ({ body }, { token }, ports) => ({
      body,
      headers: { authorization: `Bearer ${revealToken(ports, token)}` },
    }),
  }),
};
