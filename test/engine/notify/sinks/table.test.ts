/** The table of docs/sinks.md: what each kind makes of each event, cell by cell. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { matches } from "../../../../src/base/glob.ts";
import { parseObject } from "../../../../src/base/json.ts";
import type { Email } from "../../../../src/base/mail.ts";
import { references, secretsOf } from "../../../../src/base/secrets.ts";
import * as fields from "../../../../src/config/schema/fields.ts";
import { ANY_EVENT } from "../../../../src/config/kinds.ts";
import type { WebhookEvent } from "../../../../src/engine/notify/event.ts";
import { sampleEvent } from "../../../../src/engine/notify/sample.ts";
import { findSink, type Sink, type SinkPorts } from "../../../../src/engine/notify/sink.ts";
import { SINKS } from "../../../../src/engine/notify/sinks/mod.ts";
import { steppingClock } from "../../../world/clock.ts";
import { scriptedFetch, type SeenRequest } from "../../../world/network.ts";
import { FIXTURES } from "./fixtures.ts";

const CHANGES = {
  open: "opened",
  update: "updated",
  acknowledge: "acknowledged",
  resolve: "resolved",
} as const;
type Column = keyof typeof CHANGES;

/** What goes out for one event. */
interface Sent {
  request?: SeenRequest;
  mail?: Email;
  /** Of the body, if it is JSON. */
  // deno-lint-ignore no-explicit-any -- each sink has a body of its own shape
  json: any;
  /** All of it as one text. */
  text: string;
  event: WebhookEvent;
}

/** What a cell is proven with: what goes out now, for the opening, and for the same event once more and of another incident. */
interface Proof {
  sink: Sink;
  column: Column;
  now: Sent;
  opening: Sent;
  again: Sent;
  other: Sent;
}

async function send(sink: Sink, column: Column, incident = "inc_sample"): Promise<Sent> {
  const { settings, env } = FIXTURES[sink.kind]!.good;
  const event = sampleEvent(CHANGES[column], { id: incident });
  const message = { id: `${incident}_${column}`, event, body: sink.render(event, settings) };
  const requests: SeenRequest[] = [];
  const mails: Email[] = [];
  const fetch: SinkPorts["fetch"] = (url, options) =>
    scriptedFetch({ [`${options.method} ${url.href}`]: (seen) => (requests.push(seen), { status: 200 }) })(
      url,
      options,
    );
  const keep = (email: Email) => void mails.push(email);
  const sent = await sink.deliver(message, settings, {
    fetch,
    clock: steppingClock(),
    secrets: secretsOf(references(JSON.stringify(settings)), (name) => env[name]),
    deadlineMs: 15_000,
    sendMail: (_, email) => (keep(email), Promise.resolve({ code: 250, text: "ok" })),
    sendPlatformMail: (email) => Promise.resolve(keep(email)),
  });
  expect(sent.kind).toBe("delivered");
  const [request, mail] = [requests[0], mails[0]];
  const body = request?.body ?? JSON.stringify(mail);
  const json = body.startsWith("[") ? JSON.parse(body) : parseObject(body);
  return { request, mail, json, text: JSON.stringify([request, mail]), event };
}

const isDefault = ({ sink, now }: Proof) =>
  (sink.events ?? ANY_EVENT).some((glob) => matches(glob, now.event.type));
const pathOf = ({ request }: Sent) => new URL(request!.url).pathname;

/** It says what the event says. */
const saysIt = ({ now }: Proof) =>
  expect([now.text, now.json.body?.body, now.json.text].join()).toMatch(/Sample shop|recovered/);

/** Another message to the same place: nothing in it names the first. */
function further(proof: Proof, asked: boolean) {
  const { now, opening } = proof;
  saysIt(proof);
  expect(isDefault(proof)).toBe(!asked);
  expect(now.request?.url).toBe(opening.request?.url);
  expect(now.text).not.toBe(opening.text);
}

const ofThread = ({ now, opening }: Proof) => {
  const headersOf = ({ mail, json }: Sent) => mail?.headers ?? json.headers;
  const first = headersOf(opening);
  const thread = first["Message-ID"] ?? first.References;
  expect(headersOf(now)).toMatchObject({ "In-Reply-To": thread, References: thread });
};

const card = ({ now }: Proof) => {
  expect(now.json.cardsV2).toHaveLength(1);
  expect(now.json.thread).toEqual({ threadKey: "inc_sample" });
  expect(now.request!.url).toContain("REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD");
};

