import type { Email } from "../../../../src/base/mail.ts";
import type { Clock, Secrets } from "../../../../src/base/ports.ts";
import type { SinkPorts } from "../../../../src/engine/notify/sink.ts";
import { scriptedFetch, type SeenRequest } from "../../../world/network.ts";

/** Ports of a sink before receivers that take everything; `sent` has each request as text. */
export function recordingPorts({ clock, secrets }: { clock: Clock; secrets: Secrets }) {
  const sent: string[] = [];
  const take = (request: SeenRequest) => {
    sent.push(textOf(request));
    return { status: 200 };
  };
  const fetch: SinkPorts["fetch"] = (url, options) =>
    scriptedFetch({ [`${options.method} ${url.href}`]: take })(url, options);
  const takeMail = (email: Email) => void sent.push(mailText(email));
  const ports: SinkPorts = {
    clock,
    fetch,
    secrets,
    deadlineMs: 15_000,
    sendMail: ({ host, port, security, login }, email) => {
      sent.push(`smtp://${host}:${port} ${security}, as ${login?.user} with ${login?.password}`);
      takeMail(email);
      return Promise.resolve({ code: 250, text: "2.0.0 Ok: queued" });
    },
    sendPlatformMail: (email) => Promise.resolve(takeMail(email)),
  };
  return { sent, ports };
}

function mailText({ from, to, subject, headers, text, html }: Email): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`From: ${from}`, `To: ${to.join(", ")}`, `Subject: ${subject}`, ...lines, "", text, html].join(
    "\n",
  );
}

/** As of HTTP/1.1, headers in order of the alphabet, JSON over several lines. */
function textOf({ method, url, headers, body }: SeenRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`).toSorted();
  return [`${method} ${url}`, ...lines, "", indented(body)].join("\n");
}

function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
