/** Mail by SMTP: nodemailer speaks it, over a connection that the guarded dialler has made. */
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
  /** PEM of a certificate authority to trust beside the system's. */
  ca?: string;
}

/** The `sendMail` port of Deno. Each mail has a connection of its own. */
export function mailer({ allowPrivate, resolve = systemResolve, open, ca }: MailerOptions): SendMail {
  const pinOf = pinning({ resolve, now: () => performance.now() });
  return async ({ host, port, security, login }, email, { deadlineMs }) => {
    // Few processes send mail, and all start.
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
        // What a mail is made of are texts, never files or addresses.
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

/** nodemailer throws what a server refuses, with its reply. */
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
