import type { Config } from "../../config/config.ts";
import { messageOf } from "../../base/error_message.ts";
import type { Secrets } from "../../base/ports.ts";
import { findSink, type Sink } from "./sink.ts";

/**
 * Webhook faults that only the environment reveals, such as an unset variable: one sentence each, without
 * secrets.
 */
export async function checkWebhooks(
  secrets: Secrets,
  { webhooks, allowPrivate }: Pick<Config, "webhooks" | "allowPrivate">,
  sinks: readonly Sink[],
): Promise<string[]> {
  const faults = await Promise.all(webhooks.map(async ({ id, kind, settings }) => {
    try {
      const fault = await findSink(sinks, kind).check(settings, { secrets, allowPrivate });
      return fault && `webhook ${id}: ${fault}`;
    } catch (error) {
      return `webhook ${id}: ${messageOf(error)}`;
    }
  }));
  return faults.filter((fault) => fault !== undefined);
}
