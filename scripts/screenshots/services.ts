/** The seven services in the screenshots: their checks, latencies, and troubles in thirty days. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/base/time.ts";

/** The regions, and the network latency (ms) of each. */
export const REGIONS: Record<string, number> = { fra: 18, iad: 92, sin: 168, gru: 204, syd: 251 };

/**
 * What is wrong with a service. `drift`: it reports ready, but its work fails. `honest`: it fails and reports
 * that. `silent`: its report is gone.
 */
export type Mood = "down" | "drift" | "slow" | "honest" | "silent";

/** A trouble that begins `ago` ms before the end of the month; without `lastMs` it lasts to the end. */
export interface Trouble {
  service: string;
  mood: Mood;
  ago: number;
  lastMs?: number;
  /** Only these checks. Default: all. */
  checks?: string[];
  /** Only in these regions. Default: all. */
  regions?: string[];
}

/** A service, for the config and for the network. */
export interface Service {
  id: string;
  name: string;
  team: string;
  /** Base latency of one request without network latency, ms. */
  baseMs: number;
  /** The contract of each check, by check id. */
  checks: Record<string, string>;
  hasReport: boolean;
  /** More settings of its checks, as a line of YAML. */
  settings?: string;
}

export const SERVICES: readonly Service[] = [
  {
    id: "accounts",
    name: "Accounts",
    team: "identity",
    baseMs: 34,
    hasReport: true,
    checks: {
      login: "A canary signs in and gets a session.",
      profile: "A profile that was changed reads back.",
    },
  },
  {
    id: "billing",
    name: "Billing API",
    team: "payments",
    baseMs: 52,
    hasReport: true,
    settings: 'slo: "99.9%"',
    checks: {
      charge: "A test card is charged once.",
      invoice: "An invoice has its lines within a second.",
      refund: "A charge can be refunded.",
    },
  },
  {
    id: "checkout",
    name: "Checkout",
    team: "payments",
    baseMs: 61,
    hasReport: true,
    settings: 'slo: "99.5%"',
    checks: {
      orders: "An order placed can be read back as accepted within a second.",
      cart: "What is put into a cart stays in it.",
    },
  },
  {
    id: "docs",
    name: "Docs",
    team: "content",
    baseMs: 22,
    hasReport: false,
    checks: { read: "The handbook opens." },
  },
  {
    id: "images",
    name: "Images",
    team: "media",
    baseMs: 140,
    hasReport: true,
    settings: "latencyBudget: 1500ms",
    checks: { resize: "A picture comes back in the size that was asked for." },
  },
  {
    id: "mail",
    name: "Mail",
    team: "messaging",
    baseMs: 75,
    hasReport: true,
    checks: { send: "A message sent is in the inbox within two seconds." },
  },
  {
    id: "search",
    name: "Search",
    team: "find",
    baseMs: 45,
    hasReport: true,
    checks: {
      query: "A search for a lamp finds lamps.",
      index: "A new article is found within a minute.",
    },
  },
];

export const TROUBLES: readonly Trouble[] = [
  { service: "search", mood: "down", ago: 12 * MINUTE_MS },
  { service: "search", mood: "down", ago: 18 * DAY_MS + 5 * HOUR_MS, lastMs: 2 * HOUR_MS },
  {
    service: "search",
    mood: "drift",
    ago: 4 * DAY_MS + 2 * HOUR_MS,
    lastMs: 3 * HOUR_MS,
    checks: ["index"],
  },
  {
    service: "checkout",
    mood: "drift",
    ago: 31 * MINUTE_MS,
    checks: ["orders"],
    regions: ["fra", "iad", "sin"],
  },
  { service: "checkout", mood: "drift", ago: 9 * HOUR_MS, lastMs: 24 * MINUTE_MS, checks: ["orders"] },
  { service: "checkout", mood: "drift", ago: 7 * DAY_MS, lastMs: 2 * HOUR_MS, checks: ["orders"] },
  { service: "checkout", mood: "drift", ago: 14 * DAY_MS, lastMs: 4 * HOUR_MS, checks: ["orders"] },
  { service: "checkout", mood: "silent", ago: 21 * DAY_MS, lastMs: 5 * HOUR_MS },
  { service: "images", mood: "slow", ago: 64 * MINUTE_MS },
  { service: "images", mood: "slow", ago: 2 * DAY_MS + 3 * HOUR_MS, lastMs: 5 * HOUR_MS },
  { service: "accounts", mood: "honest", ago: 8 * HOUR_MS, lastMs: 21 * MINUTE_MS, checks: ["profile"] },
  { service: "accounts", mood: "down", ago: 12 * DAY_MS, lastMs: 2 * HOUR_MS },
  { service: "billing", mood: "honest", ago: 16 * DAY_MS, lastMs: 2 * HOUR_MS, checks: ["refund"] },
  { service: "billing", mood: "down", ago: 5 * DAY_MS, lastMs: 6 * HOUR_MS, regions: ["syd"] },
  { service: "docs", mood: "down", ago: 25 * DAY_MS, lastMs: 3 * HOUR_MS },
  { service: "mail", mood: "honest", ago: 38 * MINUTE_MS },
];

/** Rollouts; `ago` is ms before the end of the month. */
export const ROLLOUTS: readonly { service: string; version: string; ago: number }[] = [
  { service: "checkout", version: "2.31.0", ago: 21 * DAY_MS + 3 * MINUTE_MS },
  { service: "checkout", version: "2.32.0", ago: 14 * DAY_MS + 4 * MINUTE_MS },
  { service: "checkout", version: "2.33.0", ago: 7 * DAY_MS + 2 * MINUTE_MS },
  { service: "checkout", version: "2.33.1", ago: 9 * HOUR_MS + 3 * MINUTE_MS },
  { service: "checkout", version: "2.34.0", ago: 34 * MINUTE_MS },
  { service: "billing", version: "118", ago: 11 * HOUR_MS },
  { service: "accounts", version: "5.2", ago: 8 * HOUR_MS + 4 * MINUTE_MS },
];

/** Times in which Assay itself was off; `ago` is ms before the end of the month. */
export const PAUSES: readonly { ago: number; lastMs: number }[] = [
  { ago: 9 * DAY_MS, lastMs: 30 * HOUR_MS },
  { ago: 15 * HOUR_MS, lastMs: 130 * MINUTE_MS },
];
