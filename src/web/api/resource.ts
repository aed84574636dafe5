/** The contract of a resource: one file of `routes/`, listed in the tables of `resources.ts`. */
import type { ThresholdHint } from "../../storage/history/threshold_hint.ts";
import type { Hono } from "hono";
import type { Check, Config } from "../../config/config.ts";
import type { Ports } from "../../base/ports.ts";
import type { GateServices } from "../../engine/gates/services.ts";
import type { CheckState } from "../../judgement/state.ts";
import type { Prober } from "../../judgement/round.ts";
import type { TokenUses } from "../../storage/records/token_uses.ts";
import type { StatesReader } from "../../storage/states.ts";
import type { Store } from "../../storage/store.ts";
import type { Access } from "./middleware/access.ts";
import type { ClientForm } from "./client_form.ts";
import type { Operation } from "./openapi/operation.ts";
import type * as answers from "./openapi/schemas/mod.ts";
import type * as statuspage from "./openapi/statuspage.ts";

/** Runs one check now from every prober, without a vote. */
export type RunCheck = (check: Check) => Promise<CheckState>;

/** Dependencies of routes that need no store. */
export interface ProcessContext {
  ports: Ports;
  config: Config;
  /** Absent in a process that is only a prober; then `states` is absent too. */
  store?: Store;
  states?: StatesReader;
  /** Why the outbox is stuck; undefined: it is not. */
  outboxFault?: () => string | undefined;
  /**
   * How this process sends probe requests: over its own connections to pinned addresses, or by its runtime's
   * `fetch`.
   */
  client?: ClientForm;
  /**
   * The prober of this process that other processes use, and its token. `earlier`: checks of the config
   * before a reload, which other processes may still send.
   */
  prober?: { prober: Prober; token: string; earlier?: readonly Check[] };
  /** Why the config on disk is not the running one; undefined: it is, as of the last look at the file. */
  configFault?: () => string | undefined;
}

/** Dependencies of routes that need a store. Each resource picks what it needs. */
export interface ResourceContext extends GateServices {
  ports: Ports;
  config: Config;
  access: Access;
  tokenUses: TokenUses;
  /** Computes when a different failureThreshold would have opened an incident. */
  thresholdHint?: ThresholdHint;
  /** Absent if this process cannot run checks on demand. */
  runCheck?: RunCheck;
  /** See {@linkcode ProcessContext}. */
  client?: ClientForm;
  /** See {@linkcode ProcessContext}. */
  configFault?: () => string | undefined;
}

/** The schemas of all responses, by name. Routes get them as an argument, so that no bundle includes them. */
export type Schemas = typeof answers & typeof statuspage;

/** Routes and their OpenAPI operations. */
export interface Resource<Needed = ResourceContext> {
  routes(context: Needed): Hono;
  operations(schemas: Schemas): Operation[];
}
