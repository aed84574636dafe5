/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** The public pages: coarse states by name, without checks, regions or evidence. */
import { html } from "hono/html";
import type { Maintenance } from "../api/views/maintenances.ts";
import type { Outage } from "../api/views/outages.ts";
import type { publicStatus, TargetStatus } from "../api/views/status.ts";
import { FEED_PATH, Name, type Site, Time } from "./layout.tsx";
import { DAY_MS } from "../../base/time.ts";
import { BandChart, Cuts } from "./chart.tsx";
import type { Row } from "./row.ts";
import type { PublicTexts } from "./texts/en.ts";
import { percentOf } from "./words.ts";
import { ellipsize, xmlText } from "../../base/text.ts";
import { formatSpan } from "../../base/time.ts";

type Status = ReturnType<typeof publicStatus>;

/** A service as the public sees it, with its history. */
export interface PublicService {
  service: Status["targets"][number];
  /** Its group; empty: none. */
  group: string;
  past?: Pick<Row, "band" | "from">;
}

/** Hides drift: to the public, a service that overclaimed was not ready. */
export const withoutDrift = ({ band: { cells, whole }, from }: Pick<Row, "band" | "from">) => ({
  band: { whole, cells: cells.map((cell) => cell && { ...cell, driftSeconds: 0 }) },
  from,
});

/** The public page. */
export function PublicPage(
  { status, services, planned, outages, names, site }: {
    status: Status;
    services: PublicService[];
    /** Maintenances that are not over, earliest start first. */
    planned: readonly Maintenance[];
    outages: Outage[];
    names: Map<string, string>;
    site: Site;
  },
) {
  const { texts } = site;
  const groups = [...Map.groupBy(services, ({ group }) => group)];
  const [open, past] = [true, false].map((isOpen) =>
    outages.filter(({ resolvedAt }) => (resolvedAt === undefined) === isOpen)
  ) as [Outage[], Outage[]];
  const cells = services.find(({ past }) => past)?.past?.band.cells.length;
  return (
    <>
      <h1 id="headline" data-live aria-live="polite">
        <span class={`tone ${status.status}`}>{texts.headlines[status.status]}</span>
      </h1>
      {site.intro && <p class="lede">{site.intro}</p>}
      <div id="open" data-live>
        {open.length > 0 && <h2>{texts.openIncidents}</h2>}
        <OutageList outages={open} {...{ names, texts }} />
      </div>
      {cells && <Cuts count={cells} />}
      <div id="rows" data-live>
        {groups.map(([group, services]) => (
          <section>
            {groups.length > 1 && (
              <h2>
                <Name>{group || texts.other}</Name>
              </h2>
            )}
            <ul class="rows coarse">{services.map((one) => <ServiceRow {...one} texts={texts} />)}</ul>
          </section>
        ))}
      </div>
      <div id="maintenance" data-live>
        {planned.length > 0 && <h2>{texts.maintenance}</h2>}
        <ul>{planned.map((one) => <MaintenanceRow one={one} texts={texts} />)}</ul>
      </div>
      <div id="past" data-live>
        <h2>{texts.pastIncidents}</h2>
        {past.length === 0 && <p>{texts.nothingWrong}</p>}
        <OutageList outages={past} {...{ names, texts }} />
      </div>
      <p>
        <a href={FEED_PATH}>{texts.feed}</a>
      </p>
    </>
  );
}

const OutageList = (
  { outages, names, texts }: { outages: readonly Outage[]; names: Map<string, string>; texts: PublicTexts },
) => (
  <ul class="outages">
    {outages.map((outage) => (
      <li>
        <b>{outageText(outage, names, texts)}</b>{" "}
        <small>
          <OutageSpan outage={outage} texts={texts} />
        </small>
        <Announcement of={outage} />
      </li>
    ))}
  </ul>
);

const OutageSpan = ({ outage: { openedAt, resolvedAt }, texts }: { outage: Outage; texts: PublicTexts }) => (
  <>
    <Time at={openedAt} minute /> {texts.until}{" "}
    {resolvedAt === undefined ? texts.now : <Time at={resolvedAt} minute />}
  </>
);

/** The public announcement of an outage. */
const Announcement = ({ of: { announcement } }: { of: Outage }) =>
  announcement && (
    <blockquote>
      <Name most={4_000}>{announcement.text!}</Name> <Time at={announcement.at} short />
    </blockquote>
  );

