import { missing } from "../../../judgement/missed_reasons.ts";
import { Hono } from "../../hono.ts";
import type { Check } from "../../../config/config.ts";
import { roundsReply, roundsRequest } from "../../../engine/prober/remote.ts";
import { requireToken } from "../middleware/credentials.ts";
import { limitBody } from "../middleware/body.ts";
import { problem } from "../middleware/problem.ts";
import type { RoundResult } from "../../../judgement/round.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ProcessContext } from "../resource.ts";

const REQUEST_CAP_BYTES = 4 * 1024 * 1024;

/** `POST /v1/rounds`: this process walks a slot for another deployment. A check whose digest differs is refused by itself. */
export function routes({ ports, config, prober: own }: ProcessContext): Hono {
  const app = new Hono();
  if (!own) return app;
  const { prober, token, earlier = [] } = own;
  const known = Map.groupBy([...config.checks, ...earlier], ({ key }) => key);

  app.post(
    "/v1/rounds",
    requireToken(() => ports.secrets.reveal(token), "the prober's token"),
    limitBody(REQUEST_CAP_BYTES),
    async (c) => {
      const body = await c.req.json().catch(() => undefined);
      const read = roundsRequest.safeParse(body);
      if (!read.success) {
        const errors = read.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
        return problem(c, "bad-request", "The body is not a request for rounds", { errors });
      }
      const { slot, deadlineMs, checks } = read.data;
      if (read.data.prober !== prober.id) {
        return problem(c, "conflict", `This is prober ${prober.id}, not ${read.data.prober}`);
      }
      const wanted: Check[] = [];
      const refused: RoundResult[] = [];
      for (const { check: key, digest } of checks) {
        const own = known.get(key);
        const check = own?.find((check) => check.digest === digest);
        if (check) wanted.push(check);
        else {
          const reason = missing(own ? "digest" : "unknown check");
          refused.push({ check: key, digest: own?.[0]?.digest ?? "", ...reason });
        }
      }
      const reply = prober.ask({ slot, checks: wanted, deadlineMs });
      return jsonLater(
        reply.then(({ answers, ...rest }) => ({ ...rest, answers: [...answers, ...refused] })),
      );
    },
  );
  return app;
}

/**
 * 200 at once, and the JSON when it is there: who waits for headers may do so for only so many answers (six on Cloudflare), and a walk
 * takes its time. The space before it makes what lies between pass the headers on. A failure breaks the body off.
 */
function jsonLater(value: Promise<unknown>): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(encoder.encode(" "));
      controller.enqueue(encoder.encode(JSON.stringify(await value)));
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "application/json" } });
}

/** The same, for the document of the API. */
export function operations(): Operation[] {
  return [
    {
      method: "post",
      path: "/v1/rounds",
      id: "walkSlot",
      summary: "What one deployment asks of a prober that is another one",
      tag: "probers",
      access: "prober",
      body: {
        schema: roundsRequest,
        example: {
          prober: "iad",
          slot: 1767225600000,
          deadlineMs: 10000,
          checks: [{ check: "shop/read", digest: "9f86d081" }],
        },
      },
      answers: { 200: jsonAnswer("Rounds, or why there are none", roundsReply) },
      problems: [400, 409, 413],
    },
  ];
}
