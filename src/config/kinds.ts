/** What config is handed of all that grows. It knows the shape of a kind, and none by name. */
import type * as z from "../base/zod.ts";
import type { AnswerShape } from "./compile.ts";
import type { ExpressionFunction, Patterns } from "./expression/mod.ts";
import type { Finding } from "./problem.ts";
import type { StepContext } from "./step_context.ts";
import type { Runtime } from "./runtime.ts";
import type { TlsFaultOf } from "./tls.ts";
import type { zoneFault } from "./zone_fault.ts";

/** What fields of the grammar are made of. Handed down, so that a bundle that holds no grammar holds none of it. */
export type GrammarFields = typeof import("./schema/fields.ts");

/** A kind of store, sink or step, as far as a config names it. */
export interface ConfigKind {
  /** The key under which it stands in a config. */
  readonly kind: string;
  /** The grammar of what stands there; shapes only. */
  schema(fields: GrammarFields): z.ZodMiniType;
}

/** A kind of store, as far as a config chooses it. */
export interface ConfigStoreKind extends ConfigKind {
  /** The environment variables that say where it is and open it. A store that has none belongs to one runtime alone. */
  readonly variables?: readonly string[];
  /** Its settings where neither the config nor the environment names a store; one kind of a table has them. */
  readonly fallback?: unknown;
  /** Turns of a slot where a config names none, if its commits cost too much for three. */
  readonly turns?: number;
}

/** What a webhook takes if neither it nor its kind says. */
export const ANY_EVENT: readonly string[] = ["incident.*"];

/** A kind of sink. Its fields stand in a webhook, beside `id`, `kind` and `events`. */
export interface ConfigSinkKind extends ConfigKind {
  schema(fields: GrammarFields): z.ZodMiniObject;
  /** Fields in which, and below which, `${env:NAME}` is replaced. */
  readonly secrets: readonly string[];
  /** Fields that hold the URL of the receiver. */
  readonly addresses: readonly string[];
  /** Whether a webhook without `kind` is of this one. */
  readonly isDefault?: boolean;
  /** The only runtime that can tell it; absent: each can. */
  readonly runtime?: Runtime;
  /** Globs over the events that are sent where a config names none. Default: every change of an incident. */
  readonly events?: readonly string[];
  /** What is wrong with settings of the right shape, at paths below the webhook. Some of a faulty draft may be missing. */
  validate?(settings: Record<string, unknown>): Finding[];
}

/** Requests that one attempt at a step sends: as a rule, and at most. */
export interface RequestCount {
  usual: number;
  most: number;
}

/** A kind of step, as far as a config writes it. `Fields` is what it adds to a step, defaults filled in. */
export interface ConfigStepKind<Fields extends object = object>
  extends Pick<ConfigKind, "kind">, AnswerShape {
  /** Its own keys, beside those of every step; one is the kind's name. Absent where no config is held against the grammar. */
  schema?(fields: GrammarFields): z.ZodMiniObject;
  /** Whether a step that has the name of no kind is of this one, which needs no key. */
  readonly isDefault?: boolean;
  /** Its requests are HTTP, and so can be let in by `auth`. */
  readonly isHttp?: boolean;
  /** Where below a step `${env:NAME}` is replaced: keys joined by slashes. */
  readonly references: RegExp;
  /** What a runtime lacks that such a step needs, in words. Absent: every runtime can take it. */
  lacking?(fields: Fields, runtime: Runtime): string | undefined;
  /** Loads what `read` holds a config against that is being written. Called where the kind is named. */
  prepare?(): Promise<void>;
  /** `draft` is the step as far as it has the right shape; what is wrong beyond that is noted. */
  read(draft: object, context: StepContext): Fields;
  /** For humans: what it asks, with templates as they were written. */
  summarize(fields: Fields): string;
  requests(fields: Fields): RequestCount;
}

/** A way to be let in by a target. `Settings` is what a step carries of it, templates compiled. */
export interface ConfigAuthKind<Settings extends object = object> extends ConfigKind {
  /** Requests on top of each that it is for. */
  readonly requests?: RequestCount;
  /** `draft` is what stands under the kind's name, as far as it has the right shape; `context.path` leads there. */
  read(draft: unknown, context: StepContext): Settings;
}

/** Five cron fields that match at some time; instants are epoch ms. */
export interface CompiledCron {
  /** The five fields. */
  source: string;
  /** The IANA name of the zone they are read in; absent: UTC. */
  zone?: string;
  /** Whether it runs in this minute. */
  matches(atMs: number): boolean;
  /** The next runs after an instant, in order. */
  next(count: number, afterMs: number): number[];
  /** The last runs before an instant, newest first. */
  previous(count: number, beforeMs: number): number[];
}

/** The tables of kinds that a config is held against. */
export interface Kinds {
  /** The report dialects, without `auto`. */
  readonly dialects: readonly { readonly name: string }[];
  readonly stores: readonly ConfigStoreKind[];
  readonly sinks: readonly ConfigSinkKind[];
  readonly steps: readonly ConfigStepKind[];
  readonly auths?: readonly ConfigAuthKind[];
  /** Throws with the reason if these are no cron fields, or that is no zone. A Worker whose config names no cron has none. */
  readonly compileCron?: (fields: string, zone?: string) => CompiledCron;
  /** Beside it: what is wrong with a zone. */
  readonly zoneFault?: typeof zoneFault;
  /** Reads certificates and keys as the runtime will. Without it only the shape of their text is looked at. */
  readonly tlsFault?: TlsFaultOf;
  /** What expressions may call beside CEL's own functions. A Worker whose config calls none is without. */
  readonly functions?: readonly ExpressionFunction[];
  /** The engine behind `matches` for a config that has a pattern. A Worker whose config has none is without. */
  readonly patternsFor?: (config: unknown) => Promise<Patterns | undefined>;
}
