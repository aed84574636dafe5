import { fit } from "../../../base/text.ts";
import { hook, type HookSettings } from "../hook.ts";
import { COLOURS, describeEvent } from "../message.ts";
import { overHttp, secondsOf } from "../over_http.ts";
import type { Sink } from "../sink.ts";

/** Discord's Markdown: a backslash escapes each of these. */
const escape = (char: string) => /[\\*_~|`>#[\]()-]/.test(char) ? `\\${char}` : char;

/** A webhook of Discord (API v10, "Execute Webhook"; limits of "Embed Limits"): one embed per event. */
export const discord: Sink<HookSettings> = {
  ...hook,
  kind: "discord",
  // About 5 messages in 2 s and 30 a minute.
  rate: { burst: 5, everyMs: 2_000 },
  render(event) {
    const { look, title, text, facts, page, acknowledge } = describeEvent(event);
    return JSON.stringify({
      // A target's text must not ping anyone.
      allowed_mentions: { parse: [] },
      embeds: [{
        title: fit(title, 256, { escape }),
        url: page,
        description: fit(text, 1_200, { escape }),
        color: Number.parseInt(COLOURS[look].slice(1), 16),
        // An embed may have 6,000 characters in all.
        fields: [
          ...facts.map(({ name, value }) => ({ name, value: fit(value, 400, { escape }) })),
          ...(acknowledge ? [{ name: "Respond", value: `[Acknowledge](${acknowledge})` }] : []),
        ],
        timestamp: event.timestamp,
        footer: { text: `Assay, ${event.data.incident.id}` },
      }],
    });
  },
  deliver: overHttp({
    url: ({ url }) => url,
    // Without it Discord answers 204 even if it did not store the message.
    query: () => ({ wait: "true" }),
    fill: ({ body }) => ({ body }),
    read: ({ status, json }) => {
      const retryAfterMs = status === 429 ? secondsOf(json.retry_after) : undefined;
      return retryAfterMs === undefined ? undefined : { retryAfterMs };
    },
  }),
};
