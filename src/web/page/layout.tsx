/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** What every page shares: the HTML document, its security policy, and the format of times and names. */
import type { Context } from "hono";
import type { Child } from "hono/jsx";
import { raw } from "hono/html";
import type { Principal } from "../api/middleware/principals.ts";
import { iso } from "../../base/time.ts";
import type { PageSettings } from "../../config/config.ts";
import { en, type PublicTexts } from "./texts/en.ts";
import { SCRIPT_PATH, STYLE_PATH } from "./assets.ts";
import { ellipsize } from "../../base/text.ts";

/** Content Security Policy Level 3: nothing runs, loads or is sent except from and to this site. */
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

/** Paths of the public page's colours and feed. */
export const THEME_PATH = "/status.css";
export const FEED_PATH = "/status.atom";

/** Content of one page. */
export interface PageOptions {
  title: string;
  /** The reader; absent on the public page. */
  who?: Principal;
  main: Child;
  /** A warning at the top. */
  banner?: Child;
  status?: 200 | 400 | 401 | 403 | 404 | 409 | 422;
  freshness?: Freshness;
  /** Description for link previews (ogp.me). */
  summary?: string;
  /** The path of this page's link in the header. */
  at?: string;
  /** The tab's icon, as a data URL. */
  icon?: string;
  /** Name, links and language of the public page. */
  site?: Site;
}

/** The public page's settings and texts. */
export interface Site extends PageSettings {
  texts: PublicTexts;
}

/** Age of the page's data. The script uses it to warn when it gets old. */
export interface Freshness {
  nowMs: number;
  /** The newest settled slot, epoch ms. */
  slot?: number;
  /** The data is late if nothing was settled for longer than this, ms. */
  lateMs: number;
}

/** Responds with a page. */
export function renderPage(c: Context, options: PageOptions): Response | Promise<Response> {
  c.header("content-security-policy", POLICY);
  return c.html(raw(`<!doctype html>${<Document {...options} />}`), options.status ?? 200);
}

/** The page for an unknown path or id. */
export const notFound = (c: Context, who?: Principal) =>
  renderPage(c, { title: "Not found", main: <h1>Page not found</h1>, status: 404, who });

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
          {who?.scopes.has("admin") && <SignOutEverywhere />}
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

/** Placed away from the other button, because it ends the sessions of all users. */
const SignOutEverywhere = () => (
  <form method="post" action="/logout">
    <button type="submit" name="everywhere" value="yes" aria-describedby="everywhere">
      Sign out everywhere
    </button>{" "}
    <small id="everywhere">ends all sessions, including yours</small>
  </form>
);

/**
 * An instant, in UTC until the script applies the reader's time zone. `short`: without the day; `minute`:
 * without seconds.
 */
export function Time({ at, short, minute }: { at: number | string; short?: boolean; minute?: boolean }) {
  const text = iso(typeof at === "string" ? Date.parse(at) : at);
  const shown = text.replace("T", " ").slice(short ? 11 : 0, short || minute ? 16 : 19);
  const form = short ? "short" : minute ? "minute" : undefined;
  return <time datetime={text.replace(".000", "")} class={form}>{shown}</time>;
}

/** How long ago an instant was; without the script, since when. */
export function Ago({ at }: { at: string }) {
  return <time datetime={at.replace(".000", "")} class="ago">{`since ${at.slice(11, 16)}`}</time>;
}

/** A text from outside: isolated from the surrounding text direction, and cut to length. */
export const Name = ({ children, most }: { children: string; most?: number }) => (
  <bdi>{ellipsize(children, most)}</bdi>
);
