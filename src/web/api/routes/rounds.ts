import { Hono } from "../../hono.ts";
import { roundsReply, roundsRequest } from "../../../engine/prober/remote.ts";
import { roundsAnswerer } from "../../../engine/prober/rounds.ts";
import { requireToken } from "../middleware/credentials.ts";
import { limitBody } from "../middleware/body.ts";
import { problem } from "../middleware/problem.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ProcessContext } from "../resource.ts";

const REQUEST_CAP_BYTES = 4 * 1024 * 1024;

/**
 * `POST /v1/rounds`: this process walks a slot for another deployment. Only checks whose digest differs are
 * refused.
 */
export function routes({ ports, config, prober: own }: ProcessContext): Hono {
  const app = new Hono();
  if (!own) return app;
  const { prober, token, earlier = [] } = own;
  const answer = roundsAnswerer(prober, [...config.checks, ...earlier]);

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
      if (read.data.prober !== prober.id) {
        return problem(c, "conflict", `This is prober ${prober.id}, not ${read.data.prober}`);
      }
      return jsonLater(answer(read.data));
    },
  );
  return app;
}

/**
 * Responds 200 at once and sends the JSON later. Some platforms limit how many requests may wait for headers
 * (six on Cloudflare), and a walk takes time. The leading space makes proxies pass the headers on. A failure
 * aborts the body.
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

/** {@linkcode routes}, under the name that bundles use. */
export const roundsRoutes = routes;

/** The OpenAPI operations of these routes. */
export function operations(): Operation[] {
  return [
    {
      method: "post",
      path: "/v1/rounds",
      id: "walkSlot",
      summary: "Walk a slot for another deployment of Assay",
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
      answers: { 200: jsonAnswer("Rounds, or why a check has none", roundsReply) },
      problems: [400, 409, 413],
    },
  ];
}
