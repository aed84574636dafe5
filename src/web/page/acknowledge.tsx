/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** The acknowledgement page that links in messages lead to. Opening the link changes nothing, because scanners and previews open links too; only its form acknowledges. */
import type { Context } from "hono";
import type { Child } from "hono/jsx";
import * as z from "../../base/zod.ts";
import { Hono } from "../hono.ts";
import { limitBody } from "../api/middleware/body.ts";
import { fromHex, timingSafeEqual } from "../api/middleware/credentials.ts";
import { isSameOriginRequest } from "../api/middleware/session.ts";
import { acknowledge, type AcknowledgeContext } from "../../engine/notify/acknowledge.ts";
import {
  LINK_SEPARATOR,
  linkAdder,
  type LinkClaims,
  signClaims,
} from "../../engine/notify/acknowledge_link.ts";
import type { Incident } from "../../judgement/incident.ts";
import { acknowledgementOf, listComments } from "../../storage/records/comments.ts";
import { type SigningKey, signingKey } from "../../storage/records/signing_key.ts";
import type { IncidentStore } from "../../storage/store.ts";
import { titleOf } from "./incident_page.tsx";
import { Name, renderPage, Time } from "./layout.tsx";
import { en } from "./texts/en.ts";

/** Dependencies of the links. */
export interface AcknowledgeOptions extends AcknowledgeContext {
  store: AcknowledgeContext["store"] & IncidentStore;
}

const PATH =
  "/acknowledge/:incidents/:episodes{[\\d~]{1,200}}/:webhook/:until{\\d{1,16}}/:signature{[0-9a-f]{64}}";
const note = z.string().check(z.trim(), z.maxLength(200));

/** `GET` shows what would be acknowledged; `POST` does it, once. */
export function acknowledgeRoutes(options: AcknowledgeOptions): Hono {
  const { ports: { clock }, config, store } = options;
  const app = new Hono();
  const signing = signingKey(clock, store);
  /** The link's open incidents, or the page that says why there are none. */
  const find = async (c: Context): Promise<Found | Response> => {
    const claims = await claimsOf(c, signing);
    if (!claims) return await respond(c, config, INVALID);
    if (clock.now() >= claims.until) return await respond(c, config, EXPIRED);
    const items = await openItems(store, claims);
    if (!items) return await respond(c, config, UNKNOWN);
    return items.length > 0 ? { claims, items } : await respond(c, config, RESOLVED);
  };

  app.get(PATH, async (c) => {
    const found = await find(c);
    if (found instanceof Response) return found;
    const { items } = found;
    const main = <Question items={items} path={c.req.path} />;
    return await respond(c, config, { status: 200, title: titleFor(items), main });
  });

  app.post(PATH, limitBody(), async (c) => {
    if (!isSameOriginRequest(c, config.publicUrl)) return await respond(c, config, OTHER_ORIGIN);
    const found = await find(c);
    if (found instanceof Response) return found;
    const text = note.safeParse((await c.req.parseBody()).text).data;
    const isDone = await acknowledgeOnce(options, found, { text, signature: c.req.param("signature")! });
    return isDone ? c.redirect(c.req.path, 303) : await respond(c, config, ALREADY_DONE);
  });

  return app;
}

/** What a link leads to if it acknowledges nothing. */
interface Result {
  status: 200 | 403 | 404 | 409;
  title: string;
  main: Child;
}

const INVALID: Result = {
  status: 404,
  title: "Invalid link",
  main: <p>It is incomplete, was changed, or was signed with an older key.</p>,
};
const EXPIRED: Result = {
  status: 403,
  title: "This link has expired",
  main: <p>Sign in, or use the link of a newer message.</p>,
};
const UNKNOWN: Result = {
  status: 404,
  title: "Incident not found",
  main: <p>It may be older than the retention period.</p>,
};
const RESOLVED: Result = {
  status: 409,
  title: "Already resolved",
  main: <p>The incidents of this message are resolved.</p>,
};
const OTHER_ORIGIN: Result = {
  status: 403,
  title: "Request refused",
  main: <p>This form was sent from another page.</p>,
};
const ALREADY_DONE: Result = {
  status: 409,
  title: "Already acknowledged",
  main: <p>This link has no further effect.</p>,
};

