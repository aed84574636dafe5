/** Public incidents as an Atom feed (RFC 4287). */
import type { Outage } from "../api/views/outages.ts";
import { xmlText } from "../../base/text.ts";
import { iso } from "../../base/time.ts";
import { outageText } from "./public.tsx";
import type { PublicTexts } from "./texts/en.ts";

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const xml = (text: string) => xmlText(text).replace(/[&<>"]/g, (character) => ENTITIES[character]!);

/**
 * The feed. `url`: Assay's public URL without a trailing slash; `updatedAt`: used if there are no entries,
 * epoch ms.
 */
export function atomFeed(
  outages: readonly Outage[],
  { url, name, names, texts, updatedAt }: {
    url: string;
    name: string;
    names: Map<string, string>;
    texts: PublicTexts;
    updatedAt: number;
  },
): string {
  const entries = outages.map((outage) => {
    const id = `${url}/status#${encodeURIComponent(outage.target)}-${outage.openedAt}`;
    const end = outage.resolvedAt === undefined ? texts.now : iso(outage.resolvedAt);
    return `<entry><id>${xml(id)}</id><title>${xml(outageText(outage, names, texts))}</title>` +
      `<link href="${xml(`${url}/status`)}"/><published>${iso(outage.openedAt)}</published>` +
      `<updated>${iso(outage.updatedAt)}</updated>` +
      `<content type="text">${
        xml(
          [outage.announcement?.text, `${iso(outage.openedAt)} ${texts.until} ${end}`].filter(Boolean).join(
            " \u00b7 ",
          ),
        )
      }</content></entry>`;
  });
  const updated = Math.max(
    ...outages.map(({ updatedAt }) => updatedAt),
    outages.length === 0 ? updatedAt : 0,
  );
  return `<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><id>${
    xml(`${url}/status`)
  }</id>` +
    `<title>${xml(name)}</title><updated>${iso(updated)}</updated><author><name>${
      xml(name)
    }</name></author>` +
    `<link rel="self" href="${xml(`${url}/status.atom`)}"/>${entries.join("")}</feed>`;
}
