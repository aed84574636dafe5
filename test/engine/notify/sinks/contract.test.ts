/** What the outbox relies on, of every kind of sink. */
import { describe, expect, test } from "vitest";
import * as fields from "../../../../src/config/schema/fields.ts";
import { references, secretsOf } from "../../../../src/base/secrets.ts";
import { type Fetch, Refused } from "../../../../src/base/ports.ts";
import type { WebhookEvent } from "../../../../src/engine/notify/event.ts";
import { notices } from "../../../../src/engine/notify/mod.ts";
import type { SinkAnswer } from "../../../../src/engine/notify/sink.ts";
import { groupEvent } from "../../../../src/engine/notify/group_event.ts";
import { SINKS } from "../../../../src/engine/notify/sinks/mod.ts";
import { steppingClock } from "../../../world/clock.ts";
import { type Route, type RouteReply, scriptedFetch, type SeenRequest } from "../../../world/network.ts";
import { config, FAILURE, prober, SLOT, state, transition } from "../incident_fixture.ts";
import { FIXTURES } from "./fixtures.ts";

const DEADLINE_MS = 15_000;

test("every kind has a fixture and a name of its own, and one is the default", () => {
  expect(SINKS.map(({ kind }) => kind).toSorted()).toEqual(Object.keys(FIXTURES).toSorted());
  expect(SINKS.filter(({ isDefault }) => isDefault)).toHaveLength(1);
});

/** Events from the least to the most that there can be to tell. */
const EVENTS: [string, WebhookEvent][] = (["opened", "updated", "resolved"] as const).flatMap((change) => [
  [`${change}, with one prober`, eventOf(change, 1, "x")],
  [`${change}, with 70 that all fail at length`, eventOf(change, 70, "ü".repeat(300))],
  [
    `${change}, with texts that need an escape`,
    eventOf(change, 3, '<!channel> *_`"\\\u0000\u2028\ud83d</script>'),
  ],
]);

function eventOf(change: "opened" | "updated" | "resolved", probers: number, text: string): WebhookEvent {
  const ids = Array.from({ length: probers }, (_, i) => `prober-${i}`);
  const { config: whole, check } = config({ eu: ids });
  const failure = { ...FAILURE, detail: text, expression: text, values: { [text]: text } };
  const known = state(
    Object.fromEntries(ids.map((id) => [id, prober("drift", { failure })])),
    { eu: "drift" },
  );
  const target = { ...check.target, name: text, labels: { [text]: text } };
  const context = { check: { ...check, target }, state: known, config: whole, slot: SLOT };
  return JSON.parse(notices(transition(change), context)[0]!.body);
}

const EVENT = EVENTS[0]![1];

/** As many incidents as a message may be about, at length. */
const GROUP = ((): WebhookEvent => {
  const [first, ...rest] = Array.from({ length: 500 }, (_, i) => ({
    id: `n${i}`,
    event: eventOf("opened", 1, `${i} ${"ü".repeat(300)}`),
  }));
  return groupEvent([first!, ...rest], { change: "opened", alert: "inc_1", open: 500 });
})();

/** Everything thrown by a fetch, at once or later. */
const throwing = (error: unknown): Fetch => () => {
  throw error;
};

