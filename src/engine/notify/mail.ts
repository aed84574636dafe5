/** Renders events as e-mail, and defines the settings that all e-mail sinks share. */
import * as z from "../../base/zod.ts";
import type { Email } from "../../base/mail.ts";
import { fit } from "../../base/text.ts";
import type { GrammarFields } from "../../config/kinds.ts";
import type { WebhookEvent } from "./event.ts";
import { CHAT_EVENTS } from "./hook.ts";
import { COLOURS, describeEvent, plainLines } from "./message.ts";

/** Sender and recipients. */
export interface MailSettings {
  from: string;
  to: readonly string[];
}

/** Lengths of RFC 5321 section 4.5.3.1, and no character that could end a header or an address list. */
const ADDRESS = /^[^\s@<>(),;:"\\[\]]{1,64}@[A-Za-z0-9.-]{1,255}$/;

const address = ({ text }: GrammarFields) => text(ADDRESS, "an address: name@host, without a display name");

/** The schema fields of every e-mail sink. */
export const mailFields = (fields: GrammarFields) => ({
  from: address(fields).check(z.describe("The sender's address.")),
  to: fields.list(address(fields), 50).check(z.describe("The recipients' addresses.")),
});

/** Default events of e-mail sinks. */
export const MAIL_EVENTS = CHAT_EVENTS;

/**
 * The e-mail of an event. All mails of an incident form one thread. `givesId`: the sender may set Message-ID.
 */
export function mailOf(event: WebhookEvent, { from, to }: MailSettings, givesId = true): Email {
  const message = describeEvent(event);
  const { incident } = event.data;
  const thread = `<${encodeURIComponent(incident.id)}@${from.slice(from.lastIndexOf("@") + 1)}>`;
  const isFirst = event.type === "incident.opened" && incident.episode === 1;
  return {
    from,
    to: [...to],
    // RFC 5322 section 2.1.1 allows 998; longer than 78 is folded.
    subject: fit(message.title, 200),
    text: `${message.title}\n\n${plainLines(message).join("\n")}\n`,
    html: htmlOf(event),
    headers: {
      ...(isFirst && givesId ? { "Message-ID": thread } : { "In-Reply-To": thread, References: thread }),
      // RFC 3834: suppresses automatic replies.
      "Auto-Submitted": "auto-generated",
      "X-Auto-Response-Suppress": "All",
    },
  };
}

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escape = (text: string) => text.replace(/[&<>"']/g, (char) => ENTITIES[char]!);

/** No images, scripts or style sheets: mail clients block them. */
function htmlOf(event: WebhookEvent): string {
  const { look, title, text, facts, page, pageLabel, acknowledge } = describeEvent(event);
  const cell = "padding:4px 12px 4px 0;vertical-align:top";
  const rows = facts.map(({ name, value }) =>
    `<tr><td style="${cell};color:#667085;white-space:nowrap">${escape(name)}</td>` +
    `<td style="${cell}">${escape(value)}</td></tr>`
  );
  return [
    `<div style="font:15px/1.5 system-ui,sans-serif;max-width:640px;border-left:4px solid ${
      COLOURS[look]
    };padding:0 16px">`,
    `<h1 style="font-size:18px;color:${COLOURS[look]};margin:0 0 8px">${escape(title)}</h1>`,
    `<p style="margin:0 0 12px">${escape(text)}</p>`,
    `<table style="border-collapse:collapse;font-size:14px">${rows.join("")}</table>`,
    ...(page ? [`<p><a href="${escape(page)}">${pageLabel}</a></p>`] : []),
    ...(acknowledge ? [`<p><a href="${escape(acknowledge)}">Acknowledge</a></p>`] : []),
    "</div>",
  ].join("\n");
}
