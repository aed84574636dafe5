/** Notification: turns incident transitions into notices in the outbox and delivers them through sinks. */
export { deliver, type Deliverer, deliverer, type DeliverOptions } from "./deliver.ts";
export type { DeliveryStore } from "./attempt.ts";
export type { WebhookEvent } from "./event.ts";
export { type NoticeContext, notices } from "./notice.ts";
export { checkWebhooks } from "./check.ts";
