/** The contract of a resource: one file of `routes/`, named in the tables of `resources.ts`. */
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

/** Walks one check now, from every prober, without a vote. */
export type RunCheck = (check: Check) => Promise<CheckState>;

/** What the routes of every process are made of. */
export interface ProcessContext {
  ports: Ports;
  config: Config;
  /** Absent in a process that is only a prober; so are the states. */
  store?: Store;
  states?: StatesReader;
  /** Why its notices do not move; undefined: they do. */
  outboxFault?: () => string | undefined;
  /** How this process asks: by connections of its own to addresses that it has pinned, or by its runtime's `fetch`. */
  client?: ClientForm;
  /** The prober in this process that answers others, and its token; `earlier`: checks of the config before a reload, which others may still hold. */
  prober?: { prober: Prober; token: string; earlier?: readonly Check[] };
  /** Why the config on the disk is not the one that runs; undefined: it is, as far as was seen. */
  configFault?: () => string | undefined;
}

/** What the routes of a process with a store are made of. A resource names what it needs of it. */
export interface ResourceContext extends GateServices {
  ports: Ports;
  config: Config;
  access: Access;
  tokenUses: TokenUses;
  /** When another threshold would have opened an incident. */
  thresholdHint?: ThresholdHint;
  /** Absent where nothing can be walked on demand. */
  runCheck?: RunCheck;
  /** As in {@linkcode ProcessContext}. */
  client?: ClientForm;
  /** As there. */
  configFault?: () => string | undefined;
}

/** The schemas of all answers, by name. Only the document has them at hand, so that no bundle pays for them. */
export type Schemas = typeof answers & typeof statuspage;

/** Routes, and what the document of the API says of them. */
export interface Resource<Needed = ResourceContext> {
  routes(context: Needed): Hono;
  operations(schemas: Schemas): Operation[];
}
