import { Hono } from "../../hono.ts";
import type { Config, ProberConfig } from "../../../config/config.ts";
import type { States } from "../../../storage/codec.ts";
import { staleAt } from "../../../config/schedule.ts";
import type { ProberState } from "../../../judgement/state.ts";
import { PROBER_FAULTS } from "../../../judgement/words.ts";
import { iso } from "../../../base/time.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

/** Maximum number of reasons shown per prober. */
const REASONS = 10;

/**
 * `GET /v1/regions`: the state of each prober. Its newest slot and the lag, its place, whether it is
 * excluded, and the checks whose latest slot it missed, with the reasons. Also how this process sends probe
 * requests.
 */
export function routes(
  { ports: { clock }, config, states, access, client }: Pick<
    ResourceContext,
    "ports" | "config" | "states" | "access" | "client"
  >,
): Hono {
  const app = new Hono();
  app.get("/v1/regions", access.allow("read"), async (c) => {
    const known = await states();
    const nowMs = clock.now();
    return c.json({
      client,
      regions: config.regions.map(({ id, quorum, probers }) => ({
        id,
        quorum,
        probers: probers.map((prober) => proberOf(config, prober, known, nowMs)),
      })),
    });
  });
  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(schemas: Schemas): Operation[] {
  return [
    {
      method: "get",
      path: "/v1/regions",
      id: "listRegions",
      summary: "State of each prober: lag, place, gaps",
      tag: "status",
      access: "read",
      answers: { 200: jsonAnswer("Regions and their probers", schemas.regionsSchema) },
    },
  ];
}

function proberOf(config: Config, prober: ProberConfig, states: States, nowMs: number) {
  const seen = config.checks.flatMap((check) => {
    const state = states[check.key]?.probers[prober.id];
    return state ? [{ check, state }] : [];
  });
  const slots = seen.flatMap(({ state }) => state.witness?.slot ?? []);
  const slot = slots.length > 0 ? Math.max(...slots) : undefined;
  const newest = seen.map(({ state }) => state)
    .toSorted((a, b) => (b.witness?.slot ?? 0) - (a.witness?.slot ?? 0));
  const missed = seen.flatMap(({ state }) => gapOf(state) ?? []);
  const reasons = Map.groupBy(missed, (reason) => reason);
  return {
    id: prober.id,
    kind: prober.kind,
    ...(prober.kind === "place" && { asked: prober.place }),
    place: newest.find(({ place }) => place)?.place,
    excluded: PROBER_FAULTS.find((fault) => fault === newest[0]?.aside) ?? null,
    evaluatedAt: iso(slot),
    lagMs: slot === undefined ? null : Math.max(0, nowMs - slot),
    checks: config.checks.length,
    stale: config.checks.length -
      seen.filter(({ check, state: { standing: { freshAt } } }) =>
        freshAt !== undefined && nowMs <= staleAt(check, freshAt)
      ).length,
    gaps: missed.length,
    reasons: Object.fromEntries([...reasons].slice(0, REASONS).map(([reason, all]) => [reason, all.length])),
  };
}

/** Why the prober has no round for its newest slot; undefined if it has one. */
function gapOf({ witness, missed }: ProberState): string | undefined {
  return missed && missed.slot > (witness?.slot ?? 0) ? missed.reason : undefined;
}
