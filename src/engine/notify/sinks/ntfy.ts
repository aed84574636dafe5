import * as z from "../../../base/zod.ts";
import { fit, utf8Length } from "../../../base/text.ts";
import { alertKeyOf, describeEvent, type Look, plainLines } from "../message.ts";
import { checkUrl, overHttp, revealToken } from "../over_http.ts";
import type { Sink } from "../sink.ts";

/** A topic of an ntfy server. */
export interface NtfySettings {
  url?: string;
  topic: string;
  token?: string;
}

const SERVER = "https://ntfy.sh";
const PRIORITIES: Record<Look, number> = { critical: 5, warning: 4, info: 3, acknowledged: 2, resolved: 3 };
const TAGS: Record<Look, string> = {
  critical: "rotating_light",
  warning: "warning",
  info: "information_source",
  acknowledged: "eyes",
  resolved: "white_check_mark",
};

/**
 * ntfy, "Publish as JSON": the notifications of one incident replace each other (`sequence_id`, since 2.16).
 */
export const ntfy: Sink<NtfySettings> = {
  kind: "ntfy",
  // "Limitations": 60 requests, then one per 5 s. Half the burst is left to other publishers.
  rate: { burst: 30, everyMs: 5_000 },
  keepsState: true,
  schema: ({ map, reference }) =>
    map({
      url: z.optional(z.string().check(z.minLength(1))).check(
        z.meta({ description: "The server, without the topic; may be ${env:NAME}.", default: SERVER }),
      ),
      topic: z.string().check(
        z.regex(/^([-_A-Za-z0-9]{1,64}|\$\{env:[A-Z_][A-Z0-9_]*\})$/, {
          error: "a topic: 1 to 64 letters, digits, - and _, or ${env:NAME}",
        }),
        z.describe("Anyone who knows the name of an open topic can read it."),
      ),
      token: z.optional(reference()).check(z.describe("An access token of the server.")),
    }),
  secrets: ["url", "topic", "token"],
  addresses: ["url"],
  check({ url = SERVER, topic, token }, environment) {
    if (!/^[-_A-Za-z0-9]{1,64}$/.test(revealToken(environment, topic))) return "its topic is not valid";
    if (token) revealToken(environment, token);
    return checkUrl(url, environment);
  },
  render(event) {
    const message = describeEvent(event);
    const bytes = { measure: utf8Length };
    return JSON.stringify({
      title: fit(message.title, 1_024, bytes),
      // ntfy turns a longer message into an attachment.
      message: fit(plainLines({ ...message, acknowledge: undefined }).join("\n"), 4_000, bytes),
      priority: PRIORITIES[message.look],
      tags: [TAGS[message.look]],
      click: message.page,
      ...(message.acknowledge && {
        actions: [{ action: "view", label: "Acknowledge", url: message.acknowledge }],
      }),
      sequence_id: alertKeyOf(event).replace(/[^-_A-Za-z0-9]/g, "-").slice(0, 64),
    });
  },
  deliver: overHttp({
    url: ({ url = SERVER }) => url,
    fill: ({ body }, { topic, token }, ports) => ({
      body: JSON.stringify({ topic: revealToken(ports, topic), ...JSON.parse(body) }),
      headers: { ...(token && { authorization: `Bearer ${revealToken(ports, token)}` }) },
    }),
  }),
};
