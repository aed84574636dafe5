import { describe, expect, test } from "vitest";
import { HEALTH_CHECK } from "../../../src/base/grpc.ts";
import { guardDial, guardFetch, guardUrls } from "../../../src/base/http/guard.ts";
import { QuotaExceeded } from "../../../src/base/http/quota.ts";
import { type Ports, Refused } from "../../../src/base/ports.ts";
import type { Step } from "../../../src/config/config.ts";
import { requestsOf } from "../../../src/config/requests.ts";
import { walk } from "../../../src/evidence/probe/journey.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { steppingClock } from "../../world/clock.ts";
import { type Route, scriptedFetch } from "../../world/network.ts";
import { scriptedDial } from "../../world/lines.ts";
import { ports, run, step, stepOf } from "./steps.ts";

/** All ways out of a prober; `asked` is what went out. */
interface World extends Pick<Ports, "fetch" | "dial" | "openWebSocket"> {
  asked: unknown[];
}

/** A step of one kind, and how the world makes it send little or much. */
interface Sample {
  step: Step;
  /** It holds. */
  well: () => World;
  /** It sends all that it may. */
  busy: () => World;
  /** Texts that this kind says its secret in, if the world repeats it. */
  secret: Step;
  /** Where it asks another host than the target's: the step that asks this one. */
  at?: (host: string, step: Step & Record<string, unknown>) => Step;
}

const overHttp = (routes: Record<string, Route>): World => {
  const fetch = scriptedFetch(routes);
  return { fetch, asked: fetch.requests };
};

const overLines = (...script: Parameters<typeof scriptedDial>): World => {
  const dial = scriptedDial(...script);
  return { fetch: scriptedFetch({}), dial, asked: dial.dialled };
};

const overWebSockets = (...messages: string[]): World => {
  const asked: unknown[] = [];
  const openWebSocket: World["openWebSocket"] = (url) => {
    asked.push(url);
    const left = [...messages];
    const receive = () => Promise.resolve(left.shift() ?? null);
    return Promise.resolve({ trace: {}, protocol: "", receive, send() {}, close() {} });
  };
  return { fetch: scriptedFetch({}), openWebSocket, asked };
};

/** Each way out does this. */
const always = (act: () => Promise<never>): World => ({
  fetch: act,
  dial: act,
  openWebSocket: act,
  asked: [],
});

