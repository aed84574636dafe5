import { getSetCookies } from "deno-std/http/cookie.js";

/** One `Set-Cookie` as deno-std reads it. */
export interface SetCookie {
  name: string;
  value: string;
  /** May be an invalid date. */
  expires?: Date;
  /** Seconds; may be NaN. */
  maxAge?: number;
  domain?: string;
  path?: string;
  secure?: boolean;
}

/** All well-formed `Set-Cookie` lines of a response; deno-std has no typings, so they stand here. */
export const setCookiesOf: (headers: Headers) => SetCookie[] = getSetCookies;
