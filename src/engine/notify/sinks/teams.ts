import { hook, type HookSettings } from "../hook.ts";
import { describeEvent, type Look } from "../message.ts";
import { overHttp } from "../over_http.ts";
import type { Sink } from "../sink.ts";

const COLOURS: Record<Look, string> = {
  critical: "attention",
  warning: "warning",
  info: "default",
  acknowledged: "accent",
  resolved: "good",
};

/**
 * Card texts are Markdown, without an escape that all clients know. This keeps a target's text from becoming
 * a link.
 */
const plain = (text: string) => text.replaceAll("](", "] (");

const openUrl = (title: string, url: string) => ({ type: "Action.OpenUrl", title, url });

/**
 * A Microsoft Teams workflow, "When a Teams webhook request is received": an Adaptive Card 1.4, at most 28
 * KB.
 */
export const teams: Sink<HookSettings> = {
  ...hook,
  kind: "teams",
  // "Rate limiting": 4 requests a second.
  rate: { burst: 4, everyMs: 500 },
  render(event) {
    const { look, title, text, facts, page, pageLabel, acknowledge } = describeEvent(event);
    const block = (text: string, style: object) => ({
      type: "TextBlock",
      text: plain(text),
      wrap: true,
      ...style,
    });
    const card = {
      $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
      type: "AdaptiveCard",
      version: "1.4",
      msteams: { width: "Full" },
      body: [
        block(title, { weight: "Bolder", size: "Medium", color: COLOURS[look] }),
        block(text, {}),
        { type: "FactSet", facts: facts.map(({ name, value }) => ({ title: name, value: plain(value) })) },
      ],
      actions: [
        ...(page ? [openUrl(pageLabel, page)] : []),
        ...(acknowledge ? [openUrl("Acknowledge", acknowledge)] : []),
      ],
    };
    const contentType = "application/vnd.microsoft.card.adaptive";
    return JSON.stringify({
      type: "message",
      attachments: [{ contentType, contentUrl: null, content: card }],
    });
  },
  deliver: overHttp({ url: ({ url }) => url, fill: ({ body }) => ({ body }) }),
};
