/** The HTTP door: one hono app for every runtime. One file per resource; each adds its routes here. */
import { Hono } from "hono";
import type { Config } from "../config/config.ts";
import { pages as webPages } from "./page/page.tsx";
import { packChecks } from "../storage/codec.ts";
import type { Ports } from "../base/ports.ts";
import { deploymentStore } from "../storage/records/deployments.ts";
import type { Store } from "../storage/store.ts";
import { access } from "./api/middleware/access.ts";
import { badges } from "./api/routes/badges.ts";
import { pages } from "./api/middleware/cors.ts";
import { deliveries } from "./api/routes/deliveries.ts";
import { deployments } from "./api/routes/deployments.ts";
import { events } from "./api/routes/hooks.ts";
import { gatekeeper } from "../engine/gates/evaluate.ts";
import { gates } from "./api/routes/gates.ts";
import type { github } from "./api/routes/github.ts";
import { feed } from "./api/views/feed.ts";
import { safe } from "./api/middleware/security_headers.ts";
import { health } from "./api/routes/health.ts";
import { healthAs } from "./api/routes/target_health.ts";
import { history } from "./api/routes/history.ts";
import { incidents } from "./api/routes/incidents.ts";
import { limits } from "./api/middleware/rate_limit.ts";
import { type Look, looks } from "./api/routes/run_check.ts";
import { metrics } from "./api/routes/metrics.ts";
import { problem, shownPath } from "./api/middleware/problem.ts";
import { regions } from "./api/routes/regions.ts";
import { remarks } from "./api/routes/comments.ts";
import { reports } from "./api/routes/pushed_reports.ts";
import { rounds } from "./api/routes/rounds.ts";
import { silencedBy } from "../engine/gates/silenced.ts";
import { silences } from "./api/routes/silences.ts";
import { statesReader } from "../storage/states.ts";
import { status } from "./api/routes/status.ts";
import { statuspage } from "./api/routes/statuspage.ts";
import { stream } from "./api/routes/events.ts";
import { targets } from "./api/routes/targets.ts";
import { tokens } from "./api/routes/tokens.ts";
import { tokenUses } from "../storage/records/token_uses.ts";
import type { Prober } from "../judgement/round.ts";
import { countWrites } from "../storage/watched.ts";
import { messageOf } from "../base/error_message.ts";

/** What the API answers from. */
export interface ApiOptions {
  ports: Ports;
  config: Config;
  /** Absent in a process that is only a prober. */
  store?: Store;
  /** Absent where nothing can be walked on demand. */
  look?: Look;
  /** The prober in this process that answers others, and its token. */
  prober?: { prober: Prober; token: string };
  /** Absent where the config has no `hooks.github`. */
  github?: typeof github;
  /** What is the same for every config; absent where something in front serves it. */
  files?: Hono;
}

/** The app of a process that settles, of one that only probes, or of both. */
export function api(options: ApiOptions): Hono {
  const { ports, config, prober, look } = options;
  const heard = options.store && countWrites(options.store);
  const store = heard?.store;
  const app = new Hono();
  app.use(safe(), pages(config.api.cors), limits(ports.clock, config.api));
  app.route("/", health(ports, config, store));
  if (options.files) app.route("/", options.files);
  if (prober) app.route("/", rounds(config, prober.prober, () => ports.secrets.reveal(prober.token)));
  if (store) {
    const used = tokenUses(ports, store);
    const allowed = access(config, ports, store, used.record);
    const packing = packChecks(config);
    const states = statesReader(store, ports.clock);
    app.route("/", status(ports, config, store, states, allowed));
    app.route("/", targets(ports, config, states, allowed));
    app.route("/", regions(ports, config, states, allowed));
    if (look) app.route("/", looks(ports, config, look, allowed));
    app.route("/", healthAs(ports, config, states, allowed));
    app.route("/", incidents(config, store, allowed));
    app.route("/", remarks(ports, config, store, allowed));
    app.route("/", silences(ports, config, store, allowed));
    app.route("/", reports(ports, config, store, allowed));
    app.route("/", history(ports, config, store, packing, allowed));
    app.route("/", metrics(ports, config, store, states, allowed));
    app.route("/", statuspage(ports, config, store, states));
    app.route("/", badges(ports, config, states));
    app.route("/", stream(ports, feed(ports, config, store, states), allowed));
    app.route("/", deliveries(ports, store, allowed));
    app.route("/", tokens(config, used, allowed));
    const { clock } = ports;
    const told = deploymentStore(clock, store, config.retention.daysMs);
    const silenced = silencedBy(clock, config, store, heard.writes);
    const keeper = gatekeeper({ clock, config, packing, store, states, rollouts: told, silenced });
    app.route("/", gates(ports, config, keeper, allowed, heard.writes));
    app.route("/", deployments(clock, config, told, allowed));
    if (options.github) app.route("/", options.github({ ports, config, store, rollouts: told, keeper }));
    app.route("/", events(ports, config, told, allowed));
    const inside = (request: Request) => app.fetch(request);
    const sources = { ports, config, store, packing, rollouts: told, told: heard.writes };
    app.route("/", webPages({ ...sources, states, access: allowed, inside, walks: look !== undefined }));
  }
  app.notFound((c) => problem(c, "not-found", `No route answers ${c.req.method} ${shownPath(c)}`));
  app.onError((error, c) => {
    ports.log.error("a request failed", {
      path: shownPath(c),
      error: ports.secrets.redact(messageOf(error)),
    });
    return problem(c, "internal", "The request failed; the log of this process says why");
  });
  return app;
}
