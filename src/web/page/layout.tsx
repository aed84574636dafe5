/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** What every page shares: the document around it, its policy, and how times and names are written. */
import type { Context } from "hono";
import type { Child } from "hono/jsx";
import { raw } from "hono/html";
import type { Principal } from "../api/middleware/access.ts";
import { iso } from "../../base/time.ts";
import type { PageSettings } from "../../config/config.ts";
import { en, type PublicTexts } from "./texts/en.ts";
import { SCRIPT_PATH, STYLE_PATH } from "./assets.ts";
import { ellipsize } from "../../base/text.ts";

/** Nothing runs, loads or is sent anywhere but from and to ourselves (Content Security Policy Level 3). */
const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

/** Where the colours of the public page are, and its feed. */
export const THEME_PATH = "/status.css";
export const FEED_PATH = "/status.atom";

/** One page. */
export interface PageOptions {
  title: string;
  /** Absent: the public's page. */
  who?: Principal;
  main: Child;
  /** What to warn of, above everything. */
  banner?: Child;
  status?: 200 | 400 | 401 | 403 | 404 | 409 | 422;
  freshness?: Freshness;
  /** How it reads where it is shared (ogp.me). */
  summary?: string;
  /** Which link of the head this page is. */
  at?: string;
  /** The tab's icon, as a data URL. */
  icon?: string;
  /** The public's page: whose it is, and in which language. */
  site?: Site;
}

/** The public page's settings, and its words. */
export interface Site extends PageSettings {
  texts: PublicTexts;
}

/** How old what is shown is, for the script to notice when it gets older. */
export interface Freshness {
  nowMs: number;
  /** The newest settled slot, epoch ms. */
  slot?: number;
  /** Nothing settled for longer than this (ms) is too long. */
  lateMs: number;
}

/** Answers with a page. */
export function renderPage(c: Context, options: PageOptions): Response | Promise<Response> {
  c.header("content-security-policy", POLICY);
  return c.html(raw(`<!doctype html>${<Document {...options} />}`), options.status ?? 200);
}

const LINKS = [["/", "Overview"], ["/incidents", "Incidents"], ["/status", "Public"]] as const;

function Document({ title, who, main, banner, freshness, summary, at, icon, site }: PageOptions) {
  const texts = site?.texts ?? en;
  return (
    <html lang={site?.language ?? "en"}>
      <head>
        <meta charset="utf-8" />
        <title>{title} · {site?.name ?? "Assay"}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta property="og:site_name" content={site?.name ?? "Assay"} />
        <meta property="og:type" content="website" />
        <meta property="og:title" content={title} />
        {summary && <meta property="og:description" content={summary} />}
        {summary && <meta name="description" content={summary} />}
        <link rel="icon" href={icon ?? "data:,"} />
        <link rel="stylesheet" href={STYLE_PATH} />
        {site?.colour && <link rel="stylesheet" href={THEME_PATH} />}
        {site && <link rel="alternate" type="application/atom+xml" href={FEED_PATH} title={site.name} />}
        <script src={SCRIPT_PATH} defer />
      </head>
      <body
        data-slot={freshness?.slot}
        data-age={freshness?.slot === undefined ? undefined : Math.max(0, freshness.nowMs - freshness.slot)}
        data-late={freshness?.lateMs}
        data-texts={freshness && JSON.stringify(texts.live)}
      >
        <a class="skip" href="#main">{texts.skip}</a>
        <header>
          <a class="brand" href={who ? "/" : "/status"}>
            {site?.logo && <img src={site.logo} alt="" height="24" />}
            {site?.name ?? "Assay"}
          </a>
          <nav aria-label="Pages">
            {who
              ? LINKS.map(([path, name]) => (
                <a href={path} aria-current={path === at ? "page" : undefined}>{name}</a>
              ))
              : site?.links.map(({ text, url }) => <a href={url} rel="noopener">{text}</a>)}
          </nav>
          {who ? <Account id={who.id} zone={texts.timeZone} /> : <a href="/login">{texts.signIn}</a>}
        </header>
        <p id="lost" class="banner" role="alert" hidden />
        <div id="banner" data-live>{banner && <p class="banner" role="alert">{banner}</p>}</div>
        <main id="main" tabindex={-1}>{main}</main>
        <footer>
          {freshness && (
            <>
              <p id="asof" data-live>
                {texts.asOf} <Time at={freshness.nowMs} />.
              </p>
              <p>
                {texts.timesAreIn} <span id="zoned">UTC</span>.{" "}
                <noscript>
                  {texts.noScript} <a href="">{texts.reload}</a>.
                </noscript>
              </p>
            </>
          )}
          {!who && <Zone label={texts.timeZone} />}
          {who?.scopes.has("admin") && <Everywhere />}
        </footer>
      </body>
    </html>
  );
}

const Zone = ({ label }: { label: string }) => (
  <label class="zone" hidden>
    {label} <select id="zone" />
  </label>
);

const Account = ({ id, zone }: { id: string; zone: string }) => (
  <details class="account">
    <summary aria-label={`Account ${id}`}>
      <span>{id}</span>
    </summary>
    <div>
      <Zone label={zone} />
      <form method="post" action="/logout">
        <button type="submit">Sign out {id}</button>
      </form>
    </div>
  </details>
);

/** Away from the other button, because it ends more than one's own session. */
const Everywhere = () => (
  <form method="post" action="/logout">
    <button type="submit" name="everywhere" value="yes" aria-describedby="everywhere">
      Sign out everywhere
    </button>{" "}
    <small id="everywhere">ends the sessions of everybody, yours too</small>
  </form>
);

/** An instant (epoch ms), in UTC until the script knows better. `short`: without the day; `minute`: without seconds. */
export function Time({ at, short, minute }: { at: number | string; short?: boolean; minute?: boolean }) {
  const text = iso(typeof at === "string" ? Date.parse(at) : at);
  const shown = text.replace("T", " ").slice(short ? 11 : 0, short || minute ? 16 : 19);
  const form = short ? "short" : minute ? "minute" : undefined;
  return <time datetime={text.replace(".000", "")} class={form}>{shown}</time>;
}

/** How long ago an instant was; without the script since when. */
export function Ago({ at }: { at: string }) {
  return <time datetime={at.replace(".000", "")} class="ago">{`since ${at.slice(11, 16)}`}</time>;
}

/** A name that somebody else wrote: its direction ends with it, and it is cut to length. */
export const Name = ({ children, most }: { children: string; most?: number }) => (
  <bdi>{ellipsize(children, most)}</bdi>
);
