/** Tells the world: transitions become notices in the outbox, notices become signed requests. */
export { deliver, type Deliverer, deliverer, type DeliverOptions, type DeliveryStore } from "./deliver.ts";
export type { WebhookEvent } from "./event.ts";
export { type NoticeContext, notices } from "./notice.ts";
export { SecretError, signatureHeaders } from "./sign.ts";
export { checkWebhooks } from "./check.ts";
