import type { readConverge } from "./converge.ts";
import type { readHooks } from "./hooks.ts";
import type { Kinds } from "./kinds.ts";
import type { readMaintenance } from "./maintenance.ts";
import type { readRoutes } from "./routes.ts";
import type { readTls } from "./tls.ts";

/** The tables of kinds, and what reads the parts that few configs have. A Worker is without those that its config does not name. */
export interface KindsAndReaders extends Kinds {
  /** What `maintenance` takes. */
  readonly readMaintenance?: typeof readMaintenance;
  /** What `routes` take. */
  readonly readRoutes?: typeof readRoutes;
  /** What `hooks` take. */
  readonly readHooks?: typeof readHooks;
  /** What `tls` of a target takes. */
  readonly readTls?: typeof readTls;
  /** What captures with `converge` or `version` take. */
  readonly readConverge?: typeof readConverge;
}
