import { describe, expect, onTestFinished, test } from "vitest";
import { mailer, type MailerOptions } from "../../../functions/deno/mail.ts";
import type { MailServer } from "../../../src/base/mail.ts";
import { Refused } from "../../../src/base/ports.ts";
import { references, secretsOf } from "../../../src/base/secrets.ts";
import { mailOf } from "../../../src/engine/notify/mail.ts";
import { sampleEvent } from "../../../src/engine/notify/sample.ts";
import type { SinkAnswer } from "../../../src/engine/notify/sink.ts";
import { smtp, type SmtpSettings } from "../../../src/engine/notify/sinks/smtp.ts";
import { authority } from "../../world/certificate.ts";
import { steppingClock } from "../../world/clock.ts";
import { smtpServer } from "../../world/smtp.ts";

const ADDRESSES = { from: "assay@shop.example", to: ["oncall@shop.example", "boss@shop.example"] };
const EMAIL = mailOf(sampleEvent("opened"), ADDRESSES);
const NAME = "mail.shop.example";
const { ca, issue } = authority();

async function serverWith(options: Parameters<typeof smtpServer>[0] = {}) {
  const server = await smtpServer(options);
  onTestFinished(() => server.stop());
  return server;
}

const mailerTo = (options: Partial<MailerOptions> = {}) =>
  mailer({ allowPrivate: true, resolve: () => Promise.resolve(["127.0.0.1"]), ca, ...options });

const send = (
  server: Partial<MailServer>,
  { deadlineMs = 20_000, ...options }: Partial<MailerOptions> & { deadlineMs?: number } = {},
) => mailerTo(options)({ host: NAME, port: 0, security: "none", ...server }, EMAIL, { deadlineMs });

describe("a mail", () => {
  test("is handed over with its headers, its text and its HTML", async () => {
    const { port, mails, commands } = await serverWith();
    expect(await send({ port })).toEqual({ code: 250, text: "2.0.0 Ok: queued as 42" });
    expect(commands).toEqual(expect.arrayContaining([
      "MAIL FROM:<assay@shop.example>",
      "RCPT TO:<oncall@shop.example>",
      "RCPT TO:<boss@shop.example>",
    ]));
    const [mail] = mails;
    for (
      const line of [
        "Subject: CRITICAL: Sample shop / orders (drift)",
        "Message-ID: <inc_sample@shop.example>",
        "Auto-Submitted: auto-generated",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
      ]
    ) expect(mail).toContain(line);
  });

  test.each([["from the first byte", "tls", false], ["after STARTTLS", "starttls", true]] as const)(
    "goes over TLS %s, with a login",
    async (_name, security, isUpgraded) => {
      const { port, mails, commands } = await serverWith({ pair: issue([NAME]), isUpgraded });
      const login = { user: "assay", password: "hunter2" };
      expect(await send({ port, security, login })).toMatchObject({ code: 250 });
      expect(commands).toContain(`AUTH PLAIN ${btoa("\0assay\0hunter2")}`);
      expect(mails).toHaveLength(1);
    },
  );

  test.each<[string, Parameters<typeof smtpServer>[0], Partial<MailServer>]>([
    ["a certificate of another name", { pair: issue(["other.example"]) }, { security: "tls" }],
    ["no TLS where it must be", {}, { security: "starttls" }],
  ])("is not handed to a server with %s", async (_name, options, server) => {
    const { port, mails, commands } = await serverWith(options);
    await expect(send({ port, ...server })).rejects.toThrow();
    expect(mails).toEqual([]);
    expect(commands.filter((line) => line.startsWith("MAIL"))).toEqual([]);
  });

  test.each([
    ["RCPT", "550 5.1.1 no such user", 550],
    ["RCPT", "450 4.2.1 try again later", 450],
    ["mail", "452 4.3.1 disk is full", 452],
    ["mail", "554 5.7.1 looks like spam", 554],
    ["greeting", "554 5.7.1 go away", 554],
    ["greeting", "421 4.3.2 too busy", 421],
  ])("is refused at %s by %j, and the reply is told", async (at, line, code) => {
    const { port } = await serverWith({ answers: { [at]: line } });
    expect(await send({ port })).toEqual({ code, text: expect.stringContaining(line.slice(4)) });
  });

  test("is given up at its deadline, and its connection with it", async () => {
    const { port, connections } = await serverWith({ answers: { EHLO: null } });
    await expect(send({ port }, { deadlineMs: 200 })).rejects.toThrow("no complete answer within 200 ms");
    expect(connections()).toBe(1);
  });

  test.each([
    ["a private address", "10.0.0.1", () => Promise.resolve(["127.0.0.1"])],
    ["a name of the machine", "localhost", () => Promise.resolve(["127.0.0.1"])],
    ["a public name with a private address", NAME, () => Promise.resolve(["127.0.0.1"])],
  ])("does not go to %s, which the guard refuses", async (_name, host, resolve) => {
    const { port, connections } = await serverWith();
    await expect(send({ host, port }, { allowPrivate: false, resolve })).rejects.toThrow(Refused);
    expect(connections()).toBe(0);
  });
});

describe("the sink", () => {
  const SETTINGS: SmtpSettings = { host: NAME, security: "none", ...ADDRESSES };

  const tell = async (settings: SmtpSettings, sendMail = mailerTo()) => {
    const event = sampleEvent("opened");
    const secrets = secretsOf(references("${env:PASSWORD}"), () => "hunter2");
    const fetch = () => Promise.reject(new Error("nobody asks by HTTP"));
    const ports = { clock: steppingClock(), fetch, secrets, sendMail, deadlineMs: 20_000 };
    return await smtp.deliver({ id: "n", event, body: smtp.render(event, settings) }, settings, ports);
  };

  test.each<[string, Record<string, string>, Partial<SinkAnswer>]>([
    ["a server that takes it", {}, { kind: "delivered", detail: "answered 250: 2.0.0 Ok: queued as 42" }],
    ["one that has no room", { mail: "452 4.3.1 full" }, { kind: "deferred" }],
    ["one that never will", { RCPT: "550 5.1.1 no such user" }, { kind: "rejected" }],
  ])("tells %s", async (_name, answers, expected) => {
    const { port } = await serverWith({ answers });
    expect(await tell({ ...SETTINGS, port })).toMatchObject({ receiver: `smtp://${NAME}`, ...expected });
  });

  test("tells nothing of a password that the server repeats", async () => {
    const { port } = await serverWith({
      pair: issue([NAME]),
      answers: { AUTH: "535 5.7.8 hunter2 is wrong" },
    });
    const settings = {
      ...SETTINGS,
      port,
      security: "tls" as const,
      user: "assay",
      password: "${env:PASSWORD}",
    };
    const answer = await tell(settings);
    expect(answer).toMatchObject({ kind: "rejected" });
    expect(JSON.stringify(answer)).not.toContain("hunter2");
  });

  test("says whom the guard refused", async () => {
    const answer = await tell({ ...SETTINGS, port: 25 }, mailerTo({ allowPrivate: false }));
    expect(answer).toMatchObject({
      kind: "unanswered",
      detail: expect.stringContaining("refused: Cannot ask 127.0.0.1"),
    });
  });
});
