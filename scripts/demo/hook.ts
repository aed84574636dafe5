/** A receiver of webhooks whose signatures an independent library verifies. */
import { Webhook } from "standardwebhooks";

/** What the demos read of an event of `schema/events.schema.json`. */
export interface DemoEvent {
  type: string;
  data: { summary: string; incident: { kind: string } };
}

/**
 * Answers an arrival: 204 if its signature is `secret`'s by Standard Webhooks 1.0.0, 401 if not. Prints one line of each, with
 * the event if it is verified. Throws if the secret is none (`whsec_` and base64).
 */
export function webhookHandler(
  secret: string,
  log: (line: string, event?: DemoEvent) => void,
): (request: Request) => Promise<Response> {
  const webhook = new Webhook(secret);
  return async (request) => {
    const body = await request.text();
    try {
      const event = webhook.verify(body, Object.fromEntries(request.headers)) as DemoEvent;
      log(`${event.type}, signature verified: ${event.data.summary}`, event);
      return new Response(null, { status: 204 });
    } catch (error) {
      log(`refused: ${(error as Error).message}`);
      return new Response(null, { status: 401 });
    }
  };
}

/** Answers as an incoming webhook of Slack does: `ok` to a message that has a text and attachments, else 400. Prints the text. */
export function slackHandler(log: (line: string) => void): (request: Request) => Promise<Response> {
  return async (request) => {
    const { text, attachments } = await request.json() as { text?: string; attachments?: unknown[] };
    if (!text || !attachments?.length) return new Response("invalid_payload", { status: 400 });
    log(text);
    return new Response("ok");
  };
}
