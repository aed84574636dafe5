import * as z from "../../../base/zod.ts";
import { checkUrl, overHttp } from "../over_http.ts";
import type { Ports } from "../../../base/ports.ts";
import type { Sink } from "../sink.ts";
import { signatureHeaders } from "./sign.ts";

/** Settings of one webhook; two secrets during a rotation. */
export interface StandardWebhooksSettings {
  url: string;
  secret: string | readonly string[];
}

/** Standard Webhooks 1.0.0: the event as JSON, signed. */
export const standardWebhooks: Sink<StandardWebhooksSettings> = {
  kind: "webhook",
  isDefault: true,
  // Receivers are programs that expect one incident per event.
  grouping: "asked",
  schema: ({ list, map, reference }) =>
    map({
      url: z.string().check(z.minLength(1), z.describe("Receiver; may be ${env:NAME}.")),
      secret: z.union([reference(), list(reference(), 2)]).check(
        z.describe("Signs the notices; give two to rotate."),
      ),
    }),
  secrets: ["url", "secret"],
  addresses: ["url"],
  async check(settings, environment) {
    const fault = checkUrl(settings.url, environment);
    if (!fault) await signatureHeaders("probe", 0, "", secretsIn(settings, environment));
    return fault;
  },
  render: (event) => JSON.stringify(event),
  deliver: overHttp({
    url: ({ url }) => url,
    fill: async ({ id, body }, settings, ports) => {
      const headers = await signatureHeaders(id, ports.clock.now(), body, secretsIn(settings, ports));
      return { headers, body };
    },
  }),
};

const secretsIn = ({ secret }: StandardWebhooksSettings, { secrets }: Pick<Ports, "secrets">) =>
  [secret].flat().map((one) => secrets.reveal(one));
