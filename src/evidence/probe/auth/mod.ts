import type { AuthKind } from "../step_kind.ts";
import { basicAuth } from "./basic.ts";
import { bearerAuth } from "./bearer.ts";
import { hmacAuth } from "./hmac.ts";
import { oauth2Auth } from "./oauth2.ts";
import { sigv4Auth } from "./sigv4.ts";

/** Every kind of auth, one per row. */
export const AUTH_KINDS: readonly AuthKind[] = [basicAuth, bearerAuth, hmacAuth, oauth2Auth, sigv4Auth];
