import { describe, expect, test } from "vitest";
import type { JourneyOutcome } from "../../../src/evidence/probe/observation.ts";
import { DIALECTS, read, type ReportState } from "../../../src/evidence/report/mod.ts";
import { noClaim } from "../../../src/evidence/report/read.ts";
import { judge, type Verdict } from "../../../src/judgement/verdict.ts";
import { fixtures } from "./fixtures.ts";

/** A captured answer by its name, or one in the words of the product: path, code and body. */
type Said = string | [path: string, status: number, body: unknown, headers?: Record<string, string>];

/** A claim beside what a journey found; `question` as a config would set it. */
interface State {
  state: string;
  said: Said | null;
  does: JourneyOutcome;
  claim: ReportState;
  verdict: Verdict;
  question?: string;
}

const lies = (state: string, said: Said, verdict: Verdict = "drift", question?: string): State => (
  { state, said, does: "fail", claim: "ready", verdict, question }
);
const refuses = (state: string, said: Said): State => (
  { state, said, does: "fail", claim: "not_ready", verdict: "not_ready" }
);
const works = (state: string, said: Said, question?: string): State => (
  { state, said, does: "pass", claim: "ready", verdict: "ready", question }
);

const OK = { status: "ok" };
const ALIVE = "/api/aliveness-test/%2F";
const PING: Said = ["/ping", 204, ""];
const VM: Said = ["/health", 200, "OK"];
const ETCD: Said = "etcd/etcd_ready_health.http";
const UNLEASH: Said = ["/ready", 200, { health: "GOOD" }];
const DIRECTUS: Said = ["/server/health", 200, OK, { "content-type": "application/health+json" }];
const GRID: Said = "webdriver/selenium-hub_ready_status.http";
const PROMETHEUS: Said = ["/-/ready", 200, "Prometheus Server is Ready.\n"];
const REDIS: Said = "http/webdis_ready_PING.http";
const LOCAL_ALARMS: Said = "rabbitmq/rabbitmq_memalarm_local-alarms.http";
const JUPYTER: Said = "jupyter/jupyter-server_ready_api_status.http";

/** Products that say ready while their job fails: what each answers then, and what that is. */
const LIES: State[] = [
  lies("docker-registry: storage full", "docker-registry/docker-registry_disk_full_debug_health.http"),
  lies("docker-registry: root directory gone", "docker-registry/docker-registry_ready_debug_health.http"),
  lies("docker-registry: the same, by /v2/", ["/v2/", 200, {}]),
  lies("InfluxDB: disk full, by default a liveness path", PING, "failing"),
  lies("InfluxDB: disk full, asked about readiness", PING, "drift", "readiness"),
  lies("InfluxDB: space freed, writes still refused", PING, "drift", "readiness"),
  lies("VictoriaMetrics: read-only", VM),
  lies("etcd: authentication switched on", ETCD),
  lies("RabbitMQ: permissions lost", [ALIVE, 200, OK]),
  lies("RabbitMQ: a queue that rejects", [ALIVE, 200, OK]),
  lies("RabbitMQ: memory alarm, publishing over AMQP", [ALIVE, 200, OK]),
  lies("webdis: out of memory", REDIS, "drift", "readiness"),
  lies("webdis: read-only replica", REDIS, "drift", "readiness"),
  lies("ChromeDriver: browser gone", "webdriver/chromedriver.http"),
  lies("Selenium hub: a node whose sessions fail", GRID),
  lies("Unleash: database read-only", UNLEASH),
  lies("Unleash: database stopped", UNLEASH),
  lies("Directus: database read-only", DIRECTUS),
  lies("Directus: table locked", "health+json/directus_ready_health_admin.http"),
  lies("Directus: table renamed", DIRECTUS),
  lies("Hive Gateway: a subgraph dead", ["/readiness", 200, ""]),
  lies("Prometheus: disk full", PROMETHEUS),
  lies("Prometheus: a scrape job lost", PROMETHEUS),
  lies("Alertmanager: receiver dead", ["/-/ready", 200, "OK"]),
  lies("Jupyter: kernel's python gone", JUPYTER),
  lies("Jupyter: volume full", JUPYTER),
  lies("php-fpm: workers stuck, a listener of its own", "php-fpm/php-fpm_ready_status_json.http"),
  {
    ...lies("php-fpm: workers stuck, and the listener says so", "php-fpm/all_busy.http"),
    claim: "degraded",
  },
  lies("HAProxy: backend dead, monitor-uri without a condition", "haproxy/haproxy_agent_up_monitor.http"),
  lies("nginx: backend dead, return 200", ["/healthz", 200, "ok"]),
  lies("Caddy: backend dead, respond", ["/healthz", 200, ""]),
];

const REFUSALS: State[] = [
  refuses(
    "docker-registry: the operator's switch",
    "docker-registry/docker-registry_file_down_debug_health.http",
  ),
  refuses("etcd: NOSPACE", "etcd/etcd_nospace_health.http"),
  refuses("etcd: two of three stopped", ["/health", 503, { health: "false", reason: "RAFT NO LEADER" }]),
  refuses("RabbitMQ: memory alarm, local-alarms, publishing over AMQP", LOCAL_ALARMS),
  { ...refuses("webdis: redis stopped", "http/webdis_redis_dead_PING.http"), question: "readiness" },
  refuses("Selenium hub: no nodes", "webdriver/selenium-hub_no_nodes_status.http"),
  refuses("Directus: storage gone", "health+json/directus_storage_gone_health.http"),
  {
    state: "php-fpm: workers stuck, /fpm-ping hangs",
    said: null,
    does: "fail",
    claim: "unreachable",
    verdict: "down",
  },
  refuses("HAProxy: no server, monitor fail", "http/haproxy_agent_up_40__monitor.http"),
];

