import * as z from "../../../base/zod.ts";
import { isRecord } from "../../../base/json.ts";
import { fit } from "../../../base/text.ts";
import { CHAT_EVENTS } from "../hook.ts";
import { describeEvent, plainLines } from "../message.ts";
import { checkUrl, overHttp, revealToken, secondsOf, type SinkReply } from "../over_http.ts";
import type { Sink } from "../sink.ts";

/** A Telegram chat, and the bot that writes to it. */
export interface TelegramSettings {
  token: string;
  chat: string;
  thread?: number;
}

const MARKS = { critical: "🔴", warning: "🟠", info: "🔵", acknowledged: "👀", resolved: "🟢" };

const addressOf = (token: string) => `https://api.telegram.org/bot${token}/sendMessage`;

/**
 * Telegram Bot API, `sendMessage`. Plain text: Telegram refuses invalid Markdown, and a target's text may be.
 */
export const telegram: Sink<TelegramSettings> = {
  kind: "telegram",
  // 20 messages a minute in a group.
  rate: { burst: 3, everyMs: 3_000 },
  schema: ({ map, reference }) =>
    map({
      token: reference().check(z.describe("The bot's token.")),
      chat: z.string().check(
        z.minLength(1),
        z.describe(
          'The chat\'s id in quotes ("-1001234567890"), or the @name of a channel; may be ${env:NAME}.',
        ),
      ),
      thread: z.optional(z.int().check(z.gte(1))).check(z.describe("The topic of a forum.")),
    }),
  secrets: ["token", "chat"],
  addresses: [],
  events: CHAT_EVENTS,
  check({ token, chat }, environment) {
    revealToken(environment, chat);
    const isToken = /^\d+:[\w-]+$/.test(revealToken(environment, token));
    return isToken
      ? checkUrl(addressOf(token), environment)
      : "its token is not a bot token: a number, a colon and letters";
  },
  render(event) {
    const message = describeEvent(event);
    const text = [`${MARKS[message.look]} ${message.title}`, ...plainLines(message)].join("\n");
    return fit(text, 4_096);
  },
  deliver: overHttp({
    url: ({ token }) => addressOf(token),
    fill: ({ body }, { chat, thread }, { secrets }) => ({
      body: JSON.stringify({
        chat_id: secrets.reveal(chat),
        message_thread_id: thread,
        text: body,
        link_preview_options: { is_disabled: true },
      }),
    }),
    read: (reply) => {
      const retryAfterMs = reply.status === 429 ? secondsOf(parametersOf(reply).retry_after) : undefined;
      return retryAfterMs === undefined ? undefined : { retryAfterMs };
    },
    // A group that becomes a supergroup changes its id.
    redirect: (reply, settings) => {
      const chat = reply.status === 400 ? parametersOf(reply).migrate_to_chat_id : undefined;
      return typeof chat === "number" ? { ...settings, chat: String(chat) } : undefined;
    },
  }),
};

const parametersOf = ({ json: { parameters } }: SinkReply) => isRecord(parameters) ? parameters : {};
