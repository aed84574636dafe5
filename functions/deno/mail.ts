/** Mail by SMTP: nodemailer over a connection from the guarded dialler. */
import { refusal } from "../../src/base/http/guard.ts";
import type { MailReply, SendMail } from "../../src/base/mail.ts";
import { Refused } from "../../src/base/ports.ts";
import { dial, type OpenSocket } from "./client/dial.ts";
import { pinning, type Resolve, systemResolve } from "./client/pins.ts";

/** Options of `mailer`: all but `allowPrivate` are for tests. */
export interface MailerOptions {
  allowPrivate: boolean;
  resolve?: Resolve;
  open?: OpenSocket;
  /** PEM of a certificate authority to trust in addition to the system's. */
  ca?: string;
}

/** The `sendMail` port of Deno. Each mail has its own connection. */
export function mailer({ allowPrivate, resolve = systemResolve, open, ca }: MailerOptions): SendMail {
  const pinOf = pinning({ resolve, now: () => performance.now() });
  return async ({ host, port, security, login }, email, { deadlineMs }) => {
    // Loaded on demand: few processes send mail.
    const { createTransport } = await import("nodemailer");
    const signal = AbortSignal.timeout(Math.max(0, deadlineMs));
    const reason = refusal(new URL(`https://${host.includes(":") ? `[${host}]` : host}`), allowPrivate);
    if (reason !== null) throw new Refused(reason);
    const { addresses } = await pinOf(host, signal);
    const { socket } = await dial(addresses, { port, allowPrivate, signal, open });
    const giveUp = () => socket.destroy();
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      const transport = createTransport({
        host,
        port,
        secure: security === "tls",
        requireTLS: security === "starttls",
        ignoreTLS: security === "none",
        auth: login && { user: login.user, pass: login.password },
        getSocket: (_options, done) => done(null, { connection: socket }),
        tls: { servername: host, ca },
        connectionTimeout: deadlineMs,
        greetingTimeout: deadlineMs,
        socketTimeout: deadlineMs,
        // A mail consists of texts only, never of files or addresses to read.
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      return replyOf((await transport.sendMail(email)).response);
    } catch (error) {
      const answered = refusedBy(error);
      if (answered) return answered;
      if (signal.aborted) {
        throw new Error(`timeout: no complete answer within ${deadlineMs} ms`, { cause: error });
      }
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
      socket.destroy();
    }
  };
}

/** nodemailer throws a server's refusal with its reply. */
function refusedBy(error: unknown): MailReply | undefined {
  if (!(error instanceof Error) || !("responseCode" in error)) return undefined;
  const { responseCode: code, response } = error as Error & { responseCode: unknown; response?: unknown };
  if (typeof code !== "number" || code < 400) return undefined;
  return { code, text: typeof response === "string" ? replyOf(response).text : "" };
}

/** "250 2.0.0 Ok: queued". */
function replyOf(line: string): MailReply {
  const [, code, text = ""] = /^(\d{3})[ -]?(.*)$/s.exec(line) ?? [];
  return { code: code ? Number(code) : 250, text: code ? text : line };
}
