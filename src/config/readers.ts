import type { readConverge } from "./converge.ts";
import type { readHooks } from "./hooks.ts";
import type { Kinds } from "./kinds.ts";
import type { readMaintenance } from "./maintenance.ts";
import type { readRoutes } from "./routes.ts";
import type { readTls } from "./tls.ts";

/** The tables of kinds, and readers of optional parts. A Worker bundles only the readers its config needs. */
export interface KindsAndReaders extends Kinds {
  readonly readMaintenance?: typeof readMaintenance;
  readonly readRoutes?: typeof readRoutes;
  readonly readHooks?: typeof readHooks;
  /** Reads `tls` of targets. */
  readonly readTls?: typeof readTls;
  /** Reads captures with `converge` or `version`. */
  readonly readConverge?: typeof readConverge;
}
