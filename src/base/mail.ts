/** What mail is made of, and who takes it. */

/** One e-mail. */
export interface Email {
  from: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
  /** Beside those that follow from the fields above. */
  headers: Record<string, string>;
}

/** Where a mail server is, and as whom it is asked. */
export interface MailServer {
  host: string;
  port: number;
  /** TLS from the first byte, after STARTTLS, or never. */
  security: "tls" | "starttls" | "none";
  login?: { user: string; password: string };
}

/** What a mail server answered: a reply code of RFC 5321 section 4.2, and its words. */
export interface MailReply {
  code: number;
  text: string;
}

/** Hands an e-mail to a server. Throws `Refused` for an address that Assay must not ask, and else if no answer came. */
export type SendMail = (
  server: MailServer,
  email: Email,
  options: { deadlineMs: number },
) => Promise<MailReply>;

/** Hands an e-mail to the platform that Assay runs on. What it throws may have a `code`. */
export type SendPlatformMail = (email: Email) => Promise<void>;
