import type { PublicTexts } from "./en.ts";

const IMPACTS = { major: "nicht bereit", minor: "eingeschränkt" };

/** German. */
export const de: PublicTexts = {
  title: "Status",
  headlines: {
    ready: "Alle Dienste sind bereit",
    degraded: "Einige Dienste sind eingeschränkt",
    not_ready: "Einige Dienste sind nicht bereit",
    unknown: "Nicht alle Dienste konnten zuletzt beurteilt werden",
  },
  statuses: { ready: "bereit", degraded: "eingeschränkt", not_ready: "nicht bereit", unknown: "unbekannt" },
  neverSeen: "noch nie gesehen",
  seen: (span) => `vor ${span} gesehen`,
  maintenance: "Wartung",
  inProgress: "läuft",
  pastIncidents: "Vergangene Störungen",
  nothingWrong: "Zuletzt keine Störungen.",
  outage: (name, { impact, now }) => {
    const was = `war ${IMPACTS[impact]}`;
    if (!now) return `${name} ${was}`;
    return `${name} ist ${IMPACTS[now]}${now === impact ? "" : `, ${was}`}`;
  },
  until: "bis",
  now: "jetzt",
  uptime: (share, days) => `${share.replace(".", ",")} % in ${days} ${days === 1 ? "Tag" : "Tagen"}`,
  noData: "noch keine Daten",
  other: "Weitere Dienste",
  feed: "Feed",
  signIn: "Anmelden",
};
