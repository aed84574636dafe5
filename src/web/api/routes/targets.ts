import { Hono } from "hono";
import * as z from "zod";
import type { Config } from "../../../config/config.ts";
import type { Ports } from "../../../base/ports.ts";
import type { Access } from "../middleware/access.ts";
import { conditional } from "../middleware/etag.ts";
import { problem } from "../middleware/problem.ts";
import { isLabelled, label, limit, query } from "../middleware/query.ts";
import type { StatesReader } from "../../../storage/states.ts";
import { ORDER, targetView, targetWord } from "../views/status.ts";

/** What the list may be asked. `before` is the id of the last target of the page before. */
export const filters = z.strictObject({
  limit,
  before: z.string().max(100).optional(),
  label: label.optional(),
  word: z.enum(ORDER).optional(),
});

/** `GET /v1/targets` in the order of the config, and `GET /v1/targets/{id}`: of the targets that the token is good for. */
export function targets({ clock }: Ports, config: Config, states: StatesReader, access: Access): Hono {
  const app = new Hono();

  app.get("/v1/targets", conditional, access.allow("read"), async (c) => {
    const read = query(c, filters);
    if ("response" in read) return read.response;
    const { limit, before, label, word } = read.value;
    const [who, known] = [(await access.principal(c))!, await states()];
    const nowMs = clock.now();
    const after = before === undefined ? 0 : config.targets.findIndex(({ id }) => id === before) + 1;
    // A text that is no cursor gives an empty page.
    const left = before !== undefined && after === 0 ? [] : config.targets.slice(after);
    const found = left.filter((target) =>
      who.good(target.id) && isLabelled(target, label) &&
      (word === undefined || targetWord(target, known, nowMs) === word)
    );
    const page = found.slice(0, limit);
    return c.json({
      targets: page.map((target) => targetView(config, target, known, nowMs)),
      next: found.length > limit ? page.at(-1)!.id : null,
    });
  });

  app.get("/v1/targets/:id", access.allow("read", "id"), async (c) => {
    const target = config.targets.find(({ id }) => id === c.req.param("id"));
    if (!target) return problem(c, "not-found", "No target has this id");
    return c.json(targetView(config, target, await states(), clock.now()));
  });

  return app;
}
