import { Hono } from "../../hono.ts";
import type { Config } from "../../../config/config.ts";
import type { Ports } from "../../../base/ports.ts";
import { worst } from "../../../evidence/report/merge.ts";
import type { ReportState } from "../../../evidence/report/report.ts";
import { staleAt } from "../../../config/schedule.ts";
import { type StateStore, StoreLost, type StoreUpkeep } from "../../../storage/store.ts";
import { describeMissed, type MissedRounds, missedRounds } from "../../../judgement/missed_rounds.ts";
import { limitedChecks } from "../../../judgement/limited.ts";
import type { States } from "../../../storage/codec.ts";
import type { StatesReader } from "../../../storage/states.ts";
import { liveResponse, LIVEZ } from "../middleware/livez.ts";
import { lastSlot } from "../views/last_slot.ts";
import { dialectResponse } from "../views/dialect_response.ts";
import { messageOf } from "../../../base/error_message.ts";
import { healthAnswers, type Operation } from "../openapi/operation.ts";
import type { ProcessContext } from "../resource.ts";
import * as z from "../../../base/zod.ts";

/** One component of Assay's own readiness. */
interface Part {
  name: string;
  state: ReportState;
  detail: string;
}

/**
 * Assay's own health, as health+json (draft-inadarei-api-health-check-06) or in the dialect of `?as=`.
 * `/livez`: the process responds. `/readyz`: the config is loaded, the store is writable, the last slot was
 * settled in time and walked completely, and notices are being sent. `/startupz`: at least one slot was
 * settled.
 */
export function routes({ ports, config, store, states, outboxFault, configFault }: ProcessContext): Hono {
  const app = new Hono();
  const loaded = (): Part => {
    const fault = configFault?.();
    return fault === undefined
      ? { name: "config", state: "ready", detail: `${config.checks.length} checks` }
      : { name: "config", state: "degraded", detail: fault };
  };
  const statementOf = (parts: Part[]) => ({
    name: "assay",
    state: worst(parts.map(({ state }) => state)),
    at: ports.clock.now(),
    subsystems: parts.map(({ name, state, detail }) => ({
      name,
      state,
      message: detail,
      layer: "process" as const,
      required: true,
    })),
  });

  app.get(LIVEZ, (c) => {
    const as = c.req.query("as");
    return as === undefined ? liveResponse() : dialectResponse(c, as, statementOf([loaded()]));
  });
  app.get("/readyz", async (c) => {
    const more = store ? await storeParts({ store, states }, ports, config) : [];
    if (outboxFault) more.push(outboxPart(outboxFault()));
    return dialectResponse(c, c.req.query("as"), statementOf([loaded(), ...more]));
  });
  app.get("/startupz", async (c) => {
    const more = store ? [await startPart(store)] : [];
    return dialectResponse(c, c.req.query("as"), statementOf([loaded(), ...more]));
  });
  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(): Operation[] {
  const about = {
    method: "get",
    tag: "health",
    access: "public",
    // Other parameters are ignored: kubelet, for one, may send `?verbose`.
    query: z.object({ as: z.optional(z.string()).check(z.describe("The dialect; by default health+json.")) }),
    answers: healthAnswers(),
    problems: [400],
  } as const;
  return [
    { ...about, path: LIVEZ, id: "getLive", summary: "Whether the process responds" },
    {
      ...about,
      path: "/readyz",
      id: "getReady",
      summary: "Whether Assay has its config, can write, and settled the last slot in time",
    },
    { ...about, path: "/startupz", id: "getStarted", summary: "Whether Assay has settled at least one slot" },
  ];
}

async function startPart(store: StateStore): Promise<Part> {
  const slot = await lastSlot(store).catch(() => null);
  return slot === null ? NO_SLOT : { name: "slot", state: "ready", detail: "settled" };
}

const NO_SLOT: Part = { name: "slot", state: "starting", detail: "nothing settled yet" };

const outboxPart = (fault?: string): Part => ({
  name: "outbox",
  state: fault === undefined ? "ready" : "not_ready",
  detail: fault ?? "notices are being sent",
});

/** If the store fails, that is one failed component: Assay can still report it. */
async function storeParts(
  { store, states }: { store: StoreUpkeep & StateStore; states?: StatesReader },
  { clock, log, secrets }: Ports,
  config: Config,
): Promise<Part[]> {
  try {
    await store.checkWritable();
    const slot = await lastSlot(store);
    return [
      { name: "store", state: "ready", detail: "writable" },
      slotPart(slot, clock.now(), config),
      ...states ? stateParts(await states()) : [],
    ];
  } catch (error) {
    log.error("the store failed", { error: secrets.redact(messageOf(error)) });
    const detail = error instanceof StoreLost ? error.message : "failed";
    return [{ name: "store", state: "not_ready", detail }];
  }
}

const stateParts = (states: States): Part[] => [
  capacityPart(missedRounds(Object.values(states))),
  limitPart(limitedChecks(states)),
];

const MAX_NAMED = 5;

/** Checks that Assay knows nothing about because of its own limits: somebody must change the config. */
function limitPart(checks: string[]): Part {
  if (checks.length === 0) {
    return { name: "limits", state: "ready", detail: "every response was within the limits" };
  }
  const names = checks.slice(0, MAX_NAMED).join(", ") +
    (checks.length > MAX_NAMED ? ` and ${checks.length - MAX_NAMED} more` : "");
  const detail = `${names}: for three slots the response exceeded a limit of Assay; see maxBody`;
  return { name: "limits", state: "degraded", detail };
}

/** Rounds that no prober had capacity for: Assay goes on, with older evidence than it should have. */
const capacityPart = (missed: MissedRounds): Part => ({
  name: "capacity",
  state: missed.missed > 0 ? "degraded" : "ready",
  detail: missed.missed > 0 ? `${describeMissed(missed)}: see assay check` : "every round was walked",
});

/** In time means no older than the evidence of the most frequent check may be. */
function slotPart(slot: number | null, nowMs: number, config: Config): Part {
  if (slot === null) return NO_SLOT;
  const schedules = new Map(
    config.checks.map((check) => [JSON.stringify([check.schedule, check.maxAgeMs]), check]),
  );
  const staleMs = Math.min(...[...schedules.values()].map((check) => staleAt(check, slot)));
  const detail = `last settled ${Math.max(0, nowMs - slot)} ms ago`;
  return { name: "slot", state: nowMs <= staleMs ? "ready" : "not_ready", detail };
}
