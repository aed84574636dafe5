/** `GET /v1/badges/{target}.json` (Shields' endpoint schema) and `.svg`: public, and as coarse as `/v1/status`. */
import { Hono } from "../../hono.ts";
import { cors } from "hono/cors";
import { html } from "hono/html";
import type { Target } from "../../../config/config.ts";
import { problem } from "../middleware/problem.ts";
import { publicStatus, type TargetStatus } from "../views/status.ts";
import type { Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";
import { xmlText } from "../../../base/text.ts";
import * as z from "../../../base/zod.ts";

/** `isError` prevents an embedding page from overriding the colour if the target is not known to be well. */
const STYLES: Record<TargetStatus, { message: string; color: string; hex: string; isError: boolean }> = {
  ready: { message: "ready", color: "brightgreen", hex: "#2e7d32", isError: false },
  degraded: { message: "degraded", color: "yellow", hex: "#8a6100", isError: false },
  not_ready: { message: "not ready", color: "red", hex: "#b71c1c", isError: true },
  unknown: { message: "unknown", color: "lightgrey", hex: "#5f6368", isError: true },
};

/** Shields' minimum, in seconds: a badge there may be this old. */
const CACHE_S = 300;
/** Cache lifetime of the SVG, in seconds. */
const EMBEDDED_S = 60;
/** A longer name is cut; the title has all of it. */
const NAME_CHARACTERS = 40;
const CHARACTER_PX = 7;

/** The routes of both badge formats. */
export function routes(
  { ports: { clock }, config, states }: Pick<ResourceContext, "ports" | "config" | "states">,
): Hono {
  const app = new Hono();
  app.use("/v1/badges/*", cors({ origin: "*", allowMethods: ["GET", "HEAD"] }));
  app.get("/v1/badges/:file{[a-z0-9-]+\\.(?:json|svg)}", async (c) => {
    const [id, form] = c.req.param("file").split(".");
    const target = config.targets.find((target) => target.id === id);
    if (!target) return problem(c, "not-found", "No target has this id");
    const word = await statusOf(target);
    if (form === "json") return c.json(shieldsBadge(target.name, word));
    return c.body(`${svg(target.name, word)}`.trim(), 200, {
      "content-type": "image/svg+xml; charset=utf-8",
      "cache-control": `public, max-age=${EMBEDDED_S}`,
      "cross-origin-resource-policy": "cross-origin",
    });
  });
  const statusOf = async (target: Target) =>
    publicStatus({ ...config, targets: [target] }, await states(), clock.now()).status;
  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(schemas: Schemas): Operation[] {
  return [
    {
      method: "get",
      path: "/v1/badges/{file}",
      id: "getBadge",
      summary: "A target's badge: {target}.json for Shields, {target}.svg",
      tag: "badges",
      access: "public",
      answers: {
        200: {
          description: "The badge",
          schema: schemas.badgeSchema,
          also: { "image/svg+xml": z.string() },
        },
      },
      problems: [404],
    },
  ];
}

/** Shields' endpoint schema (shields.io/badges/endpoint-badge). */
function shieldsBadge(label: string, word: TargetStatus) {
  const { message, color, isError } = STYLES[word];
  return { schemaVersion: 1, label, message, color, isError, cacheSeconds: CACHE_S };
}

/** Two boxes side by side. Each text is stretched to its box, because the viewer's font is unknown. */
function svg(name: string, word: TargetStatus) {
  const { message, hex } = STYLES[word];
  const label = shorten(xmlText(name));
  const [left, right] = [boxWidth(label), boxWidth(message)];
  const width = left + right;
  const title = `${xmlText(name)}: ${message}`;
  return html`
    <svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="${title}">
      <title>${title}</title>
      <rect width="${left}" height="20" fill="#444" />
      <rect x="${left}" width="${right}" height="20" fill="${hex}" />
      <g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
        <text x="${left / 2}" y="14" textLength="${left - 10}">${label}</text>
        <text x="${left + right / 2}" y="14" textLength="${right - 10}">${message}</text>
      </g>
    </svg>
  `;
}

const boxWidth = (text: string) => [...text].length * CHARACTER_PX + 10;

function shorten(text: string): string {
  const characters = [...text];
  return characters.length <= NAME_CHARACTERS
    ? text
    : `${characters.slice(0, NAME_CHARACTERS - 1).join("")}…`;
}
