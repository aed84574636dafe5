import type { Sink } from "../sink.ts";
import { alertmanager } from "./alertmanager.ts";
import { cloudflareEmail } from "./cloudflare_email.ts";
import { discord } from "./discord.ts";
import { googleChat } from "./google_chat.ts";
import { incidentIo } from "./incident_io.ts";
import { jiraServiceManagement } from "./jira_service_management.ts";
import { ntfy } from "./ntfy.ts";
import { pagerDuty } from "./pagerduty.ts";
import { resend } from "./resend.ts";
import { slack } from "./slack.ts";
import { smtp } from "./smtp.ts";
import { standardWebhooks } from "./standard_webhooks.ts";
import { teams } from "./teams.ts";
import { telegram } from "./telegram.ts";
import { template } from "./template.ts";

/** Every kind of sink. */
export const SINKS: readonly Sink[] = [
  standardWebhooks,
  slack,
  discord,
  teams,
  googleChat,
  telegram,
  ntfy,
  pagerDuty,
  jiraServiceManagement,
  incidentIo,
  alertmanager,
  smtp,
  resend,
  cloudflareEmail,
  template,
];
