import * as z from "../../../base/zod.ts";
import { revealHeader } from "../../../base/secrets.ts";
import { iso, MINUTE_MS } from "../../../base/time.ts";
import type { WebhookEvent } from "../event.ts";
import { describeEvent, plainLines } from "../message.ts";
import { checkUrl, overHttp } from "../over_http.ts";
import type { Sink, SinkEnvironment } from "../sink.ts";

/** A Prometheus Alertmanager, or a service with its API. */
export interface AlertmanagerSettings {
  url: string;
  headers?: Record<string, string>;
}

/** How often a firing alert is sent again. Alertmanager ends an alert that is not repeated. */
const REPEAT_MS = MINUTE_MS;
/** How long an alert fires without a repetition: a process that wakes once a minute may miss some. */
const FIRES_MS = 4 * MINUTE_MS;

/** Alertmanager API v2 (`postAlerts`): one alert per incident, repeated while it is open. */
export const alertmanager: Sink<AlertmanagerSettings> = {
  kind: "alertmanager",
  keepsState: true,
  repeatMs: REPEAT_MS,
  // Alertmanager has its own grouping.
  grouping: "never",
  schema: ({ map, headers }) =>
    map({
      url: z.string().check(
        z.minLength(1),
        z.describe("Its URL, without /api/v2/alerts; may hold ${env:NAME}."),
      ),
      headers: z.optional(headers()).check(
        z.describe("Request headers, such as authorization; may hold ${env:NAME}."),
      ),
    }),
  secrets: ["url", "headers"],
  addresses: ["url"],
  check(settings, environment) {
    headersOf(settings, environment);
    return checkUrl(settings.url, environment);
  },
  render: (event) => JSON.stringify(alertOf(event)),
  deliver: overHttp({
    url: ({ url }) => url,
    path: () => "/api/v2/alerts",
    fill({ body }, settings, ports) {
      const alert: ReturnType<typeof alertOf> = JSON.parse(body);
      // Labels identify an alert, so retries and repetitions keep them and only extend `endsAt`.
      const endsAt = alert.endsAt ?? iso(ports.clock.now() + FIRES_MS);
      return { body: JSON.stringify([{ ...alert, endsAt }]), headers: headersOf(settings, ports) };
    },
  }),
};

const headersOf = ({ headers = {} }: AlertmanagerSettings, { secrets }: Pick<SinkEnvironment, "secrets">) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), revealHeader(secrets, name, value)]),
  );

/**
 * The alert of an event. Labels hold only what never changes of an incident, because they identify the alert.
 */
function alertOf(event: WebhookEvent) {
  const { incident, target, check, acknowledgement } = event.data;
  const message = describeEvent(event);
  return {
    labels: {
      ...labelsOf(target.labels),
      alertname: `Assay_${incident.family}`,
      severity: incident.severity,
      target: target.id,
      check: check.id,
      scope: incident.scope,
      incident: incident.id,
    },
    annotations: {
      summary: message.text,
      description: plainLines(message).join("\n"),
      kind: incident.kind,
      ...(acknowledgement && { acknowledged: `by ${acknowledgement.by} at ${acknowledgement.at}` }),
      ...(message.page && { page: message.page }),
    },
    startsAt: incident.openedAt,
    ...(incident.resolvedAt && { endsAt: incident.resolvedAt }),
    ...(message.page && { generatorURL: message.page }),
  };
}

/** "Data model": a label name has only letters, digits and underscores. */
const labelsOf = (labels: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(labels).filter(([, value]) => value !== "").map(([name, value]) => [
      name.replace(/[^a-zA-Z0-9_]/g, "_").replace(/^(?=\d)/, "_"),
      value.toWellFormed(),
    ]),
  );
