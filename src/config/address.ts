import { hasReference } from "../base/secrets.ts";
import { refusal } from "../base/http/guard.ts";
import { describe, type Finding, type Note, type Path } from "./problem.ts";

/** What may stand in a URL. `prefix`: more is put behind it, so query and fragment would be lost. */
export interface AddressRules {
  prefix?: boolean;
  allowPrivate: boolean;
}

/** Notes why Assay could not ask this URL. One that holds `${env:` is known only when the program runs. */
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
  const opens = !allowPrivate && refusal(url, true) === null;
  return {
    message: reason,
    expected: opens ? "a public address, or allowPrivate: true" : "a public address",
  };
}