const SECURITY = { version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256", chain: [] };

/** That the name which is asked about does not exist. */
const answerTo = (query: Uint8Array, isCut = false) => {
  const answer = Uint8Array.from(query);
  answer[2] = isCut ? 0x83 : 0x81;
  answer[3] = 0x83;
  return answer;
};
const framed = (message: Uint8Array) =>
  Uint8Array.from([message.length >> 8, message.length & 255, ...message]);

/** Of gRPC health v1. */
const SERVING = {
  headers: { "content-type": "application/grpc", "grpc-status": "0" },
  body: "\0\0\0\0\x02\x08\x01",
};

/** One row a kind. */
const SAMPLES: Record<string, Sample> = {
  http: {
    step: step({ path: "/orders", expect: ["status == 200"], redirects: 3 }),
    well: () => overHttp({ "GET /orders": { json: {} } }),
    busy: () => overHttp({ "GET /orders": { status: 302, headers: { location: "/orders" } } }),
    secret: step({ path: "/orders", headers: { authorization: "Bearer ${env:TOKEN}" }, redirects: 3 }),
  },
  tcp: {
    step: await stepOf("{ tcp: { port: 25 }, expect: text.startsWith('220') }"),
    well: () => overLines(["220 mail.example\r\n"]),
    busy: () => overLines(["220 mail.example\r\n"]),
    secret: await stepOf('{ tcp: { port: 6379, send: "AUTH ${env:TOKEN}" }, expect: text == "+OK" }'),
  },
  tls: {
    step: await stepOf("{ tls: {}, expect: version == 'TLSv1.3' }"),
    well: () => overLines([], { security: SECURITY }),
    busy: () => overLines([], { security: SECURITY }),
    secret: await stepOf("{ tls: {}, expect: trusted }"),
  },
  burst: {
    step: await stepOf(
      "{ burst: { requests: 4, concurrency: 2 }, request: { path: /orders }, expect: ok == 4 }",
    ),
    well: () => overHttp({ "GET /orders": { json: {} } }),
    busy: () => overHttp({ "GET /orders": { status: 302, headers: { location: "/orders" } } }),
    secret: await stepOf(
      '{ burst: { requests: 2 }, request: { headers: { authorization: "Bearer ${env:TOKEN}" } }, expect: ok == 2 }',
    ),
  },
  websocket: {
    step: await stepOf("{ websocket: {}, request: { path: /live }, expect: text == 'hello' }"),
    well: () => overWebSockets("hello"),
    busy: () => overWebSockets("hello"),
    secret: await stepOf(
      '{ websocket: { send: "${env:TOKEN}" }, request: { headers: { authorization: "Bearer ${env:TOKEN}" } }, expect: text == "ok" }',
    ),
  },
  grpc: {
    step: await stepOf(`{ grpc: {}, expect: "message.status == 'SERVING'" }`),
    well: () => overHttp({ [`POST /${HEALTH_CHECK}`]: SERVING }),
    busy: () => overHttp({ [`POST /${HEALTH_CHECK}`]: SERVING }),
    secret: await stepOf(
      `{ grpc: { metadata: { authorization: "Bearer \${env:TOKEN}" } }, expect: "message.status == 'SERVING'" }`,
    ),
  },
  dns: {
    step: await stepOf("{ dns: { name: a.example, server: 9.9.9.9 }, expect: rcode == 'NXDOMAIN' }"),
    well: () => overLines([(query) => answerTo(query)]),
    busy: () =>
      overLines((
        { over },
      ) => [(query) => over === "udp" ? answerTo(query, true) : framed(answerTo(query.subarray(2)))]),
    secret: await stepOf(
      '{ dns: { name: "${env:TOKEN}.example", server: 9.9.9.9 }, expect: rcode == "NXDOMAIN" }',
    ),
    at: (server, { dns, ...step }) => ({ ...step, dns: { ...dns as object, server } }) as unknown as Step,
  },
};

const TIMEOUT_MS = 1_000;
/** What a transport that does not heed its signal is given on top. */
const GRACE_MS = 100;

function begin(
  sample: Step,
  { fetch, dial, openWebSocket }: World,
  { baseUrl = "https://shop.example", signal }: { baseUrl?: string; signal?: AbortSignal } = {},
) {
  const clock = steppingClock();
  const check = { baseUrl, journey: [sample], cleanup: [], timeoutMs: 10_000 };
  const own = { ...ports(fetch, clock), dial, openWebSocket };
  return { clock, pending: walk(own, check, run, { steps: STEP_KINDS, signal }) };
}

test("every kind has a sample, under a name of its own", () => {
  expect(STEP_KINDS.map(({ kind }) => kind).sort()).toEqual(Object.keys(SAMPLES).sort());
});

describe.each(STEP_KINDS.map((kind) => [kind.kind, kind, SAMPLES[kind.kind]!] as const))(
  "a step of kind %s",
  (name, kind, sample) => {
    const asked = { ...sample.step, kind: name, timeoutMs: TIMEOUT_MS };
    /** The same at another host, where that is not the target's. */
    const at = (host: string) => sample.at?.(host, { ...asked }) ?? asked;

    test("holds where all is well, and sends what it usually sends", async () => {
      const { outcome, steps } = await begin(asked, sample.well()).pending;
      expect(outcome).toBe("pass");
      expect(steps[0]!.requests).toBe(kind.requests(asked).usual);
    });

    test("never sends more than it says", async () => {
      const world = sample.busy();
      const { steps } = await begin(asked, world).pending;
      expect(steps[0]!.requests).toBe(kind.requests(asked).most);
      expect(world.asked).toHaveLength(kind.requests(asked).most);
    });

    test("carries what it usually sends and at most into the config's counts", () => {
      expect(asked.requests).toEqual(kind.requests(asked));
      const until = { everyMs: 200, withinMs: 1_000 };
      const polled = { journey: [{ ...asked, until }], cleanup: [] };
      expect(requestsOf(polled)).toBe(6 * kind.requests(asked).usual);
    });

    test("is over at its deadline, whatever the transport does", async () => {
      const { clock, pending } = begin(asked, always(() => new Promise(() => {})));
      await clock.advance(TIMEOUT_MS + GRACE_MS);
      const { outcome, transport, failure, totalMs } = await pending;
      expect({ outcome, transport, reason: failure?.reason }).toEqual({
        outcome: "fail",
        transport: true,
        reason: "timeout",
      });
      expect(totalMs).toBeLessThanOrEqual(TIMEOUT_MS + GRACE_MS);
    });

    test("is over when its caller gives up, and that is no fault of the target's", async () => {
      const caller = new AbortController();
      const { clock, pending } = begin(asked, always(() => new Promise(() => {})), { signal: caller.signal });
      await clock.advance(10);
      caller.abort();
      await clock.advance(GRACE_MS);
      expect(await pending).toMatchObject({ outcome: "error", failure: { reason: "deadline" } });
    });

    test.each([
      "http://127.0.0.1",
      "http://10.0.0.1",
      "http://[::1]",
      "http://localhost",
      "http://169.254.169.254",
      "http://metadata.google.internal",
    ])("does not ask %s", async (baseUrl) => {
      const { fetch, dial, openWebSocket, asked: out } = sample.well();
      const own = at(new URL(baseUrl).hostname);
      const guarded = {
        fetch: guardFetch(fetch, false),
        dial: dial && guardDial(dial, false),
        openWebSocket: openWebSocket && guardUrls(openWebSocket, false),
        asked: out,
      };
      const { outcome, failure } = await begin(own, guarded, { baseUrl }).pending;
      expect({ outcome, reason: failure?.reason }).toEqual({ outcome: "error", reason: "refused" });
      expect(out).toEqual([]);
    });

    test.each<[string, unknown, string]>([
      ["the guard's refusal", new Refused("Cannot ask it"), "refused"],
      ["no request left", new QuotaExceeded("no request is left"), "platform"],
    ])("is an error and no failure after %s", async (_, thrown, reason) => {
      const { outcome, failure } = await begin(asked, always(() => Promise.reject(thrown))).pending;
      expect({ outcome, reason: failure?.reason }).toEqual({ outcome: "error", reason });
    });

    test.each<[string, unknown]>([
      ["an error", new Error("connection reset")],
      ["a text", "boom"],
      ["nothing", undefined],
    ])("takes %s that the transport throws as the target's", async (_, thrown) => {
      const { outcome, transport } = await begin(asked, always(() => Promise.reject(thrown))).pending;
      expect({ outcome, transport }).toEqual({ outcome: "fail", transport: true });
    });

    test("is an error and no failure after a bug of ours", async () => {
      const { pending } = begin(at("${env:NOT_SET}"), sample.well(), { baseUrl: "${env:NOT_SET}" });
      expect(await pending).toMatchObject({ outcome: "error", failure: { reason: "bug" } });
    });

    test("shows no secret, though the world repeats it", async () => {
      const secret = { ...sample.secret, kind: name, timeoutMs: TIMEOUT_MS };
      const leaking = (...sent: unknown[]) =>
        Promise.reject(new Error(`refused ${JSON.stringify(sent)} s3cret`));
      const observation = await begin(secret, always(leaking)).pending;
      expect(observation.failure!.detail).toContain("***");
      expect(JSON.stringify(observation)).not.toContain("s3cret");
    });
  },
);

test("a kind that this build does not hold is a bug of ours, not a failure of the target's", async () => {
  const { pending } = begin({ ...step(), kind: "carrier-pigeon" }, overHttp({}));
  expect(await pending).toMatchObject({ outcome: "error", failure: { reason: "bug" } });
});
