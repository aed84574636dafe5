import type { Config } from "../../config/config.ts";
import { refusal } from "../../base/http/guard.ts";
import type { Secrets } from "../../base/ports.ts";
import { signatureHeaders } from "./sign.ts";
import { messageOf } from "../../base/error_message.ts";

/** What would keep every notice from going out, known only once the environment is: one sentence each, free of secrets. */
export async function checkWebhooks(secrets: Secrets, { webhooks, allowPrivate }: Config): Promise<string[]> {
  const faults = await Promise.all(webhooks.map(async ({ id, url, secrets: own }) => {
    try {
      const parsed = URL.parse(secrets.reveal(url));
      if (!parsed) return `webhook ${id}: its URL is not valid`;
      const refused = refusal(parsed, allowPrivate);
      if (refused) return `webhook ${id}: ${refused}`;
      await signatureHeaders("probe", 0, "", own.map((secret) => secrets.reveal(secret)));
      return undefined;
    } catch (error) {
      return `webhook ${id}: ${messageOf(error)}`;
    }
  }));
  return faults.filter((fault) => fault !== undefined);
}
