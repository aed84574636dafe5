import type { MaintenanceWindow } from "./maintenance_window.ts";
import type { Route } from "./routes.ts";
import type { TlsSettings } from "../base/ports.ts";
import type { Question } from "./question.ts";
import type { ApiConfig } from "./api.ts";
import type { ListenAddress } from "./listen.ts";
import type { HooksConfig } from "./hooks.ts";
import type { LANGUAGES } from "./schema/page.ts";
import type { CompiledCron, RequestCount } from "./kinds.ts";
import type { Expectation, Program } from "./expression/mod.ts";

/** How many votes win. `fraction` x is at least ceil(x * fresh votes). */
export type Rule = "majority" | "all" | "any" | { atLeast: number } | { fraction: number };

/** Rules for one tally. `minReporting` fresh votes are needed for any outcome but `pending`. */
export interface Quorum {
  /** Wins a question that opens an incident. */
  open: Rule;
  /** Wins the question "is it ready?". */
  resolve: Rule;
  /** With fewer fresh votes there is no outcome. */
  minReporting: number;
}

/** One vantage point: this process (`local`), another deployment (`remote`), or a Cloudflare location (`place`). */
export type ProberConfig =
  & { id: string; region: string }
  & ({ kind: "local" } | { kind: "remote"; url: string; token: string } | {
    kind: "place";
    place: string;
    generation: number;
  });

/** A named group of probers. */
export interface Region {
  id: string;
  quorum: Quorum;
  probers: ProberConfig[];
}

/** When a check runs: every `everyMs`, `phaseMs` (0 where absent) after the epoch, or by cron expression. */
export type Schedule = { everyMs: number; phaseMs?: number } | { cron: CompiledCron };

/** How requests of a step are let in. */
export interface StepAuth {
  kind: string;
  /** The same object for all steps that have it from their check or target. */
  settings: object;
  /** It is the check's or target's: for the target's origin alone. */
  isInherited: boolean;
}

/** One step of a journey, ready to walk. What its kind adds stands beside. */
export interface Step {
  kind: string;
  name: string;
  expect: Expectation[];
  capture: [string, Program][];
  /** Those of its captures that nothing may show. */
  secretCaptures: string[];
  until?: { everyMs: number; withinMs: number };
  /** Over captures, run and now: left out where it does not hold. */
  onlyIf?: Expectation;
  /** Taken so often, or only while this holds; `mustEnd`: it fails where that still holds after the last time. */
  repeat?: { times: number; while?: Expectation; mustEnd: boolean };
  auth?: StepAuth;
  timeoutMs: number;
  /** For humans: what it asks, with templates as they were written. */
  summary: string;
  requests: RequestCount;
}

/** The keys of an AWS API, each a `${env:NAME}`. */
export interface AwsAccess {
  /** AWS region of the target group. */
  region: string;
  /** Whose targets are listed. */
  targetGroupArn: string;
  /** A reference to the environment. */
  accessKeyId: string;
  /** A reference to the environment. */
  secretAccessKey: string;
  /** A reference to the environment, for temporary keys. */
  sessionToken?: string;
}

/** A claim that the prober asks for. `name` is unique in the check. */
export interface AskedSource {
  kind: "asked";
  name: string;
  /** Relative to the target's `url`, or absolute. */
  path: string;
  headers: [string, string][];
  dialect: string;
  timeoutMs: number;
  question?: Question;
  /** The part of the answer whose state is the claim; absent: the whole. */
  select?: string;
  /** The gRPC service that is asked about; absent: the whole server. */
  service?: string;
  /** The request is AWS's DescribeTargetHealth, signed with these. */
  aws?: AwsAccess;
  /** How it is authorized; absent: not at all. */
  auth?: StepAuth;
  /** Requests on top of its own that its auth takes. */
  further?: RequestCount;
}

/** A claim that is sent in: `PUT /v1/targets/{target}/checks/{check}/reports/{name}`. No prober knows it; `settle` does. */
export interface PushedSource {
  kind: "pushed";
  name: string;
  /** `${env:NAME}`; absent: only a token of the API with that scope may push. */
  token?: string;
  /** Without a push for this long the claim is `unknown`, reason `stale`. */
  ttlMs: number;
  question: "push";
  select?: string;
}

/** Where one claim comes from. */
export type ReportSource = AskedSource | PushedSource;

/** How the claims of several sources become one: see the table in report/sources.ts. */
export type ClaimRule = "worst" | "all" | "any";

/** The service's own report: 1 to 10 sources, and how they become one claim. */
export interface ReportConfig {
  sources: ReportSource[];
  rule: ClaimRule;
}

