import { fit } from "../../../base/text.ts";
import { MINUTE_MS } from "../../../base/time.ts";
import { hook, type HookSettings } from "../hook.ts";
import { COLOURS, describeEvent } from "../message.ts";
import { overHttp } from "../over_http.ts";
import type { Sink } from "../sink.ts";

/** Card texts are a subset of HTML. */
const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escape = (char: string) => ENTITIES[char] ?? char;

const button = (text: string, url: string) => ({ text, onClick: { openLink: { url } } });

/**
 * A webhook of a Google Chat space (`spaces.messages.create`, 32,000 bytes). All events of an incident form
 * one thread.
 */
export const googleChat: Sink<HookSettings> = {
  ...hook,
  kind: "google-chat",
  // 1 request a second per space.
  rate: { burst: 1, everyMs: 1_000 },
  // Updates are in the incident's thread, where they do not disturb.
  events: ["incident.*"],
  render(event) {
    const { look, title, text, facts, page, pageLabel, acknowledge } = describeEvent(event);
    const widgets = [
      { textParagraph: { text: fit(text, 2_000, { escape }) } },
      ...facts.map(({ name, value }) => ({
        decoratedText: { topLabel: name, text: fit(value, 600, { escape }), wrapText: true },
      })),
      ...(page
        ? [{
          buttonList: {
            buttons: [
              button(pageLabel, page),
              ...(acknowledge ? [button("Acknowledge", acknowledge)] : []),
            ],
          },
        }]
        : []),
    ];
    const head = `<font color="${COLOURS[look]}"><b>${fit(title, 1_000, { escape })}</b></font>`;
    return JSON.stringify({
      // Shown in notifications. Removes Chat's markup and mentions (<users/...>).
      text: title.replace(/[<>*_~`]/g, " "),
      cardsV2: [{
        cardId: "incident",
        card: { sections: [{ widgets: [{ textParagraph: { text: head } }, ...widgets] }] },
      }],
      thread: { threadKey: event.data.incident.id },
    });
  },
  deliver: overHttp({
    url: ({ url }) => url,
    query: ({ id }) => ({
      // Idempotency key: a retry returns the first message.
      requestId: id,
      messageReplyOption: "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD",
    }),
    fill: ({ body }) => ({ body }),
    // Quotas are per minute, and a 429 names no wait.
    read: ({ status, headers }) =>
      status === 429 && !headers.has("retry-after") ? { retryAfterMs: MINUTE_MS } : undefined,
  }),
};
