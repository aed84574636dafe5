/** The endpoint of steps that do not use HTTP: a host, by default the target's, and a port. */
import * as z from "../../../base/zod.ts";
import { endpointUrl } from "../../../base/endpoint.ts";
import type { Endpoint } from "../../../base/ports.ts";
import { hostOf } from "../../../base/http/guard.ts";
import { ConfigFault } from "../../../base/ports.ts";
import type { StepContext } from "../../../config/step_context.ts";
import type { AttemptContext } from "../step_kind.ts";

/** An endpoint in a step. The host may hold `${env:NAME}`; absent: the target's. */
export interface StepEndpoint {
  host?: string;
  port: number;
}

/** The key `host`. */
export const hostField = () =>
  z.optional(z.string().check(z.minLength(1), z.maxLength(255))).check(
    z.describe("A name or an address, without a port. Default: the target's host. May hold ${env:NAME}."),
  );

/** The key `port`, which is required. */
export const portField = () => z.int().check(z.gte(1), z.lte(65_535), z.describe("The port to connect to."));

/** Notes what is wrong with the host of a step whose kind is written at `context.path`. */
export function readEndpoint<Written extends { host?: string; port?: number }>(
  { host, port = 0 }: Written,
  { path, allowPrivate, checks, note }: StepContext,
): StepEndpoint {
  checks?.host(host, [...path, "host"], { allowPrivate }, note);
  return { host, port };
}

/** "db.example:5432", or ":5432" at the target. */
export const endpointText = ({ host = "", port }: StepEndpoint): string => `${host}:${port}`;

/** The endpoint of an attempt, and a URL to show for it. Throws `ConfigFault` if there is no valid host. */
export function endpointOf(
  { host, port }: StepEndpoint,
  { baseUrl, ports: { secrets } }: AttemptContext,
  { scheme, over }: { scheme: string; over: Endpoint["over"] },
): { to: Endpoint; url: URL } {
  const base = URL.parse(secrets.reveal(baseUrl));
  const named = host === undefined ? base && hostOf(base) : secrets.reveal(host);
  const url = named && endpointUrl(scheme, named, port);
  if (!url) throw new ConfigFault(`${host ?? "the target's url"} has no host to connect to`);
  return { to: { host: hostOf(url), port, over }, url };
}
