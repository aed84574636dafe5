/** A webhook receiver that verifies signatures with an independent library. */
import { Webhook } from "standardwebhooks";

/** The fields of an event (`schema/events.schema.json`) that the demos read. */
export interface DemoEvent {
  type: string;
  data: { summary: string; incident: { kind: string } };
}

/**
 * A request handler that answers 204 if `secret` verifies the signature (Standard Webhooks 1.0.0), else 401.
 * Logs one line per request, with the event if it is verified. Throws if the secret is malformed (not
 * `whsec_` and base64).
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

/**
 * A request handler like a Slack incoming webhook: `ok` for a message with text and attachments, else 400.
 * Logs the text.
 */
export function slackHandler(log: (line: string) => void): (request: Request) => Promise<Response> {
  return async (request) => {
    const { text, attachments } = await request.json() as { text?: string; attachments?: unknown[] };
    if (!text || !attachments?.length) return new Response("invalid_payload", { status: 400 });
    log(text);
    return new Response("ok");
  };
}
