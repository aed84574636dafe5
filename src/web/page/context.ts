/** What the page routes share: their options, cached reads, and pages that show how old they are. */
import type { Context } from "hono";
import type { Hono } from "../hono.ts";
import type { Access } from "../api/middleware/access.ts";
import type { Principal } from "../api/middleware/principals.ts";
import { type Outage, outages } from "../api/views/outages.ts";
import { type SinkView, sinkViews } from "../api/views/sinks.ts";
import { memoize } from "../../base/cache.ts";
import type { Check } from "../../config/config.ts";
import type { States } from "../../storage/codec.ts";
import type { ThresholdHint } from "../../storage/history/threshold_hint.ts";
import type { StatesReader } from "../../storage/states.ts";
import type { AcknowledgeOptions } from "./acknowledge.tsx";
import type { ActionOptions } from "./actions.ts";
import { type PageOptions, renderPage, type Site } from "./layout.tsx";
import { type PageLoader, pageLoader } from "./loader.ts";
import type { Sources } from "./sources.ts";
import { en, type PublicTexts } from "./texts/en.ts";
import { warning } from "./warning.ts";

/** Dependencies of the pages. */
export interface PagesOptions extends Sources, Pick<ActionOptions, "callApi"> {
  /** Computes when a different failureThreshold would have opened an incident. */
  thresholdHint?: ThresholdHint;
  /** Why the config on disk is not the running one. */
  configFault?: () => string | undefined;
  states: StatesReader;
  access: Access;
  /** From acknowledge.tsx; absent if notifications contain no links. */
  acknowledge?: (options: AcknowledgeOptions) => Hono;
  /** Languages of the public page other than English. */
  translations?: readonly PublicTexts[];
  /** Whether checks can be run on demand. */
  canRunChecks: boolean;
}

/** The options, and what is derived from them once. */
export interface PageContext extends PagesOptions {
  loader: PageLoader;
  /** Names of targets by id. */
  names: Map<string, string>;
  site: Site;
  /** Recent public outages. */
  readOutages(): Promise<Outage[]>;
  readSinks(): Promise<SinkView[]>;
}

/** Number of incidents that the list of recent outages is made of. */
const RECENT_INCIDENTS = 50;

/** The context of one app. */
export function pageContext(options: PagesOptions): PageContext {
  const { ports: { clock }, config, store, translations } = options;
  const loader = pageLoader(options);
  const readNewest = memoize(clock, () => store.listIncidents({ limit: RECENT_INCIDENTS }));
  const texts = translations?.find(({ kind }) => kind === config.page.language) ?? en;
  return {
    ...options,
    loader,
    names: new Map(config.targets.map(({ id, name }) => [id, name])),
    site: { ...config.page, texts },
    readOutages: async () => outages(config, (await readNewest()).items, await loader.comments()),
    readSinks: memoize(clock, () => sinkViews(config, store, clock.now())),
  };
}

/** The principal of a request, if it may read. */
export async function readerOf(
  { access }: Pick<PageContext, "access">,
  c: Context,
): Promise<Principal | undefined> {
  const who = await access.principal(c);
  return who?.scopes.has("read") ? who : undefined;
}

/** Redirects to the sign-in page, which comes back to `path`. */
export const toLogin = (c: Context, path: string) =>
  c.redirect(`/login?next=${encodeURIComponent(path)}`, 303);

/** A page on current data. */
export interface LivePage extends Omit<PageOptions, "freshness" | "banner"> {
  states: States;
  /** The checks to warn about; empty on the public page. */
  checks: readonly Check[];
  /** Warnings about sinks. */
  sinkWarnings?: readonly string[];
}

/** Renders a page that shows how old its data is and warns about stale data. */
export function livePage(
  { config, configFault, loader, ports: { clock } }: PageContext,
  c: Context,
  { states, checks, sinkWarnings = [], ...page }: LivePage,
) {
  const freshness = loader.freshness(states, clock.now());
  const fault = checks.length > 0 ? configFault?.() : undefined;
  const stale = warning(config, checks, states, { ...freshness, texts: page.site?.texts });
  const warnings = [fault && `${fault}.`, stale, ...sinkWarnings].filter(Boolean);
  return renderPage(c, { ...page, freshness, banner: warnings.join(" ") || undefined });
}