/** Maximum number of names per line. */
const MOST_NAMES = 5;

function MaintenanceRow(
  { one: { reason, targets, from, until, state }, texts }: { one: Maintenance; texts: PublicTexts },
) {
  const names = targets.slice(0, MOST_NAMES).map(({ name }) => <Name most={80}>{name}</Name>);
  return (
    <li>
      <Time at={from} minute /> {texts.until} <Time at={until} minute />
      {state === "in_progress" && ` (${texts.inProgress})`}: <Name most={500}>{reason}</Name> ({names
        .flatMap((name, i) => i === 0 ? [name] : [", ", name])}
      {targets.length > MOST_NAMES && `, +${targets.length - MOST_NAMES}`})
    </li>
  );
}

function ServiceRow({ service, past, texts }: PublicService & { texts: PublicTexts }) {
  const { id, name, status, evidenceAgeMs } = service;
  const days = past?.band.cells.filter((cell) => cell).length ?? 0;
  const availability = past?.band.whole.availability ?? null;
  const share = availability === null ? texts.noData : texts.uptime(percentOf(availability), days);
  return (
    <li id={`t-${id}`} class={status}>
      <span>
        <Name most={80}>{name}</Name>
      </span>{" "}
      <b class="pill word">{texts.statuses[status]}</b>
      {past && <BandChart cells={past.band.cells} span={{ from: past.from, cellMs: DAY_MS }} label={share} />}
      <small>
        {past && (
          <>
            {share}
            <br />
          </>
        )}
        {evidenceAgeMs === null ? texts.neverSeen : texts.seen(formatSpan(evidenceAgeMs))}
      </small>
    </li>
  );
}

/** Title of an outage: "Shop was not ready", "Shop is degraded, was not ready". */
export const outageText = (outage: Outage, names: Map<string, string>, texts: PublicTexts): string =>
  texts.outage(ellipsize(names.get(outage.target) ?? outage.target, 80), outage);

/** An incident's page for readers who are not signed in. */
export function PublicIncident(
  { outage, names, path, site }: {
    outage: Outage;
    names: Map<string, string>;
    path: string;
    site: Site;
  },
) {
  const { texts } = site;
  return (
    <>
      <h1>
        <bdi>{outageText(outage, names, texts)}</bdi>
      </h1>
      <p>
        <OutageSpan outage={outage} texts={texts} />
      </p>
      <Announcement of={outage} />
      <p>
        <a href={`/login?next=${encodeURIComponent(path)}`} data-next={path}>{texts.forEvidence}</a>
      </p>
    </>
  );
}

/** The sign-in page. `fault`: why the last attempt failed; `open`: false if no token is configured. */
export function Login({ next, fault, open }: { next: string; fault?: string; open: boolean }) {
  if (!open) {
    return (
      <>
        <h1>Sign in</h1>
        <p>
          Sign-in is off: set <code>api.token</code>{" "}
          in the config. Until then only the coarse status is shown.
        </p>
      </>
    );
  }
  return (
    <>
      <h1>Sign in</h1>
      {fault && <p id="fault" class="bad" role="alert">{fault}</p>}
      <form class="action" method="post" action="/login" data-next={next}>
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
        Use a token from the config with scope read. This browser keeps a signed cookie for 12 hours, not the
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

/**
 * A small status card to embed as an image. It shows its own time, because the embedding page may cache it.
 */
export function card({ name, status }: Status["targets"][number], at: string, texts: PublicTexts) {
  const word = texts.statuses[status];
  const title = `${xmlText(name)}: ${word}`;
  return html`
    <svg xmlns="http://www.w3.org/2000/svg" width="280" height="72" role="img" aria-label="${title}">
      <title>${title}</title>
      <rect x=".5" y=".5" width="279" height="71" rx="6" fill="#fff" stroke="#888" />
      <rect width="8" height="72" rx="3" fill="${COLOURS[status]}" />
      <g font-family="system-ui,sans-serif" fill="#222">
        <text x="20" y="24" font-size="13">${ellipsize(xmlText(name), 34)}</text>
        <text x="20" y="46" font-size="17" font-weight="bold" fill="${COLOURS[status]}">${word}</text>
        <text x="20" y="63" font-size="10">${texts.asOf} ${at.slice(0, 19).replace("T", " ")} UTC</text>
      </g>
    </svg>
  `;
}
