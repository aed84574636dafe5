import * as z from "../../base/zod.ts";
import { checkUrl } from "./over_http.ts";
import type { Sink } from "./sink.ts";

/** Settings of a receiver whose URL is all that it needs. */
export interface HookSettings {
  url: string;
}

/** Default events of chat sinks. They leave out updates: an incoming webhook cannot edit its first message. */
export const CHAT_EVENTS: readonly string[] = ["incident.opened", "incident.resolved"];

/** The common half of sinks whose URL is all that they need, and a secret. */
export const hook = {
  schema: ({ map, reference }) =>
    map({ url: reference().check(z.describe("The receiver's URL. It is a secret: ${env:NAME}.")) }),
  secrets: ["url"],
  addresses: ["url"],
  events: CHAT_EVENTS,
  check: ({ url }, environment) => checkUrl(url, environment),
} satisfies Omit<Sink<HookSettings>, "kind" | "render" | "deliver">;
