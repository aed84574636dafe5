import { hasReference } from "../base/secrets.ts";
import { endpointUrl } from "../base/endpoint.ts";
import { hostOf, hostRefusal, refusal } from "../base/http/guard.ts";
import { describe, type Finding, type Note, type Path } from "./problem.ts";

/** Rules for a URL. `prefix`: paths are appended to it, so a query or fragment would be lost. */
export interface AddressRules {
  prefix?: boolean;
  allowPrivate: boolean;
}

/** The checks of this file, passed down to readers. */
export interface AddressChecks {
  address: typeof checkAddress;
  host: typeof checkHost;
}

/** Reports why Assay could not request this URL. Skips URLs with `${env:`, known only at run time. */
export function checkAddress(url: string | undefined, path: Path, rules: AddressRules, note: Note): void {
  if (url === undefined) return;
  const found = describe(url, path);
  if (url.includes("{{")) {
    return note({ path, message: "{{ }} has no meaning here", expected: "a URL without templates", found });
  }
  if (hasReference(url)) return;
  const fault = faultOf(url, rules);
  if (fault) note({ path, found, ...fault });
}

/** Reports why Assay could not connect to this host. Skips hosts with `${env:`, known only at run time. */
export function checkHost(
  host: string | undefined,
  path: Path,
  { allowPrivate }: Pick<AddressRules, "allowPrivate">,
  note: Note,
): void {
  if (host === undefined || hasReference(host)) return;
  const found = describe(host, path);
  const url = endpointUrl("tcp", host, 1);
  if (!url) {
    return note({ path, found, message: "not a host", expected: "a name or an address, without a port" });
  }
  const reason = hostRefusal(hostOf(url), allowPrivate);
  if (reason !== null) {
    note({ path, found, message: reason, expected: publicOr(hostRefusal(hostOf(url), true), allowPrivate) });
  }
}

/**
 * What is expected instead of a refused address. `openly`: the reason even if private addresses are allowed.
 */
const publicOr = (openly: string | null, allowPrivate: boolean) =>
  !allowPrivate && openly === null ? "a public address, or allowPrivate: true" : "a public address";

function faultOf(text: string, { prefix, allowPrivate }: AddressRules): Omit<Finding, "path"> | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    return { message: "not a URL", expected: "http:// or https:// and a host" };
  }
  if (url.username || url.password) {
    return {
      message: "a URL must not hold a user name or password",
      expected: "credentials in headers, as ${env:NAME}",
    };
  }
  if (prefix && /[?#]/.test(text)) {
    return { message: "a query or fragment would be lost", expected: "an origin, with a base path at most" };
  }
  const reason = refusal(url, allowPrivate);
  if (reason === null) return undefined;
  return { message: reason, expected: publicOr(refusal(url, true), allowPrivate) };
}