const HEALTHY: State[] = [
  works("docker-registry", "docker-registry/docker-registry_ready_debug_health.http"),
  works("Selenium hub with a node", GRID),
  works("Directus", "health+json/directus_ready_health_admin.http"),
  works("Jupyter", JUPYTER),
  works("php-fpm", "php-fpm/php-fpm_ready_status_json.http"),
  works("webdis", REDIS, "readiness"),
  works("InfluxDB, a liveness path", PING),
];

/** What no endpoint but `local-alarms` says, and the management API does not feel. */
const RABBITMQ: State[] = [
  works("aliveness test, journey over the management API: stays green", [ALIVE, 200, OK]),
  {
    state: "local-alarms, journey over the management API",
    said: LOCAL_ALARMS,
    does: "pass",
    claim: "not_ready",
    verdict: "underclaim",
  },
  refuses("local-alarms, journey over AMQP", LOCAL_ALARMS),
];

/** Products that were not at hand: in the words of their documentation or source. */
const DOCUMENTED: State[] = [
  refuses("Elasticsearch: a primary shard is missing", "elasticsearch/red.http"),
  refuses("GitLab: database gone", "gitlab/database_gone.http"),
  refuses("Grafana: its database fails", "grafana/failing.http"),
  refuses("Keycloak: database down", "microprofile/keycloak_database_down.http"),
  refuses("Kong: no configuration", "kong/no_configuration.http"),
  refuses("MinIO: not initialised, under 200", "http/minio_initialising.http"),
  refuses("MinIO: no write quorum", "http/minio_no_quorum.http"),
  refuses("Traefik: no server of a service is up", "traefik/all_servers_down.http"),
  lies("Elasticsearch: green, indexing refused", "elasticsearch/green.http"),
  lies("GitLab: all checks are ok, pushing refused", "gitlab/ok.http"),
  lies("GitLab: /-/health asks nothing", "gitlab/health.http", "failing"),
  lies("Grafana: a data source is gone", "grafana/ok.http"),
  lies("Keycloak: no token to be had", "microprofile/keycloak_up.http"),
  lies("Kong: ready, a route fails", "kong/ready.http"),
  lies("MinIO: ready, putting refused", "http/minio_ready.http"),
  lies("Traefik: servers up, the request fails", "traefik/service_up.http"),
  lies("Traefik: /ping", "http/traefik_ping.http", "failing"),
  {
    state: "Kong: database gone, routes still served",
    said: "kong/database_gone.http",
    does: "pass",
    claim: "degraded",
    verdict: "ready",
  },
  {
    state: "Elasticsearch: replicas missing",
    said: "elasticsearch/yellow.http",
    does: "pass",
    claim: "degraded",
    verdict: "ready",
  },
];

const CAPTURED = new Map(fixtures().map(({ name, answer }) => [name, answer]));

function answerOf(said: Said) {
  if (typeof said === "string") return CAPTURED.get(said)!;
  const [path, status, body, headers = {}] = said;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { url: new URL(path, "http://svc.example"), status, headers: new Headers(headers), text };
}

const HANGS = { state: "unreachable", reason: "timeout: no answer in 10 s" } as const;

function reportOf({ said, question }: State) {
  const options = { dialect: "auto", question };
  if (said === null) return noClaim(new URL("http://svc.example/fpm-ping"), options, HANGS);
  return read(answerOf(said), options, DIALECTS);
}

const WINDOWS = { startupBudgetMs: 0, drainWindowMs: 0, schedule: { everyMs: 60_000 } };

function verdictOf(state: State): Verdict {
  const report = reportOf(state);
  const evidence = { kind: "turn" as const, at: 0, before: report, after: report, outcome: state.does };
  return judge(evidence, { everReady: true }, WINDOWS).verdict.word;
}

describe.each([
  ["a lie", LIES],
  ["an honest refusal", REFUSALS],
  ["health", HEALTHY],
  ["RabbitMQ under a memory alarm", RABBITMQ],
  ["a product by its documentation", DOCUMENTED],
])("%s", (_, states) => {
  test.each(states)("$state: says $claim, is $verdict", (state) => {
    expect(reportOf(state).state).toBe(state.claim);
    expect(verdictOf(state)).toBe(state.verdict);
  });
});

test("no lie is green, and no refusal is an accusation", () => {
  const lies = [...LIES, ...DOCUMENTED.filter(({ does }) => does === "fail")];
  expect(lies.map(verdictOf).filter((verdict) => verdict === "ready" || verdict === "degraded")).toEqual([]);
  expect(
    [...REFUSALS, ...DOCUMENTED].filter(({ claim }) => claim === "not_ready").map(verdictOf).filter((
      verdict,
    ) => verdict === "drift"),
  ).toEqual([]);
  expect(LIES.length).toBeGreaterThanOrEqual(27);
});

const BY_CODE = "claimed by status code alone: report.dialect makes it exact";
const LIVENESS = "liveness only: no claim until report.question is readiness";

test.each<[string, Said, string | undefined, string | undefined]>([
  ["the code alone", ["/v2/", 200, {}], undefined, BY_CODE],
  ["a liveness path", PING, undefined, LIVENESS],
  ["a liveness path that is configured as one", PING, "liveness", BY_CODE],
  ["a word", ["/health", 200, "OK"], undefined, undefined],
])("what a claim by %s lacks is said, with its key", (_, said, question, reason) => {
  expect(read(answerOf(said), { dialect: "auto", question }, DIALECTS).reason).toBe(reason);
});
