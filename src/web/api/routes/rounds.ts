import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Check, Config } from "../../../config/config.ts";
import { roundsRequest } from "../../../engine/prober/remote.ts";
import { requireToken } from "../middleware/credentials.ts";
import { problem } from "../middleware/problem.ts";
import type { Prober, RoundResult } from "../../../judgement/round.ts";

const REQUEST_CAP_BYTES = 4 * 1024 * 1024;

/** `POST /v1/rounds`: this process walks a slot for another deployment. A check whose digest differs is refused by itself. */
export function roundRoutes(config: Config, prober: Prober, token: () => string): Hono {
  const app = new Hono();
  const known = new Map(config.checks.map((check) => [check.key, check]));
  const limit = bodyLimit({
    maxSize: REQUEST_CAP_BYTES,
    onError: (c) => problem(c, "too-large", `At most ${REQUEST_CAP_BYTES} bytes`),
  });

  app.post("/v1/rounds", requireToken(token, "the prober's token"), limit, async (c) => {
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
      const check = known.get(key);
      if (check?.digest === digest) wanted.push(check);
      else {refused.push({
          check: key,
          digest: check?.digest ?? "",
          missed: check ? "digest" : "unknown check",
        });}
    }
    const reply = await prober.ask({ slot, checks: wanted, deadlineMs });
    return c.json({ ...reply, answers: [...reply.answers, ...refused] });
  });
  return app;
}
