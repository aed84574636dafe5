import * as z from "../../base/zod.ts";
import { checkUrl } from "./over_http.ts";
import type { Sink } from "./sink.ts";

/** Settings of a receiver that needs only a URL. */
export interface HookSettings {
  url: string;
}

/** Default events of chat sinks. No updates: an incoming webhook cannot edit an earlier message. */
export const CHAT_EVENTS: readonly string[] = ["incident.opened", "incident.resolved"];

/** The part that sinks with a secret URL and no other setting have in common. */
export const hook = {
  schema: ({ map, reference }) =>
    map({ url: reference().check(z.describe("The receiver's URL. It is a secret, so use ${env:NAME}.")) }),
  secrets: ["url"],
  addresses: ["url"],
  events: CHAT_EVENTS,
  check: ({ url }, environment) => checkUrl(url, environment),
} satisfies Omit<Sink<HookSettings>, "kind" | "render" | "deliver">;
