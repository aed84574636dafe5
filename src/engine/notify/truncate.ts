/**
 * Keeps an event within the size that Standard Webhooks 1.0.0 recommends (20 KB). Never cuts the decision.
 */
import type { ProberEvidence, WebhookEvent } from "./event.ts";
import { isFailed } from "../../judgement/words.ts";
import { ellipsize } from "../../base/text.ts";

/** Below 20 KB, because the acknowledgement link is added later, at delivery. */
const MAX_BYTES = 19_500;

/** Limits of texts and lists, tried in this order. */
const TEXTS = [{ chars: 120, items: 20 }, { chars: 40, items: 5 }];

interface Limits {
  chars: number;
  items: number;
}

/** The JSON body of an event, reduced to `MAX_BYTES` of UTF-8. */
export function truncate(event: WebhookEvent): string {
  let body = JSON.stringify(event);
  if (fits(body)) return body;
  for (const reduced of reductions(event)) {
    body = JSON.stringify(reduced);
    if (fits(body)) return body;
  }
  return body;
}

const fits = (body: string) => new TextEncoder().encode(body).byteLength <= MAX_BYTES;

/** Yields one copy of the event, reduced a little more each time, the least important parts first. */
function* reductions(event: WebhookEvent): Generator<WebhookEvent> {
  const cut = structuredClone(event);
  cut.data.truncated = true;
  const accounts = Object.values(cut.data.evidence).flatMap((probers) =>
    Object.entries(probers).map(([id, account]) => ({ probers, id, account }))
  );
  const [good, unsure, bad] = [0, 1, 2].map((rank) =>
    accounts.filter(({ account }) => rankOf(account) === rank)
      .sort((a, b) => (a.account.slot ?? "").localeCompare(b.account.slot ?? ""))
  );
  for (const { account } of [...good!, ...unsure!, ...bad!]) yield dropExchange(cut, account);
  for (const { account } of good!) yield dropEvidence(cut, account);
  for (const limits of TEXTS) yield shorten(cut, limits);
  for (const { account } of [...unsure!, ...bad!]) yield dropEvidence(cut, account);
  for (const { probers, id } of [...good!, ...unsure!, ...bad!]) {
    delete probers[id];
    yield cut;
  }
}

const rankOf = ({ vote }: ProberEvidence) => vote === "ready" ? 0 : isFailed(vote) ? 2 : 1;

/** Drops request and answer: the incident's page shows them. */
function dropExchange(cut: WebhookEvent, { observed }: ProberEvidence): WebhookEvent {
  delete observed?.answer;
  delete observed?.request;
  return cut;
}

/** Keeps a prober's verdict, vote and age. */
function dropEvidence(cut: WebhookEvent, account: ProberEvidence): WebhookEvent {
  delete account.reported;
  delete account.observed;
  return cut;
}

function shorten(cut: WebhookEvent, limits: Limits): WebhookEvent {
  const { data } = cut;
  for (const account of Object.values(data.evidence).flatMap((probers) => Object.values(probers))) {
    Object.assign(account, clip(account, limits));
  }
  const labels = Object.fromEntries(Object.entries(data.target.labels).slice(0, limits.items));
  data.target = { id: data.target.id, name: clip(data.target.name, limits), labels: clip(labels, limits) };
  if (data.check.contract) data.check.contract = clip(data.check.contract, limits);
  return cut;
}

/** Cuts every text (keys too) and every list in a JSON value, and repairs broken surrogate pairs. */
export function clip<T>(value: T, limits: Limits): T;
export function clip(value: unknown, limits: Limits): unknown {
  if (typeof value === "string") return ellipsize(value, limits.chars).toWellFormed();
  // Keep the end of a list: the last steps of a journey explain a failure.
  if (Array.isArray(value)) return value.slice(-limits.items).map((item) => clip(item, limits));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map((
      [key, item],
    ) => [ellipsize(key, limits.chars).toWellFormed(), clip(item, limits)]),
  );
}
