/** The kinds that every runtime supports; runtime-specific ones are beside the entry points. */
import { compileCron } from "../src/config/cron.ts";
import { readConverge } from "../src/config/converge.ts";
import { readHooks } from "../src/config/hooks.ts";
import { readMaintenance } from "../src/config/maintenance.ts";
import { readRoutes } from "../src/config/routes.ts";
import { readTls } from "../src/config/tls.ts";
import { zoneFault } from "../src/config/zone_fault.ts";
import { applyQuietHours } from "../src/engine/notify/quiet.ts";
import { functions } from "../src/config/expression/functions.ts";
import { libraryOf } from "../src/config/expression/library.ts";
import { patternsFor } from "../src/config/expression/pattern.ts";
import { SINKS } from "../src/engine/notify/sinks/mod.ts";
import { AUTH_KINDS } from "../src/evidence/probe/auth/mod.ts";
import { STEP_KINDS } from "../src/evidence/probe/steps/mod.ts";
import { DIALECTS } from "../src/evidence/report/mod.ts";
import { authorizeReport } from "../src/engine/prober/report_auth.ts";
import { signRequest } from "../src/evidence/report/sigv4.ts";
import { grouping } from "../src/engine/notify/grouping.ts";
import { heartbeat } from "../src/engine/notify/heartbeat.ts";
import { timely } from "../src/engine/notify/timely.ts";
import { acknowledgeLinks } from "../src/web/page/acknowledge.tsx";
import { slo } from "../src/web/page/objective.tsx";
import { githubHook } from "../src/web/api/routes/github.ts";
import type { KindTables } from "./kinds.ts";

export const COMMON_KINDS = {
  dialects: DIALECTS,
  sinks: SINKS,
  steps: STEP_KINDS,
  auths: AUTH_KINDS,
  compileCron,
  zoneFault,
  readMaintenance,
  readRoutes,
  applyQuietHours,
  readHooks,
  readTls,
  readConverge,
  functions,
  libraryOf,
  patternsFor,
  signRequest,
  authorizeReport,
  githubHook,
  heartbeat,
  acknowledgeLinks,
  slo,
  timely,
  grouping,
} satisfies Omit<KindTables, "stores">;
