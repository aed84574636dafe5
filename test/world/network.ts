import { answerOf } from "../../src/base/http/answer.ts";
import type { Answer, Fetch } from "../../src/base/ports.ts";

/** What a route answers: the body is text, or `json` put into text. */
export interface Reply {
  status?: number;
  headers?: Record<string, string> | [string, string][];
  body?: string | ReadableStream<Uint8Array<ArrayBuffer>> | null;
  json?: unknown;
}

/** A request as the network saw it. */
export interface SeenRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** An answer, a transport failure, or silence until the request is aborted. */
export type RouteReply = Reply | Error | "hang";

/** Answers of one route: always the same, one after the other (the last one stays), or computed. */
export type Route = RouteReply | RouteReply[] | ((request: SeenRequest) => RouteReply | Promise<RouteReply>);

/**
 * A network that answers by the script: keys are "METHOD /path?query" for any host or "METHOD https://host/path".
 * What is not in the script is a 404. All requests stand in `requests`.
 */
export function scriptedFetch(routes: Record<string, Route>): Fetch & { requests: SeenRequest[] } {
  const requests: SeenRequest[] = [];
  const turns = new Map<Route, number>();
  const fetch: Fetch = async (url, { method, headers, body, signal }) => {
    if (signal.aborted) throw signal.reason;
    const text = typeof body === "string" ? body : new TextDecoder().decode(body);
    const seen = { method, url: url.href, headers, body: text };
    requests.push(seen);
    const route = routes[`${method} ${url.href}`] ?? routes[`${method} ${url.pathname}${url.search}`];
    const play = await next(route ?? { status: 404 }, seen, turns);
    if (play === "hang") return await hang(signal);
    if (play instanceof Error) throw play;
    return answerOf(response(play), signal);
  };
  return Object.assign(fetch, { requests });
}

function next(route: Route, seen: SeenRequest, turns: Map<Route, number>): RouteReply | Promise<RouteReply> {
  if (typeof route === "function") return route(seen);
  if (!Array.isArray(route)) return route;
  const turn = turns.get(route) ?? 0;
  turns.set(route, turn + 1);
  return route[Math.min(turn, route.length - 1)] ?? { status: 404 };
}

function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
  );
}

function response({ status = 200, headers, body, json }: Reply): Response {
  const bodiless = [204, 205, 304].includes(status);
  if (bodiless || body instanceof ReadableStream) {
    return new Response(bodiless ? null : body, { status, headers });
  }
  return new Response(bytes(json === undefined ? body ?? "" : JSON.stringify(json)), { status, headers });
}

/** The whole body as text. */
export async function textOf(answer: Answer): Promise<string> {
  return new TextDecoder().decode((await answer.read(1 << 20)).bytes);
}

/** As bytes, so that no content-type is made up. */
function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