/** One readiness claim and the proof of it, with every default filled in. */
export interface Check {
  /** `target/check`, unique. */
  key: string;
  id: string;
  target: Target;
  contract?: string;
  /** It counts neither for the status of its target nor for its figures. */
  optional?: true;
  /** The share of good time that is its objective over 30 days, below 1. */
  slo?: number;
  schedule: Schedule;
  report?: ReportConfig;
  journey: Step[];
  cleanup: Step[];
  /** Whole journey, polls included. */
  timeoutMs: number;
  latencyBudgetMs?: number;
  quorum: Quorum;
  scope: "global" | "region";
  failureThreshold: number;
  successThreshold: number;
  startupBudgetMs: number;
  drainWindowMs: number;
  flapWindowMs: number;
  /** Instants of a slot at which probers walk by turns, 1 to 3. */
  turns: number;
  /** How long after a first failure or a first recovery all probers walk once more, ms; 0: never. */
  confirmMs: number;
  /** How often a round without an HTTP answer is walked again: 0 or 1. */
  retry: number;
  /** For so long a prober that fell silent with a bad vote counts against resolving, ms. */
  releaseAfterMs: number;
  /** A certificate that ends within it opens an advisory, ms; 0: never. */
  certificateWarningMs: number;
  /** The most that its incidents can be; absent: critical. */
  severity?: "critical" | "warning" | "info";
  /** Captures whose values must agree across regions, and how long a change may take, ms. */
  converge?: Readonly<Record<string, number>>;
  /** The capture that is the version which answered. */
  version?: string;
  /** The key of the check of the same target that must hold before this one is judged. */
  after?: string;
  /** Whether evidence may hold of an answer's body. */
  evidence: { body: boolean };
  /** Evidence older than this is none; absent: 2.5 scheduled gaps. */
  maxAgeMs?: number;
  /** SHA-256 (hex) of everything that decides how the check is walked and read. */
  digest: string;
  /** Its requests carry a `traceparent` whose trace id follows from the run; `url` is where `{traceId}` is looked at. */
  trace?: { url?: string };
}

/** A service under test. */
export interface Target {
  id: string;
  name: string;
  /** May hold `${env:NAME}`. */
  url: string;
  labels: Record<string, string>;
  /** Targets without which it does not work: their outages are causes of its own. */
  dependsOn: readonly string[];
  /** Origins that steps may be led to, beside that of `url`. */
  origins: readonly string[];
  /** For all requests to the origin of `url`; texts may hold `${env:NAME}`. */
  tls?: TlsSettings;
  checks: Check[];
}

/** A receiver of notices. */
export interface Webhook {
  id: string;
  /** The sink that it goes to. */
  kind: string;
  /** As its sink's schema has them; a text may hold `${env:NAME}`. */
  settings: unknown;
  /** Globs over event names: `incident.*`. */
  events: string[];
}

/** How the public page looks. */
export interface PageSettings {
  name: string;
  intro?: string;
  /** A data URL. */
  logo?: string;
  links: { text: string; url: string }[];
  /** `#rrggbb`. */
  colour?: string;
  language: (typeof LANGUAGES)[number];
  /** The name of a label. */
  groupBy?: string;
}

/** Which kind of store, and its settings. */
export interface StoreConfig {
  kind: string;
  options: unknown;
}

/** Where settled slots are reported to, and at most how often; `url` may hold `${env:NAME}`. */
export interface Heartbeat {
  url: string;
  everyMs: number;
}

/** A valid configuration: frozen, free of secrets, every default filled in. Durations are in ms. */
export interface Config {
  publicUrl?: string;
  listen: ListenAddress;
  store: StoreConfig;
  retention: { rawMs: number; hoursMs: number; daysMs: number; incidentsMs: number };
  api: ApiConfig;
  page: PageSettings;
  hooks: HooksConfig;
  controls: string[];
  allowPrivate: boolean;
  /** Connections of one prober at once: one a round, and one more for each further source while there is room. */
  concurrency: number;
  /** Of these to the host and port of one target's URL. */
  connectionsPerHost: number;
  /** Objects of each place, on Cloudflare, among which its checks are dealt (see objects.ts). */
  objects: number;
  regions: Region[];
  targets: Target[];
  /** All checks of all targets, in the order of the file. */
  checks: Check[];
  webhooks: Webhook[];
  heartbeat?: Heartbeat;
  /** Which sinks get which incidents; absent: each webhook gets all of its events. */
  routes?: Route[];
  /** Times in which notices are held, known beforehand. */
  maintenance: MaintenanceWindow[];
}