const action = (word: string) => ({ now, opening }: Proof) => {
  expect(now.json.event_action).toBe(word);
  expect(now.json.dedup_key).toBe(opening.json.dedup_key);
};

const status = (word: string) => ({ now, opening }: Proof) => {
  expect(now.json.status).toBe(word);
  expect(now.json.deduplication_key).toBe(opening.json.deduplication_key);
};

const byAlias = (word: string) => ({ now, opening }: Proof) => {
  expect(now.request!.url).toBe(`${opening.request!.url}/${opening.json.alias}/${word}?identifierType=alias`);
};

const sameAlert = ({ now, opening }: Proof) => expect(now.json[0].labels).toEqual(opening.json[0].labels);

const replaces = ({ now, opening }: Proof) => expect(now.json.sequence_id).toBe(opening.json.sequence_id);

/** By what stands in a cell: what it claims. */
const EVENT_CELLS: Record<string, (proof: Proof) => void> = {
  "event": ({ now }) => expect(now.json).toEqual(now.event),
  "message": (proof) => saysIt(proof),
  "a further message, if asked": (proof) => further(proof, true),
  "a further message": (proof) => further(proof, false),
  "embed": ({ now }) => expect(now.json.embeds).toHaveLength(1),
  "a further embed, if asked": (proof) => further(proof, true),
  "a further embed": (proof) => further(proof, false),
  "Adaptive Card 1.4": ({ now }) =>
    expect(now.json.attachments[0].content).toMatchObject({ type: "AdaptiveCard", version: "1.4" }),
  "a further card, if asked": (proof) => further(proof, true),
  "a further card": (proof) => further(proof, false),
  "card, starts a thread": card,
  "card in the thread": (proof) => {
    card(proof);
    expect(isDefault(proof)).toBe(true);
  },
  "notification": ({ now }) => expect(now.json).toMatchObject({ title: /./, priority: 5 }),
  "replaces it": replaces,
  "replaces it, quietly": (proof) => {
    replaces(proof);
    expect(proof.now.json.priority).toBeLessThan(3);
  },
  "`trigger`": action("trigger"),
  "`trigger` of the same alert": action("trigger"),
  "`acknowledge`": action("acknowledge"),
  "`resolve`": action("resolve"),
  "create": ({ now }) =>
    expect([pathOf(now).split("/").at(-1), now.json.alias]).toEqual(["alerts", "inc_sample"]),
  "create, which counts the alert up": ({ now, opening }) =>
    expect([now.request!.url, now.json.alias]).toEqual([opening.request!.url, opening.json.alias]),
  "acknowledge by alias": byAlias("acknowledge"),
  "close by alias": byAlias("close"),
  "alert, again each minute": ({ sink, now }) => {
    expect(sink.repeatMs).toBe(60_000);
    expect(now.json).toHaveLength(1);
  },
  "the same alert": sameAlert,
  "the same alert, annotation `acknowledged`": (proof) => {
    sameAlert(proof);
    expect(proof.now.json[0].annotations.acknowledged).toMatch(/^by ada at /);
  },
  "`endsAt`": (proof) => {
    sameAlert(proof);
    expect(proof.now.json[0].endsAt).toBe(proof.now.event.data.incident.resolvedAt);
  },
  "mail": saysIt,
  "a further mail of the thread, if asked": (proof) => {
    further(proof, true);
    ofThread(proof);
  },
  "a further mail of the thread": (proof) => {
    further(proof, false);
    ofThread(proof);
  },
  "your request": ({ sink, now }) => {
    const { method, url } = FIXTURES[sink.kind]!.good.settings as { method: string; url: string };
    expect(now.request!.method).toBe(method);
    expect(now.request!.url.startsWith(url)).toBe(true);
  },
  "`firing`": status("firing"),
  "`firing` of the same alert": status("firing"),
  "`resolved`": status("resolved"),
};

/** A key that is that of the incident: the same for all its events, another for another. */
const ofIncident = (key: (sent: Sent) => unknown) => ({ now, other }: Proof) =>
  expect([key(now), key(other)]).toEqual(["inc_sample", "inc_other"]);