const respond = (c: Context, config: AcknowledgeOptions["config"], { status, title, main }: Result) =>
  renderPage(c, {
    title,
    status,
    site: { ...config.page, language: "en", texts: en },
    main: (
      <>
        <h1>{title}</h1>
        {main}
      </>
    ),
  });

/** Acknowledges the link's incidents; false if the link was used before, or all of them are acknowledged. */
async function acknowledgeOnce(
  options: AcknowledgeOptions,
  { claims, items }: Found,
  { text, signature }: { text?: string; signature: string },
): Promise<boolean> {
  const { store } = options;
  const left = items.filter(({ taken }) => !taken);
  const use = { kind: "link" as const, key: signature, order: 1, value: "{}", expiresAt: claims.until };
  if (left.length === 0 || !await store.putRecord(use)) return false;
  try {
    for (const { incident } of left) {
      await acknowledge(options, incident, { by: `link to ${claims.webhook}`, text });
    }
  } catch (error) {
    // Not all incidents are acknowledged, so the link must stay valid for another attempt.
    await store.deleteRecord(use.kind, use.key);
    throw error;
  }
  return true;
}

/** An open incident, and its acknowledgement. */
interface Item {
  incident: Incident;
  taken: ReturnType<typeof acknowledgementOf>;
}

interface Found {
  claims: LinkClaims;
  items: readonly Item[];
}

/** The link's open incidents, in the order of the message; undefined if the store has none of its incidents. */
async function openItems(
  store: AcknowledgeOptions["store"],
  { incidents }: LinkClaims,
): Promise<Item[] | undefined> {
  const found = await Promise.all(incidents.map(async ({ id, episode }) => {
    const incident = await store.getIncident(id);
    return incident ? [{ incident, episode }] : [];
  }));
  const known = found.flat();
  if (known.length === 0) return undefined;
  const open = known.filter(({ incident, episode }) =>
    incident.state === "open" && incident.episode === episode
  );
  return await Promise.all(open.map(async ({ incident }) => ({
    incident,
    taken: acknowledgementOf(incident, await listComments(store, incident.id)),
  })));
}

const isTaken = (items: readonly Item[]) => items.every(({ taken }) => taken);

function titleFor(items: readonly Item[]): string {
  if (isTaken(items)) return "Acknowledged";
  return items.length === 1 ? "Acknowledge this incident?" : `Acknowledge these ${items.length} incidents?`;
}

/** The claims in the path, if the signature is valid. */
async function claimsOf(c: Context, signing: SigningKey): Promise<LinkClaims | undefined> {
  const { incidents, episodes, webhook, until, signature } = c.req.param() as Record<string, string>;
  const numbers = episodes!.split(LINK_SEPARATOR).map(Number);
  const named = incidents!.split(LINK_SEPARATOR).map((id, i) => ({ id, episode: numbers[i] ?? 0 }));
  const claims = { incidents: named, webhook: webhook!, until: Number(until) };
  const isSignedBy = async (key: string | undefined) =>
    key !== undefined && timingSafeEqual(fromHex(await signClaims(key, claims)), fromHex(signature!));
  // Another process may have created the signing key a moment ago.
  return await isSignedBy(await signing.recent()) || await isSignedBy(await signing.newest())
    ? claims
    : undefined;
}

function Question({ items, path }: { items: readonly Item[]; path: string }) {
  return (
    <>
      {items.map((item) => <Subject {...item} />)}
      {isTaken(items) || (
        <form class="action" method="post" action={path}>
          <label>
            Your name, or a note <input name="text" maxlength={200} autocomplete="name" />
          </label>
          <button id="acknowledge" type="submit">Acknowledge</button>
        </form>
      )}
    </>
  );
}

function Subject({ incident, taken }: Item) {
  return (
    <>
      <p class="bad">
        <b>{incident.severity}</b>: <a href={`/incidents/${incident.id}`}>{titleOf(incident)}</a>, since{" "}
        <Time at={incident.openedAt} />.
      </p>
      {taken && (
        <p>
          By <Name>{taken.by}</Name>, <Time at={taken.at} />
          {taken.text && (
            <>
              : <Name most={200}>{taken.text}</Name>
            </>
          )}.
        </p>
      )}
    </>
  );
}

/** Acknowledgement links: their routes, and what adds them to messages. */
export const acknowledgeLinks = { routes: acknowledgeRoutes, linkAdder };
