/** One e-mail. */
export interface Email {
  from: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
  /** In addition to those that follow from the fields above. */
  headers: Record<string, string>;
}

/** A mail server and the login for it. */
export interface MailServer {
  host: string;
  port: number;
  /** TLS from the first byte, after STARTTLS, or never. */
  security: "tls" | "starttls" | "none";
  login?: { user: string; password: string };
}

/** A mail server's answer: a reply code (RFC 5321 section 4.2) and its text. */
export interface MailReply {
  code: number;
  text: string;
}

/**
 * Sends an e-mail through a server. Throws `Refused` for an address that Assay must not contact, and any
 * other error if no answer came.
 */
export type SendMail = (
  server: MailServer,
  email: Email,
  options: { deadlineMs: number },
) => Promise<MailReply>;

/** Sends an e-mail through the platform. Its errors may have a `code`. */
export type SendPlatformMail = (email: Email) => Promise<void>;
