import { request } from "node:http";
import { DIALECTS, read } from "../../../src/evidence/report/mod.ts";
import { outgoingReport, outgoingUnknown, type Reporter } from "./loop.ts";
import { messageOf } from "../../../src/base/error_message.ts";

const MAX_BYTES = 1024 * 1024;

/**
 * Reads a container's health from `GET /containers/{id}/json` on the engine's unix socket. Never forwards the
 * response, which holds secrets.
 */
export function dockerReporter(container: string, socket: string, timeoutMs: number): Reporter {
  const path = `/containers/${encodeURIComponent(container)}/json`;
  const inspect = async () => {
    const { status, text } = await getFromSocket(socket, path, timeoutMs);
    if (status === 404) return outgoingUnknown(`docker: no container ${container}`);
    const answer = { url: new URL(path, "http://docker.invalid"), status, headers: new Headers(), text };
    return outgoingReport(read(answer, { dialect: "docker" }, DIALECTS));
  };
  return { read: () => inspect().catch((error) => outgoingUnknown(`docker: ${messageOf(error)}`)) };
}

function getFromSocket(
  socketPath: string,
  path: string,
  timeoutMs: number,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const outgoing = request({ socketPath, path, headers: { host: "docker" }, signal }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > MAX_BYTES) outgoing.destroy(new Error(`more than ${MAX_BYTES} bytes`));
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      answer.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
