import type { PublicTexts } from "./en.ts";

const IMPACTS = { major: "nicht bereit", minor: "eingeschränkt" };

/** German. */
export const de: PublicTexts = {
  kind: "de",
  title: "Status",
  headlines: {
    ready: "Alle Dienste sind bereit",
    degraded: "Einige Dienste sind eingeschränkt",
    not_ready: "Einige Dienste sind nicht bereit",
    unknown: "Nicht alle Dienste konnten zuletzt beurteilt werden",
  },
  statuses: { ready: "bereit", degraded: "eingeschränkt", not_ready: "nicht bereit", unknown: "unbekannt" },
  neverSeen: "noch nie geprüft",
  seen: (span) => `vor ${span} geprüft`,
  maintenance: "Wartung",
  inProgress: "läuft",
  openIncidents: "Jetzt",
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
  forEvidence: "Für die Belege anmelden",
  skip: "Zum Inhalt",
  timeZone: "Zeitzone",
  asOf: "Stand:",
  timesAreIn: "Zeiten sind in",
  noScript: "Ohne JavaScript erneuert sich diese Seite nicht von selbst:",
  reload: "neu laden",
  nothingYet: "Es liegen noch keine Ergebnisse vor.",
  late: (span) => `Seit ${span} gibt es keine Ergebnisse. Diese Seite ist möglicherweise veraltet.`,
  draft: (name, { impact, now }, isPartial) => {
    const what = (now ?? impact) === "major" ? "nicht" : "nicht so gut, wie es soll";
    const where = isPartial ? " für einen Teil der Besucher" : "";
    return now
      ? `${name} funktioniert${where} ${what}. Wir sehen uns das an.`
      : `${name} funktionierte${where} ${what}. Es geht wieder.`;
  },
  live: {
    lost: "Die Verbindung ist abgerissen.",
    late: "Seit {s} s gibt es keine Ergebnisse.",
    stale: "Die Seite unten zeigt den Stand von {at} und ist möglicherweise veraltet.",
    cells: { "-": "nichts bekannt", g: "bereit", u: "nicht beurteilt", d: "nicht bereit", b: "nicht bereit" },
  },
};
