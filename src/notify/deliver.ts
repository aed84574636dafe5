/**
 * Empties the outbox.
 *
 *     claim -> webhook known and enabled? -> not silenced? -> sign -> POST -> receipt -> claim again
 *
 * A notice whose receipt is lost stays hidden until its claim runs out, then goes again with the same id and body.
 */
import type { Config, Webhook } from "../config/config.ts";
import { exchange, messageOf, USER_AGENT } from "../exchange.ts";
import { limiter } from "../limiter.ts";
import type { Ports } from "../ports.ts";
import type { Delivery, Store } from "../store/store.ts";
import { blanked } from "../vault.ts";
import { hushed, type SilenceReader, silenceReader } from "./hush.ts";
import { type Answer, buried, receiptOf } from "./retry.ts";
import { headers } from "./sign.ts";

/** Bounds of one call; times in ms. */
export interface DeliverOptions {
  /** At once, over all webhooks. */
  parallel?: number;
  /** Notices that one call takes up; the runtime may bound its requests. */
  most?: number;
  /** For one attempt, the answer's body included. */
  deadlineMs?: number;
  /** How long a claim hides a notice; longer than `deadlineMs`. */
  leaseMs?: number;
  /** Once aborted nothing more is claimed; attempts under way end by themselves. */
  signal?: AbortSignal;
}

const CAP_BYTES = 64 * 1024;

/** The part of the store that a deliverer needs. */
export type Outbox = Pick<
  Store,
  "claim" | "receipt" | "disabled" | "disable" | "incident" | "deliveries" | "told"
>;

/** Sends every notice that is due until none is, and answers how many attempts it made. Rejects only with the store. */
export async function deliver(
  ports: Ports,
  store: Outbox,
  config: Config,
  { parallel = 5, most = Infinity, deadlineMs = 15_000, leaseMs = 60_000, signal }: DeliverOptions = {},
): Promise<number> {
  let left = most;
  const claim = async (webhook?: string): Promise<Delivery | undefined> => {
    if (signal?.aborted || left < 1) return undefined;
    left--;
    const [claimed] = await store.claim({ nowMs: ports.clock.now(), leaseMs, limit: 1, webhook });
    if (!claimed) left++;
    return claimed;
  };
  const first = await claim();
  if (!first) return 0;
  const gate = limiter(parallel);
  const post: Post = { ports, store, config, deadlineMs, silences: silenceReader(ports, store) };
  let made = 0;
  // Claimed only when its turn has come: a claim must not run out in the queue.
  const turn = (webhook?: string, begin?: Delivery) =>
    gate(async () => {
      const next = begin ?? await claim(webhook);
      return next && { sent: await attempt(post, next) };
    });
  const drain = async (webhook?: string, begin?: Delivery) => {
    for (let done = await turn(webhook, begin); done; done = await turn(webhook)) made += done.sent;
  };
  // Two at once for each webhook, so that one that hangs does not hold up the others.
  const ids = new Set([first.webhook, ...config.webhooks.map(({ id }) => id)]);
  const chains = [...ids].flatMap((id, i) => [drain(id, i === 0 ? first : undefined), drain(id)]);
  const settled = await Promise.allSettled(chains);
  for (const chain of settled) if (chain.status === "rejected") throw chain.reason;
  // What is left is for webhooks that are not in the config any more.
  await drain();
  return made;
}

interface Post {
  ports: Ports;
  store: Outbox;
  config: Config;
  deadlineMs: number;
  silences: SilenceReader;
}

/** Brings one notice one step further; 1 if it was sent. */
async function attempt(post: Post, delivery: Delivery): Promise<number> {
  const { ports: { clock, random, log, vault }, store, config } = post;
  const webhook = config.webhooks.find(({ id }) => id === delivery.webhook);
  const beganMs = clock.now();
  const fields = { notice: delivery.id, webhook: delivery.webhook };
  if (!webhook || webhook.id in await store.disabled()) {
    const receipt = buried(delivery, webhook ? "disabled" : "removed", beganMs);
    await store.receipt(delivery.id, receipt);
    log.warn("notice is dead", { ...fields, error: receipt.lastError });
    return 0;
  }
  const quiet = await hushed(post, delivery, beganMs);
  if (quiet) {
    const { attempts, lastAttemptAt, lastStatus } = delivery;
    await store.receipt(delivery.id, { ...quiet, attempts, lastAttemptAt, lastStatus });
    log.info("notice held or dropped by a silence", { ...fields, reason: quiet.lastError });
    return 0;
  }
  const { answer, name } = await send(post, webhook, delivery, beganMs);
  const { death, ...receipt } = receiptOf(delivery, answer, {
    beganMs,
    nowMs: clock.now(),
    random,
    name: vault.redact(name),
  });
  if (death === "gone") await store.disable(webhook.id, beganMs);
  await store.receipt(delivery.id, receipt);
  if (receipt.state === "delivered") log.info("notice delivered", fields);
  else log.warn(death ? "notice is dead" : "notice not delivered", { ...fields, error: receipt.lastError });
  return 1;
}

/** One signed request. `name` is all that may be told of the webhook: its id and origin. */
async function send(
  { ports, deadlineMs }: Post,
  webhook: Webhook,
  { id, body }: Delivery,
  atMs: number,
): Promise<{ answer: Answer; name: string }> {
  let name = `webhook ${webhook.id}`;
  const failure = (detail: string) => ({ answer: { kind: "failure", detail } as const, name });
  try {
    const url = URL.parse(ports.vault.reveal(webhook.url));
    if (!url) return failure("its URL is not valid");
    name = `${name} (${url.origin})`;
    const secrets = webhook.secrets.map((secret) => ports.vault.reveal(secret));
    const signed = await headers(id, atMs, body, secrets);
    const request = { url, method: "POST", headers: { ...HEADERS, ...signed }, body };
    const got = await exchange(ports, request, { deadlineMs, capBytes: CAP_BYTES });
    if (got.kind === "failure") return failure(`${got.reason}: ${veil(got.detail, url, ports)}`);
    const retryAfter = got.headers.get("retry-after");
    return { answer: { kind: "answer", status: got.status, retryAfter }, name };
  } catch (error) {
    return failure(ports.vault.redact(messageOf(error)));
  }
}

const HEADERS = { "content-type": "application/json", "user-agent": USER_AGENT };

/** A receiver's path and query are often its secret, where they are cut to length as well; whole URLs are cut to their origin by `messageOf`. */
function veil(detail: string, url: URL, { vault }: Ports): string {
  const { pathname, search, hash, username, password } = url;
  // The longer first, so that a part of another leaves nothing of it.
  const parts = [pathname + search + hash, pathname + search, pathname, search, hash, username, password];
  return vault.redact(parts.filter((part) => part.length > 1).reduce(blanked, detail));
}