/** A key that is that of the notice. */
const ofNotice = (key: (sent: Sent) => unknown) => ({ now, again, other, column }: Proof) =>
  expect([now, again, other].map(key)).toEqual([
    `inc_sample_${column}`,
    `inc_sample_${column}`,
    `inc_other_${column}`,
  ]);

const requestId = ofNotice(({ request }) => new URL(request!.url).searchParams.get("requestId"));

const KEY_CELLS: Record<string, (proof: Proof) => void> = {
  "`webhook-id`": ofNotice(({ request }) => request!.headers["webhook-id"]),
  "none": ({ now, column }) => expect(now.text).not.toContain(`inc_sample_${column}`),
  "`requestId`; thread incident": (proof) => {
    requestId(proof);
    ofIncident(({ json }) => json.thread.threadKey)(proof);
  },
  "`sequence_id` incident": ofIncident(({ json }) => json.sequence_id),
  "`dedup_key` incident": ofIncident(({ json }) => json.dedup_key),
  "`alias` incident": ofIncident(({ request, json }) => json.alias ?? request!.url.split("/").at(-2)),
  "the labels": ofIncident(({ json }) => json[0].labels.incident),
  "`Idempotency-Key` (Resend)": (proof) =>
    proof.sink.kind === "resend"
      ? ofNotice(({ request }) => request!.headers["idempotency-key"])(proof)
      : expect(proof.now.text).not.toContain(`inc_sample_${proof.column}`),
  "`{{ id }}`": ofNotice(({ request }) => decodeURIComponent(request!.url.split("/").at(-1)!)),
  "`deduplication_key` incident": ofIncident(({ json }) => json.deduplication_key),
};

/** What the contract's test holds at the longest texts, and the schema at the longest list. */
function boundsOf(sink: Sink): number[] {
  const { good: { settings }, maxBytes, lengths } = FIXTURES[sink.kind]!;
  const body = sink.render(sampleEvent("opened"), settings);
  const list = (length: number) => ({ ...settings, to: Array(length).fill("a@shop.example") });
  const takes = (length: number) => sink.schema(fields).safeParse(list(length)).success;
  const receivers = takes(50) && !takes(51) ? [50] : [];
  return [maxBytes, ...(lengths?.(body) ?? []).map(([, , most]) => most), ...receivers];
}

/** "28 KB" and "1,024 a field" as numbers. */
const numbersIn = (cell: string) =>
  [...cell.matchAll(/(\d[\d,]*)( KB)?/g)].map(([, digits, kilo]) =>
    Number(digits!.replaceAll(",", "")) * (kilo ? 1_000 : 1)
  );

const rows = readFileSync(new URL("../../../../docs/sinks.md", import.meta.url), "utf8")
  .split("\n").filter((line) => line.startsWith("| `"))
  .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()))
  .filter(({ length }) => length === 7);

const TABLE = rows.flatMap(([kinds, ...cells]) =>
  [...kinds!.matchAll(/`([^`]+)`/g)].map(([, kind]) => ({ kind: kind!, cells }))
);

test("each kind has a row", () => {
  expect(TABLE.map(({ kind }) => kind).toSorted()).toEqual(SINKS.map(({ kind }) => kind).toSorted());
});

describe.each(TABLE)("$kind", ({ kind, cells }) => {
  const sink = findSink(SINKS, kind);
  const proofOf = async (column: Column): Promise<Proof> => ({
    sink,
    column,
    now: await send(sink, column),
    opening: await send(sink, "open"),
    again: await send(sink, column),
    other: await send(sink, column, "inc_other"),
  });

  test.each(
    (Object.keys(CHANGES) as Column[]).map((column, i) => [column, cells[i]!] as const),
  )("%s: %s", async (column, cell) => {
    expect(Object.keys(EVENT_CELLS)).toContain(cell);
    EVENT_CELLS[cell]!(await proofOf(column));
  });

  test.each(Object.keys(CHANGES) as Column[])(`dedup key of %s: ${cells[4]}`, async (column) => {
    expect(Object.keys(KEY_CELLS)).toContain(cells[4]);
    KEY_CELLS[cells[4]!]!(await proofOf(column));
  });

  test(`limits: ${cells[5]}`, async () => {
    if (cells[5] === "labels that never change") return sameAlert(await proofOf("resolve"));
    expect(numbersIn(cells[5]!)).not.toEqual([]);
    expect(boundsOf(sink)).toEqual(expect.arrayContaining(numbersIn(cells[5]!)));
  });
});