describe.each(SINKS.map((sink) => [sink.kind, sink] as const))("sink %s", (kind, sink) => {
  const { good, junk, faulty, hidden, maxBytes, lengths, isOther } = FIXTURES[kind]!;
  const secretsFor = (env: Record<string, string>) =>
    secretsOf(references(JSON.stringify(good.settings)), (name) => env[name]);
  const secrets = secretsFor(good.env);
  const message = { id: "inc_1_opened", event: EVENT, body: sink.render(EVENT, good.settings) };

  /** The answer to one delivery through `fetch`; with `silentMs`, after so long in which nothing comes. */
  async function answerOf(fetch: Fetch, { env = good.env, silentMs = 0 } = {}): Promise<SinkAnswer> {
    const clock = steppingClock();
    const asked = Promise.withResolvers<void>();
    const watched: Fetch = (...request) => {
      asked.resolve();
      return fetch(...request);
    };
    const ports = { clock, fetch: watched, secrets: secretsFor(env), deadlineMs: DEADLINE_MS };
    const done = sink.deliver(message, good.settings, ports);
    await Promise.race([asked.promise, done]);
    await clock.advance(silentMs);
    return await done;
  }

  /** A network that answers every request alike. */
  function answering(reply: RouteReply) {
    const requests: SeenRequest[] = [];
    const fetch: Fetch = (url, options) => {
      const route: Route = (seen) => {
        requests.push(seen);
        return reply;
      };
      return scriptedFetch({ [`${options.method} ${url.href}`]: route })(url, options);
    };
    return { fetch, requests };
  }

  const expectNothingHidden = (shown: unknown) => expect(JSON.stringify(shown)).not.toMatch(hidden);

  const schema = sink.schema(fields);

  test("names fields of its own, where references stand among them", () => {
    const fields = Object.keys(schema.shape);
    expect(fields.filter((field) => ["id", "kind", "events"].includes(field))).toEqual([]);
    expect(fields).toEqual(expect.arrayContaining([...sink.secrets, ...sink.addresses]));
    const referring = Object.entries(good.settings).filter(([, value]) =>
      JSON.stringify(value).includes("${env:")
    );
    expect(sink.secrets).toEqual(expect.arrayContaining(referring.map(([field]) => field)));
  });

  test.each<[string, unknown]>([
    ...junk,
    ["an unknown key", { ...good.settings, nonsense: 1 }],
    ...Object.keys(good.settings).map((field): [string, unknown] => [
      `a number as ${field}`,
      { ...good.settings, [field]: 1 },
    ]),
    ["nothing", null],
    ["a text", "hooks"],
    ["a list", []],
  ])("has a schema that refuses %s", (_name, settings) => {
    expect(schema.safeParse(good.settings).success).toBe(true);
    expect(schema.safeParse(settings).success).toBe(false);
  });

  test("takes good settings", async () => {
    expect(await sink.check(good.settings, { secrets, allowPrivate: false })).toBeUndefined();
  });

  test.each(faulty)("finds a fault in settings with %s, and shows no secret", async (_name, faulty, part) => {
    const environment = { secrets: secretsFor(faulty.env), allowPrivate: false };
    const fault = await Promise.try(() => sink.check(faulty.settings, environment)).catch(String);
    expect(fault).toContain(part);
    expectNothingHidden(fault);
  });

  // What a program reads names each incident, and Alertmanager gets no groups.
  const rendered = sink.grouping === undefined ? [...EVENTS, ["a group of 500", GROUP] as const] : EVENTS;
  test.each(rendered)("renders %s, always alike, within the limit", (_name, event) => {
    const body = sink.render(event, good.settings);
    expect(sink.render(structuredClone(event), structuredClone(good.settings))).toBe(body);
    expect(new TextEncoder().encode(body).byteLength).toBeLessThanOrEqual(maxBytes);
    const tooLong = (lengths?.(body) ?? []).filter(([, length, most]) => !(length <= most));
    expect(tooLong).toEqual([]);
    expect(body.isWellFormed()).toBe(true);
    expect(body).not.toBe("");
    expectNothingHidden(body);
  });

  if (isOther) return;

  test.each<[SinkAnswer["kind"], number[]]>([
    ["delivered", [200, 201, 202, 204, 299]],
    ["deferred", [301, 302, 307, 408, 409, 425, 429, 500, 502, 503, 504]],
    ["rejected", [400, 401, 403, 404, 405, 413, 415, 422, 451, 499]],
    ["gone", [410]],
  ])("answers %s to each of %j, and shows no secret", async (expected, statuses) => {
    for (const status of statuses) {
      const echo = Object.values(good.env).join(" ");
      const { fetch, requests } = answering({
        status,
        body: echo,
        headers: { location: "https://x.example/" },
      });
      const answer = await answerOf(fetch);
      expect(answer).toMatchObject({ kind: expected, status });
      expect(requests).toHaveLength(1);
      expectNothingHidden(answer);
    }
  });

  test("sends the same again on a retry", async () => {
    const { fetch, requests } = answering({ status: 503 });
    await answerOf(fetch);
    await answerOf(fetch);
    const [first, second] = requests.map(({ method, url, body }) => ({ method, url, body }));
    expect(second).toEqual(first);
  });

  test.each<[string, string, number]>([
    ["seconds", "60", 60_000],
    ["a date", new Date(steppingClock().now() + 90_000).toUTCString(), 90_000],
    ["a date that has passed", new Date(steppingClock().now() - 90_000).toUTCString(), 0],
    ["no number and no date", "soon", 0],
  ])("passes on a retry-after of %s", async (_name, retryAfter, retryAfterMs) => {
    const { fetch } = answering({ status: 503, headers: { "retry-after": retryAfter } });
    expect(await answerOf(fetch)).toMatchObject({ kind: "deferred", retryAfterMs });
  });

  const echo = Object.values(good.env).join(" ");
  test.each<[string, Fetch]>([
    ["throws at once", throwing(new Error(`cannot reach ${echo}`))],
    ["throws no error", throwing(echo)],
    ["rejects", () => Promise.reject(new TypeError("failed", { cause: new Error(echo) }))],
    ["refuses the address", () => Promise.reject(new Refused("Cannot ask 10.0.0.1"))],
    [
      "gives a body that breaks off",
      answering({ body: bodyThat((body) => body.error(new Error(echo))) }).fetch,
    ],
  ])("is unanswered by a network that %s, and shows no secret", async (_name, fetch) => {
    const answer = await answerOf(fetch);
    expect(answer).toMatchObject({ kind: "unanswered", detail: expect.stringMatching(/./) });
    expect(answer.status).toBeUndefined();
    expectNothingHidden(answer);
  });

  test.each<[string, Fetch]>([
    ["hangs until it is aborted", answering("hang").fetch],
    ["hangs whatever", () => new Promise(() => {})],
    ["gives a body that hangs", answering({ body: bodyThat(() => {}) }).fetch],
  ])("is unanswered within a second of its deadline by a network that %s", async (_name, fetch) => {
    const answer = await answerOf(fetch, { silentMs: DEADLINE_MS + 999 });
    expect(answer).toMatchObject({ kind: "unanswered", detail: expect.stringContaining("timeout") });
    expectNothingHidden(answer);
  });

  test("sends nothing, and says so, while its environment is not set", async () => {
    const { fetch, requests } = answering({});
    expect(await answerOf(fetch, { env: {} })).toMatchObject({
      kind: "unanswered",
      detail: expect.stringContaining("not set"),
    });
    expect(requests).toEqual([]);
  });
});

/** A body that begins, and then does so. */
function bodyThat(goesOn: (body: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) => void) {
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (body) => body.enqueue(new Uint8Array(1)),
    pull: goesOn,
  });
}
