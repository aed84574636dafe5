/** @jsxRuntime automatic */
/** @jsxImportSource hono/jsx */
/** What everybody may see: coarse words, by name; nothing of checks, regions or evidence. */
import { html } from "hono/html";
import { type Outage, outageWords } from "../api/views/outages.ts";
import type { publicStatus, TargetStatus } from "../api/views/status.ts";
import { Name, Time } from "./layout.tsx";
import { STATUS_TEXT } from "./words.ts";
import { ellipsize } from "../../base/text.ts";
import { formatSpan } from "../../base/time.ts";

type Status = ReturnType<typeof publicStatus>;

const HEADLINES: Record<TargetStatus, string> = {
  ready: "All services are ready",
  degraded: "Some services are degraded",
  not_ready: "Some services are not ready",
  unknown: "Not all services could be judged lately",
};

/** In one line. */
export const publicHeadline = ({ status }: Status): string => HEADLINES[status];

/** The public page. */
export function PublicPage(
  { status, outages, names }: { status: Status; outages: Outage[]; names: Map<string, string> },
) {
  return (
    <>
      <h1 id="headline" data-live aria-live="polite">{publicHeadline(status)}</h1>
      <ul id="rows" class="rows coarse" data-live>
        {status.targets.map(({ id, name, status, evidenceAgeMs }) => (
          <li id={`t-${id}`} class={status}>
            <span>
              <Name most={80}>{name}</Name>
            </span>{" "}
            <b class="word">{STATUS_TEXT[status]}</b>{" "}
            <small>{evidenceAgeMs === null ? "never seen" : `seen ${formatSpan(evidenceAgeMs)} ago`}</small>
          </li>
        ))}
      </ul>
      <div id="spells" data-live>
        <h2>Past incidents</h2>
        {outages.length === 0 && <p>Nothing was wrong lately.</p>}
        <ul>
          {outages.map((outage) => (
            <li>
              {outageText(outage, names)}: <Time at={outage.openedAt} />
              {outage.resolvedAt !== undefined && (
                <>
                  {" "}to <Time at={outage.resolvedAt} />
                </>
              )}
            </li>
          ))}
        </ul>
      </div>
    </>
  );
}

/** "Shop was not ready", "Shop is degraded". */
export const outageText = (outage: Outage, names: Map<string, string>): string =>
  `${ellipsize(names.get(outage.target) ?? outage.target, 80)} ${outageWords(outage)}`;

/** An incident for who is not signed in. */
export function PublicIncident(
  { outage, names, path }: { outage: Outage; names: Map<string, string>; path: string },
) {
  return (
    <>
      <h1>
        <bdi>{outageText(outage, names)}</bdi>
      </h1>
      <p>
        <Time at={outage.openedAt} /> to{" "}
        {outage.resolvedAt === undefined ? "now" : <Time at={outage.resolvedAt} />}
      </p>
      <p>
        <a href={`/login?next=${encodeURIComponent(path)}`} data-next={path}>Sign in for the evidence</a>
      </p>
    </>
  );
}

/** `fault` says what was wrong with the last try; `open` is false where nobody can sign in. */
export function Login({ next, fault, open }: { next: string; fault?: string; open: boolean }) {
  if (!open) {
    return (
      <>
        <h1>Sign in</h1>
        <p>
          Nobody can sign in here: set <code>api.token</code>{" "}
          in the config. Until then only the coarse status is shown.
        </p>
      </>
    );
  }
  return (
    <>
      <h1>Sign in</h1>
      {fault && <p id="fault" class="bad" role="alert">{fault}</p>}
      <form class="deed" method="post" action="/login" data-next={next}>
        <input type="hidden" name="next" value={next} />
        <label>
          Token{" "}
          <input
            name="token"
            type="password"
            autocomplete="current-password"
            required
            autofocus
            maxlength={1000}
            aria-describedby={fault ? "fault" : undefined}
          />
        </label>
        <button type="submit">Sign in</button>
      </form>
      <p>
        A token of the config that may read. This browser keeps a signed cookie for twelve hours, not the
        token.
      </p>
    </>
  );
}

const COLOURS: Record<TargetStatus, string> = {
  ready: "#1b6e2f",
  degraded: "#7a5200",
  not_ready: "#b3141d",
  unknown: "#565b63",
};

/** What XML 1.0 allows (production 2, Char), with spaces for the rest. */
const drawable = (text: string) =>
  text.toWellFormed().replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, " ");

/** A small card to embed as an image; it says as of when it is, because whoever shows it may keep it. */
export function card({ name, status }: Status["targets"][number], at: string) {
  const title = `${drawable(name)}: ${STATUS_TEXT[status]}`;
  return html`
    <svg xmlns="http://www.w3.org/2000/svg" width="280" height="72" role="img" aria-label="${title}">
      <title>${title}</title>
      <rect x=".5" y=".5" width="279" height="71" rx="6" fill="#fff" stroke="#888" />
      <rect width="8" height="72" rx="3" fill="${COLOURS[status]}" />
      <g font-family="system-ui,sans-serif" fill="#222">
        <text x="20" y="24" font-size="13">${ellipsize(drawable(name), 34)}</text>
        <text x="20" y="46" font-size="17" font-weight="bold" fill="${COLOURS[status]}">${STATUS_TEXT[
          status
        ]}</text>
        <text x="20" y="63" font-size="10">as of ${at.slice(0, 19).replace("T", " ")} UTC</text>
      </g>
    </svg>
  `;
}
