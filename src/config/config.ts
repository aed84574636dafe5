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

/** How many votes are needed. `fraction` x means at least ceil(x * fresh votes). */
export type Rule = "majority" | "all" | "any" | { atLeast: number } | { fraction: number };

/** Rules for one tally. */
export interface Quorum {
  /** Votes needed to win a question that opens an incident. */
  open: Rule;
  /** Votes needed to win the question "is it ready?". */
  resolve: Rule;
  /** With fewer fresh votes the outcome is `pending`. */
  minReporting: number;
}

/**
 * One vantage point: this process (`local`), another deployment (`remote`), or a Cloudflare location
 * (`place`).
 */
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

/**
 * When a check runs: every `everyMs`, offset by `phaseMs` (default 0) from the epoch, or by cron expression.
 */
export type Schedule = { everyMs: number; phaseMs?: number } | { cron: CompiledCron };

/** Authentication of a step's requests. */
export interface StepAuth {
  kind: string;
  /** All steps that inherit it share one object. */
  settings: object;
  /** Inherited from the check or target: used only for the target's origin. */
  isInherited: boolean;
}

/** One step of a journey, ready to run. Its kind adds further fields. */
export interface Step {
  kind: string;
  name: string;
  expect: Expectation[];
  capture: [string, Program][];
  /** Names of its captures that must never be shown. */
  secretCaptures: string[];
  until?: { everyMs: number; withinMs: number };
  /** Condition over captures, run and now: the step is skipped if it does not hold. */
  onlyIf?: Expectation;
  /**
   * Repeats the step while `while` holds, at most `times`. `mustEnd`: fails if it still holds after the last
   * run.
   */
  repeat?: { times: number; while?: Expectation; mustEnd: boolean };
  auth?: StepAuth;
  timeoutMs: number;
  /** Display text of what it requests, with templates as written. */
  summary: string;
  requests: RequestCount;
}

/** Access to an AWS API. Keys are `${env:NAME}`. */
export interface AwsAccess {
  /** AWS region of the target group. */
  region: string;
  /** The target group to query. */
  targetGroupArn: string;
  /** A reference to the environment, as the config has it. */
  accessKeyId: string;
  /** A reference to the environment, as the config has it. */
  secretAccessKey: string;
  /** Only for temporary keys. */
  sessionToken?: string;
}

/** A report that the prober requests. `name` is unique in the check. */
export interface AskedSource {
  kind: "asked";
  name: string;
  /** Relative to the target's `url`, or absolute. */
  path: string;
  headers: [string, string][];
  dialect: string;
  timeoutMs: number;
  question?: Question;
  /** The part of the answer whose state is the claim; absent: the whole answer. */
  select?: string;
  /** The gRPC service to ask about; absent: the whole server. */
  service?: string;
  /** Sends AWS's DescribeTargetHealth, signed with these keys. */
  aws?: AwsAccess;
  /** Authentication of the request, if any. */
  auth?: StepAuth;
  /** Additional requests of its auth. */
  further?: RequestCount;
}

/**
 * A pushed report: `PUT /v1/targets/{target}/checks/{check}/reports/{name}`. Only the settler reads it, not
 * probers.
 */
export interface PushedSource {
  kind: "pushed";
  name: string;
  /** `${env:NAME}`; absent: only an API token with scope `report` may push. */
  token?: string;
  /** After this time without a push the claim is `unknown`, reason `stale`. */
  ttlMs: number;
  question: "push";
  select?: string;
}

/** A source of claims. */
export type ReportSource = AskedSource | PushedSource;

/** How to combine the claims of several sources: see the table in report/sources.ts. */
export type ClaimRule = "worst" | "all" | "any";

/** The service's own report: 1 to 10 sources, and the rule that combines them. */
export interface ReportConfig {
  sources: ReportSource[];
  rule: ClaimRule;
}

