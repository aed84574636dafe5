/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** What the link in a message leads to. To open it changes nothing, for scanners and previews open links; only its form acknowledges. */
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

/** What the link is held against. */
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

  const say = (c: Context, status: 200 | 403 | 404 | 409, title: string, main: Child) =>
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

  /** The open incidents that the link is good for, and whether somebody has taken them on; or the page that says why there is none. */
  const open = async (c: Context): Promise<Found | Response> => {
    const claims = await claimsOf(c, signing);
    if (!claims) {
      return await say(
        c,
        404,
        "This link is not good",
        <p>It was cut, changed, or signed with an older key.</p>,
      );
    }
    if (clock.now() >= claims.until) {
      return await say(c, 403, "This link is too old", <p>Sign in, or use that of a newer message.</p>);
    }
    const items = await openItems(store, claims);
    if (!items) return await say(c, 404, "There is no such incident", <p>It may be forgotten by now.</p>);
    if (items.length > 0) return { claims, items };
    return await say(c, 409, "It is over", <p>What this message was about is resolved.</p>);
  };

  app.get(PATH, async (c) => {
    const found = await open(c);
    if (found instanceof Response) return found;
    const { items } = found;
    return await say(c, 200, titleFor(items), <Question items={items} path={c.req.path} />);
  });

  app.post(PATH, limitBody(), async (c) => {
    if (!isSameOriginRequest(c, config.publicUrl)) {
      return await say(c, 403, "That is not possible", <p>This form was sent from another page.</p>);
    }
    const found = await open(c);
    if (found instanceof Response) return found;
    const { claims, items } = found;
    const left = items.filter(({ taken }) => !taken);
    const signature = c.req.param("signature")!;
    const once = { kind: "link" as const, key: signature, order: 1, value: "{}", expiresAt: claims.until };
    if (left.length === 0 || !await store.putRecord(once)) {
      return await say(c, 409, "It is acknowledged already", <p>This link does nothing more.</p>);
    }
    const text = note.safeParse((await c.req.parseBody()).text).data;
    try {
      for (const { incident } of left) {
        await acknowledge(options, incident, { by: `link to ${claims.webhook}`, text });
      }
    } catch (error) {
      // Not all is acknowledged, so the link must stay good for another try.
      await store.deleteRecord(once.kind, once.key);
      throw error;
    }
    return c.redirect(c.req.path, 303);
  });

  return app;
}

/** An open incident, and who has taken it on. */
interface Item {
  incident: Incident;
  taken: ReturnType<typeof acknowledgementOf>;
}

interface Found {
  claims: LinkClaims;
  items: readonly Item[];
}

/** The incidents of a link that are open, in the order of the message; undefined: the store knows none of them any more. */
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
  if (isTaken(items)) return "It is acknowledged";
  return items.length === 1 ? "Acknowledge this incident?" : `Acknowledge these ${items.length} incidents?`;
}

/** What the path says, if we signed it. */
async function claimsOf(c: Context, signing: SigningKey): Promise<LinkClaims | undefined> {
  const { incidents, episodes, webhook, until, signature } = c.req.param() as Record<string, string>;
  const numbers = episodes!.split(LINK_SEPARATOR).map(Number);
  const named = incidents!.split(LINK_SEPARATOR).map((id, i) => ({ id, episode: numbers[i] ?? 0 }));
  const claims = { incidents: named, webhook: webhook!, until: Number(until) };
  const isSignedBy = async (key: string | undefined) =>
    key !== undefined && timingSafeEqual(fromHex(await signClaims(key, claims)), fromHex(signature!));
  // Another process may have made the key a moment ago.
  return await isSignedBy(await signing.recent()) || await isSignedBy(await signing.newest())
    ? claims
    : undefined;
}

function Question({ items, path }: { items: readonly Item[]; path: string }) {
  return (
    <>
      {items.map((item) => <Subject {...item} />)}
      {isTaken(items) || (
        <form class="deed" method="post" action={path}>
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

/** The links of messages, and what answers them. */
export const acknowledgeLinks = { routes: acknowledgeRoutes, linkAdder };
