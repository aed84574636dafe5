/** Tells the world: transitions become notices in the outbox, notices become signed requests. */
export { deliver, type Deliverer, deliverer, type DeliverOptions, type Outbox } from "./deliver.ts";
export type { Event } from "./event.ts";
export { type Context, notices } from "./notice.ts";
export { headers, SecretError } from "./sign.ts";
export { webhookFaults } from "./check.ts";
