/** An event as an e-mail, and the settings that all sinks of e-mail share. */
import * as z from "../../base/zod.ts";
import type { Email } from "../../base/mail.ts";
import { fit } from "../../base/text.ts";
import type { GrammarFields } from "../../config/kinds.ts";
import type { WebhookEvent } from "./event.ts";
import { CHAT_EVENTS } from "./hook.ts";
import { COLOURS, describeEvent, plainLines } from "./message.ts";

/** Who writes to whom. */
export interface MailSettings {
  from: string;
  to: readonly string[];
}

/** RFC 5321 section 4.5.3.1, and nothing that could end a header or an address list. */
const ADDRESS = /^[^\s@<>(),;:"\\[\]]{1,64}@[A-Za-z0-9.-]{1,255}$/;

const address = ({ text }: GrammarFields) => text(ADDRESS, "an address: name@host, without a display name");

/** The fields of every sink of e-mail. */
export const mailFields = (fields: GrammarFields) => ({
  from: address(fields).check(z.describe("The sender's address.")),
  to: fields.list(address(fields), 50).check(z.describe("The receivers' addresses.")),
});

/** What people get by mail without asking. */
export const MAIL_EVENTS = CHAT_EVENTS;

/** The e-mail of an event: all mails of an incident are one thread. `givesId`: the sender may name a mail itself. */
export function mailOf(event: WebhookEvent, { from, to }: MailSettings, givesId = true): Email {
  const message = describeEvent(event);
  const { incident } = event.data;
  const thread = `<${encodeURIComponent(incident.id)}@${from.slice(from.lastIndexOf("@") + 1)}>`;
  const isFirst = event.type === "incident.opened" && incident.episode === 1;
  return {
    from,
    to: [...to],
    // RFC 5322 section 2.1.1 allows 998; what is longer than 78 is folded.
    subject: fit(message.title, 200),
    text: `${message.title}\n\n${plainLines(message).join("\n")}\n`,
    html: htmlOf(event),
    headers: {
      ...(isFirst && givesId ? { "Message-ID": thread } : { "In-Reply-To": thread, References: thread }),
      // RFC 3834: no answering machine is to answer.
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

/** Without pictures, scripts and style sheets, which mail readers leave out. */
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
    ...(acknowledge ? [`<p><a href="${escape(acknowledge)}">Acknowledge it</a></p>`] : []),
    "</div>",
  ].join("\n");
}
