/** What the tests in workerd bundle in place of the tables that are made of a config. */
import type { KindTables } from "../../functions/kinds.ts";
import { dialler } from "../../functions/cloudflare/dial.ts";
import { webSockets } from "../../functions/cloudflare/web_socket.ts";
import { type ObjectEnv, objectKind } from "../../functions/cloudflare/sqlite.ts";
import { compileCron } from "../../src/config/cron.ts";
import { readConverge } from "../../src/config/converge.ts";
import { checkDependencies } from "../../src/config/depends_on.ts";
import { readHooks } from "../../src/config/hooks.ts";
import { readMaintenance } from "../../src/config/maintenance.ts";
import { readRoutes } from "../../src/config/routes.ts";
import { readTls } from "../../src/config/tls.ts";
import { zoneFault } from "../../src/config/zone_fault.ts";
import { applyQuietHours } from "../../src/engine/notify/quiet.ts";
import { functions } from "../../src/config/expression/functions.ts";
import { patternsFor } from "../../src/config/expression/pattern.ts";
import { SINKS } from "../../src/engine/notify/sinks/mod.ts";
import { AUTH_KINDS } from "../../src/evidence/probe/auth/mod.ts";
import { STEP_KINDS } from "../../src/evidence/probe/steps/mod.ts";
import { DIALECTS } from "../../src/evidence/report/mod.ts";
import { authorizeReport } from "../../src/engine/prober/report_auth.ts";
import { signRequest } from "../../src/evidence/report/sigv4.ts";
import { pushedReports } from "../../src/web/api/routes/pushed_reports.ts";
import { remoteProber } from "../../src/engine/prober/remote.ts";
import { roundsRoutes } from "../../src/web/api/routes/rounds.ts";
import { grouping } from "../../src/engine/notify/grouping.ts";
import { timely } from "../../src/engine/notify/timely.ts";
import { acknowledgeLinks } from "../../src/web/page/acknowledge.tsx";
import { slo } from "../../src/web/page/objective.tsx";
import { TRANSLATIONS } from "../../src/web/page/texts/mod.ts";
import { githubHook } from "../../src/web/api/routes/github.ts";

export const KINDS: KindTables<ObjectEnv> = {
  dialects: DIALECTS,
  stores: [objectKind],
  sinks: SINKS,
  steps: STEP_KINDS,
  auths: AUTH_KINDS,
  translations: TRANSLATIONS,
  slo,
  compileCron,
  zoneFault,
  readMaintenance,
  readRoutes,
  applyQuietHours,
  readHooks,
  readTls,
  readConverge,
  checkDependencies,
  functions,
  patternsFor,
  signRequest,
  authorizeReport,
  pushedReports,
  githubHook,
  acknowledgeLinks,
  timely,
  grouping,
  dialler,
  remoteProber,
  roundsRoutes,
  webSockets,
};
