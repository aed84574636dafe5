import * as z from "../../../base/zod.ts";
import { messageOf } from "../../../base/error_message.ts";
import { refusal } from "../../../base/http/guard.ts";
import type { MailReply, MailServer } from "../../../base/mail.ts";
import { Refused, type Secrets } from "../../../base/ports.ts";
import { oneLine } from "../../../base/text.ts";
import { MAIL_EVENTS, mailFields, mailOf, type MailSettings } from "../mail.ts";
import { revealToken } from "../over_http.ts";
import type { Sink, SinkAnswer } from "../sink.ts";

/** A mail server, sender and recipients. */
export interface SmtpSettings extends MailSettings {
  host: string;
  port?: number;
  security?: MailServer["security"];
  user?: string;
  password?: string;
}

/** RFC 8314: submission over TLS. */
const PORT = 465;
const WORDS_CHARS = 300;

/** E-mail by SMTP; not on Cloudflare, where Workers cannot connect to mail servers. */
export const smtp: Sink<SmtpSettings> = {
  kind: "smtp",
  // RFC 5321 section 4.5.3.2 allows minutes for each command.
  deadlineMs: 30_000,
  rate: { burst: 10, everyMs: 1_000 },
  runtime: "deno",
  events: MAIL_EVENTS,
  schema: (fields) =>
    fields.map({
      host: z.string().check(z.minLength(1), z.describe("The mail server; may be ${env:NAME}.")),
      port: z.optional(z.int().check(z.gte(1), z.lte(65_535))).check(
        z.meta({ description: "587 is usual with starttls.", default: PORT }),
      ),
      security: z.optional(z.enum(["tls", "starttls", "none"])).check(
        z.describe(
          "TLS from the start, after STARTTLS, or never. Default: tls at port 465, else starttls.",
        ),
      ),
      user: z.optional(z.string().check(z.minLength(1))).check(
        z.describe("Login name; may be ${env:NAME}."),
      ),
      password: z.optional(fields.reference()).check(z.describe("Requires user.")),
      ...mailFields(fields),
    }),
  secrets: ["host", "user", "password"],
  addresses: [],
  validate({ user, password, security }) {
    if ((user === undefined) !== (password === undefined)) {
      const [path, expected] = user === undefined
        ? ["password", "user as well"]
        : ["user", "password as well"];
      return [{ path: [path], message: "incomplete login", expected }];
    }
    if (security !== "none" || password === undefined) return [];
    return [{
      path: ["security"],
      message: "the password would be sent unencrypted",
      expected: "tls or starttls",
    }];
  },
  check(settings, { secrets, allowPrivate }) {
    const { host } = serverOf(settings, secrets);
    const url = URL.parse(`https://${host.includes(":") ? `[${host}]` : host}`);
    if (!url || url.pathname !== "/" || url.username) return "its host is not valid";
    return refusal(url, allowPrivate)?.replace("a URL", "a host");
  },
  render: (event, settings) => JSON.stringify(mailOf(event, settings)),
  async deliver({ body }, settings, { sendMail, secrets, deadlineMs }) {
    if (!sendMail) return { kind: "unanswered", detail: "this runtime cannot send mail" };
    const receiver = `smtp://${secrets.redact(settings.host)}`;
    try {
      const reply = await sendMail(serverOf(settings, secrets), JSON.parse(body), { deadlineMs });
      const words = secrets.redact(oneLine(reply.text, WORDS_CHARS).trim());
      return { kind: kindOf(reply), receiver, detail: `answered ${reply.code}: ${words}` };
    } catch (error) {
      const reason = error instanceof Refused ? "refused" : "network";
      return { kind: "unanswered", receiver, detail: `${reason}: ${secrets.redact(messageOf(error))}` };
    }
  },
};

function serverOf(settings: SmtpSettings, secrets: Secrets): MailServer {
  const { host, port = PORT, security = port === PORT ? "tls" : "starttls", user, password } = settings;
  const login = user !== undefined && password !== undefined
    ? { user: secrets.reveal(user), password: revealToken({ secrets }, password) }
    : undefined;
  return { host: secrets.reveal(host), port, security, login };
}

/** RFC 5321 section 4.2.1: 2yz and 3yz are success, 4yz is transient, 5yz is permanent. */
function kindOf({ code }: MailReply): SinkAnswer["kind"] {
  if (code >= 500) return "rejected";
  return code >= 400 ? "deferred" : "delivered";
}