/** One check: a readiness claim and the journey that verifies it, with defaults filled in. */
export interface Check {
  /** `target/check`, unique. */
  key: string;
  id: string;
  target: Target;
  contract?: string;
  /** Excluded from its target's status and figures. */
  optional?: true;
  /** Objective: the share of good time over 30 days, below 1. */
  slo?: number;
  schedule: Schedule;
  report?: ReportConfig;
  journey: Step[];
  cleanup: Step[];
  /** Deadline of the whole journey, including polls. */
  timeoutMs: number;
  latencyBudgetMs?: number;
  quorum: Quorum;
  scope: "global" | "region";
  failureThreshold: number;
  successThreshold: number;
  startupBudgetMs: number;
  drainWindowMs: number;
  flapWindowMs: number;
  /** How many instants of a slot the probers are spread over, 1 to 3. */
  turns: number;
  /** How long after a first failure or recovery all probers repeat the check, ms; 0: never. */
  confirmMs: number;
  /** How often a round without an HTTP answer is repeated: 0 or 1. */
  retry: number;
  /** How long a prober that stopped reporting with a bad vote counts against resolving, ms. */
  releaseAfterMs: number;
  /** A certificate that ends within this time opens an advisory, ms; 0: never. */
  certificateWarningMs: number;
  /** Highest severity of its incidents; absent: critical. */
  severity?: "critical" | "warning" | "info";
  /** Captures that must agree across regions, and how long a change may take, ms. */
  converge?: Readonly<Record<string, number>>;
  /** Name of the capture with the version that answered. */
  version?: string;
  /** Key of the check of the same target that must pass before this one is judged. */
  after?: string;
  /** Whether evidence may contain an excerpt of a body. */
  evidence: { body: boolean };
  /** Evidence older than this does not count; absent: 2.5 scheduled gaps. */
  maxAgeMs?: number;
  /** SHA-256 (hex) of everything that determines how the check runs and how answers are read. */
  digest: string;
  /**
   * Requests carry a `traceparent` with a trace id derived from the run. `url` links to a trace by
   * `{traceId}`.
   */
  trace?: { url?: string };
}

/** A service under test. */
export interface Target {
  id: string;
  name: string;
  /** May hold `${env:NAME}`. */
  url: string;
  labels: Record<string, string>;
  /** Targets it depends on: their outages may cause its incidents. */
  dependsOn: readonly string[];
  /** Further origins that steps may send requests to. */
  origins: readonly string[];
  /** TLS settings for the origin of `url`; texts may hold `${env:NAME}`. */
  tls?: TlsSettings;
  checks: Check[];
}

/** A receiver of notices. */
export interface Webhook {
  id: string;
  /** Kind of its sink. */
  kind: string;
  /** Settings in the shape of the sink's schema; texts may hold `${env:NAME}`. */
  settings: unknown;
  /** Globs over event names: `incident.*`. */
  events: string[];
}

/** Appearance of the public page. */
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

/** The kind of store and its settings. */
export interface StoreConfig {
  kind: string;
  options: unknown;
}

/**
 * The URL that settled slots are reported to, and the minimum time between requests. `url` may hold
 * `${env:NAME}`.
 */
export interface Heartbeat {
  url: string;
  everyMs: number;
}

/** A valid configuration: frozen, without secrets, with defaults filled in. Durations are in ms. */
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
  /**
   * Concurrent connections of one prober: one per round, and one for each further source if there is room.
   */
  concurrency: number;
  /** Concurrent connections to one host and port of a target's URL. */
  connectionsPerHost: number;
  /** Durable Objects per place, on Cloudflare, which share its checks (see objects.ts). */
  objects: number;
  regions: Region[];
  targets: Target[];
  /** All checks of all targets, in the order of the file. */
  checks: Check[];
  webhooks: Webhook[];
  heartbeat?: Heartbeat;
  /** Which webhooks get which incidents; absent: each gets all its events. */
  routes?: Route[];
  /** Scheduled windows in which notices are held. */
  maintenance: MaintenanceWindow[];
}
