import type { Sink } from "../sink.ts";
import { standardWebhooks } from "./standard_webhooks.ts";

/** Every kind of sink. */
export const SINKS: readonly Sink[] = [standardWebhooks];
