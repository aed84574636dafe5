import { messageOf } from "../../../base/error_message.ts";
import { MAIL_EVENTS, mailFields, mailOf, type MailSettings } from "../mail.ts";
import type { Sink, SinkAnswer } from "../sink.ts";

/** Permanent error codes of Cloudflare's Email Service ("Workers API", errors). Other codes are retried. */
const PERMANENT =
  /^E_(VALIDATION|FIELD_MISSING|TOO_MANY_RECIPIENTS|SENDER_|RECIPIENT_|CONTENT_TOO_LARGE|HEADER)/;

/** E-mail by a Worker's binding `EMAIL`. */
export const cloudflareEmail: Sink<MailSettings> = {
  kind: "cloudflare-email",
  rate: { burst: 10, everyMs: 1_000 },
  runtime: "cloudflare",
  events: MAIL_EVENTS,
  schema: (fields) => fields.map(mailFields(fields)),
  secrets: [],
  addresses: [],
  check: () => undefined,
  // The service sets Message-ID itself.
  render: (event, settings) => JSON.stringify(mailOf(event, settings, false)),
  async deliver({ body }, _settings, { sendPlatformMail, secrets }) {
    if (!sendPlatformMail) {
      return { kind: "unanswered", detail: "the Worker has no binding EMAIL (send_email)" };
    }
    try {
      await sendPlatformMail(JSON.parse(body));
      return { kind: "delivered" };
    } catch (error) {
      return failureOf(error, secrets.redact(messageOf(error)));
    }
  },
};

function failureOf(error: unknown, words: string): SinkAnswer {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const kind = PERMANENT.test(code) ? "rejected" : code ? "deferred" : "unanswered";
  return { kind, receiver: "Cloudflare Email", detail: code ? `${code}: ${words}` : words };
}
