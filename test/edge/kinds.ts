/** What the tests in workerd bundle in place of the tables that are made of a config. */
import { COMMON_KINDS } from "../../functions/common_kinds.ts";
import type { KindTables } from "../../functions/kinds.ts";
import { dialler } from "../../functions/cloudflare/dial.ts";
import { webSockets } from "../../functions/cloudflare/web_socket.ts";
import { type ObjectEnv, objectKind } from "../../functions/cloudflare/sqlite.ts";
import { pushedReports } from "../../src/web/api/routes/pushed_reports.ts";
import { remoteProber } from "../../src/engine/prober/remote.ts";
import { roundsRoutes } from "../../src/web/api/routes/rounds.ts";
import { TRANSLATIONS } from "../../src/web/page/texts/mod.ts";

export const KINDS: KindTables<ObjectEnv> = {
  ...COMMON_KINDS,
  stores: [objectKind],
  translations: TRANSLATIONS,
  pushedReports,
  dialler,
  remoteProber,
  roundsRoutes,
  webSockets,
};
