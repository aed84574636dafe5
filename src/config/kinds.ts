/**
 * The kinds (stores, sinks, steps, auths) that config receives. It depends on their shape, never on one by
 * name.
 */
import type * as z from "../base/zod.ts";
import type { AnswerShape } from "./compiler.ts";
import type { ExpressionFunction, Language, Patterns } from "./expression/mod.ts";
import type { Finding } from "./problem.ts";
import type { StepContext } from "./step_context.ts";
import type { Runtime } from "./runtime.ts";
import type { TlsFaultOf } from "./tls.ts";
import type { zoneFault } from "./zone_fault.ts";

/** The building blocks of the grammar. Passed in, so that bundles without the grammar do not include them. */
export type GrammarFields = typeof import("./schema/fields.ts");

/** The config part of a kind of store, sink or auth. */
export interface ConfigKind {
  /** Its name in a config. */
  readonly kind: string;
  /** The grammar of its settings; checks only shapes. */
  schema(fields: GrammarFields): z.ZodMiniType;
}

/** The config part of a kind of store. */
export interface ConfigStoreKind extends ConfigKind {
  /**
   * Environment variables with its address and credentials. A store without any is not used on Cloudflare.
   */
  readonly variables?: readonly string[];
  /** Settings if neither config nor environment names a store. Only one kind has them. */
  readonly fallback?: unknown;
  /** Default turns per slot, if commits are too expensive for three. */
  readonly turns?: number;
}

/** Default events of a webhook whose kind has no default. */
export const ANY_EVENT: readonly string[] = ["incident.*"];

/** The config part of a kind of sink: the fields of a webhook besides `id`, `kind` and `events`. */
export interface ConfigSinkKind extends ConfigKind {
  schema(fields: GrammarFields): z.ZodMiniObject;
  /** Fields in which, and below which, `${env:NAME}` is replaced. */
  readonly secrets: readonly string[];
  /** Fields with URLs of the receiver. */
  readonly addresses: readonly string[];
  /** Whether it is the kind of webhooks without `kind`. */
  readonly isDefault?: boolean;
  /** The only runtime that supports it; absent: all do. */
  readonly runtime?: Runtime;
  /** Default globs over events. Default: every change of an incident. */
  readonly events?: readonly string[];
  /**
   * Faults in settings of the right shape, at paths below the webhook. Fields of a faulty draft may be
   * missing.
   */
  validate?(settings: Record<string, unknown>): Finding[];
}

/** Requests of one attempt at a step: usually, and at most. */
export interface RequestCount {
  usual: number;
  most: number;
}

/** The config part of a kind of step. `Fields` are the fields it adds to a step, with defaults filled in. */
export interface ConfigStepKind<Fields extends object = object>
  extends Pick<ConfigKind, "kind">, AnswerShape {
  /** Its own keys, one of which is the kind's name. Absent in bundles without the grammar. */
  schema?(fields: GrammarFields): z.ZodMiniObject;
  /** Whether it is the kind of steps without a kind's name among their keys. */
  readonly isDefault?: boolean;
  /** Whether it sends HTTP requests, which `auth` applies to. */
  readonly isHttp?: boolean;
  /** Paths below a step where `${env:NAME}` is replaced: keys joined by slashes. */
  readonly references: RegExp;
  /** What the runtime lacks for such a step, if anything. Absent: every runtime supports it. */
  lacking?(fields: Fields, runtime: Runtime): string | undefined;
  /** Loads what `read` needs to validate a new config. Called if the config names the kind. */
  prepare?(): Promise<void>;
  /** Reads the parts of a step with the right shape, and reports further faults. */
  read(draft: object, context: StepContext): Fields;
  /** Display text of what it requests, with templates as written. */
  summarize(fields: Fields): string;
  requests(fields: Fields): RequestCount;
}

/** A kind of authentication. `Settings` are those of a step, with compiled templates. */
export interface ConfigAuthKind<Settings extends object = object> extends ConfigKind {
  /** Additional requests per authenticated request. */
  readonly requests?: RequestCount;
  /** Reads the parts of the settings with the right shape. `context.path` is their path. */
  read(draft: unknown, context: StepContext): Settings;
}

/** Five compiled cron fields, which match at some time; instants are epoch ms. */
export interface CompiledCron {
  /** The five fields. */
  source: string;
  /** Their IANA time zone; absent: UTC. */
  zone?: string;
  /** Whether it runs in this minute. */
  matches(atMs: number): boolean;
  /** The next runs after an instant, in order. */
  next(count: number, afterMs: number): number[];
  /** The last runs before an instant, newest first. */
  previous(count: number, beforeMs: number): number[];
}

/** The tables of kinds that a config may use. */
export interface Kinds {
  /** The report dialects, without `auto`. */
  readonly dialects: readonly { readonly name: string }[];
  readonly stores: readonly ConfigStoreKind[];
  readonly sinks: readonly ConfigSinkKind[];
  readonly steps: readonly ConfigStepKind[];
  readonly auths?: readonly ConfigAuthKind[];
  /** Throws with the reason if fields or zone are invalid. Absent in Workers whose config uses no cron. */
  readonly compileCron?: (fields: string, zone?: string) => CompiledCron;
  /** Checks a zone; present with `compileCron`. */
  readonly zoneFault?: typeof zoneFault;
  /** Parses certificates and keys as the runtime does. Without it only the shape of their text is checked. */
  readonly tlsFault?: TlsFaultOf;
  /** Functions in addition to CEL's own. Absent in Workers whose config calls none. */
  readonly functions?: readonly ExpressionFunction[];
  /** CEL's operators and functions. Absent in Workers whose config is evaluated without them. */
  readonly libraryOf?: Language["libraryOf"];
  /** The engine of `matches`, if the config has a pattern. Absent in Workers whose config has none. */
  readonly patternsFor?: (config: unknown) => Promise<Patterns | undefined>;
}
