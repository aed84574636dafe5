import { MAIL_EVENTS, mailFields, mailOf, type MailSettings } from "../mail.ts";
import * as z from "../../../base/zod.ts";
import { checkUrl, overHttp, revealToken } from "../over_http.ts";
import type { Sink } from "../sink.ts";

/** A Resend account, sender and recipients. */
export interface ResendSettings extends MailSettings {
  apiKey: string;
}

const EMAILS = "https://api.resend.com/emails";

/** E-mail by Resend ("Send Email"). */
export const resend: Sink<ResendSettings> = {
  kind: "resend",
  // 2 requests a second.
  rate: { burst: 2, everyMs: 500 },
  events: MAIL_EVENTS,
  schema: (fields) =>
    fields.map({
      apiKey: fields.reference().check(z.describe("An API key of Resend.")),
      ...mailFields(fields),
    }),
  secrets: ["apiKey"],
  addresses: [],
  check({ apiKey }, environment) {
    revealToken(environment, apiKey);
    return checkUrl(EMAILS, environment);
  },
  render: (event, settings) => JSON.stringify(mailOf(event, settings)),
  deliver: overHttp({
    url: () => EMAILS,
    fill: ({ id, body }, { apiKey }, ports) => ({
      body,
      headers: {
        authorization: `Bearer ${revealToken(ports, apiKey)}`,
        // "Idempotency Keys": at most 256 characters, remembered for 24 hours.
        "idempotency-key": id.slice(0, 256),
      },
    }),
  }),
};
