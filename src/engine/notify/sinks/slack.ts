import { fit } from "../../../base/text.ts";
import { hook, type HookSettings } from "../hook.ts";
import { COLOURS, describeEvent } from "../message.ts";
import { overHttp } from "../over_http.ts";
import type { Sink } from "../sink.ts";

/** Slack, "Formatting text for app surfaces": only these three characters need escaping. */
const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const escape = (char: string) => ENTITIES[char] ?? char;
/** Block Kit: a section's text has at most 3,000 characters, which up to ten facts share. */
const TEXT_CHARS = 2_900;
const VALUE_CHARS = 260;

const section = (text: string) => ({ type: "section", text: { type: "mrkdwn", text } });

/** An incoming webhook of Slack: one message per event, because it returns no id to edit a message by. */
export const slack: Sink<HookSettings> = {
  ...hook,
  kind: "slack",
  // "Rate limits": 1 message a second, with short bursts.
  rate: { burst: 3, everyMs: 1_000 },
  render(event) {
    const { look, title, text, facts, page, acknowledge } = describeEvent(event);
    const head = fit(title, 300, { escape });
    const lines = facts.map(({ name, value }) => `*${name}:* ${fit(value, VALUE_CHARS, { escape })}`);
    const blocks = [
      section(page ? `*<${fit(page, 1_000, { escape })}|${head}>*` : `*${head}*`),
      section(fit(text, TEXT_CHARS, { escape })),
      section(lines.join("\n")),
      ...(acknowledge ? [section(`<${fit(acknowledge, 1_000, { escape })}|Acknowledge>`)] : []),
    ];
    return JSON.stringify({
      // Shown in notifications and by clients without blocks.
      text: `${look.toUpperCase()}: ${fit(text, 600, { escape })}`,
      attachments: [{ color: COLOURS[look], blocks }],
    });
  },
  deliver: overHttp({ url: ({ url }) => url, fill: ({ body }) => ({ body }) }),
};
