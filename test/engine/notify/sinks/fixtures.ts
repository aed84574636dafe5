/** What the conformance test has to know of each kind of sink: valid settings, faults, and the limits that its receiver sets. */
import { standardWebhooks } from "../../../../src/engine/notify/sinks/standard_webhooks.ts";

/** Settings, and the environment that they refer to. */
interface SinkCase {
  settings: Record<string, unknown>;
  env: Record<string, string>;
}

/** One kind of sink. Nothing of a value in an environment may ever be shown, but the origin of a URL. */
export interface SinkFixture {
  good: SinkCase;
  /** Settings that its schema refuses. */
  junk: [name: string, settings: Record<string, unknown>][];
  /** Each with a part of the sentence that `check` says. */
  faulty: [name: string, SinkCase, fault: string][];
  /** Of what is rendered. */
  maxBytes: number;
  /** Parts of the values in an environment that must not show. */
  hidden: RegExp;
}

const URL_VALUE = "https://hooks.example/T0/path-token?key=query-token";
const SECRET = `whsec_${btoa("0123456789abcdef01234567")}`;

/** With these values, and the settings that name them. */
const webhook = (env: Record<string, string>): SinkCase => ({
  settings: { url: "${env:HOOK_URL}", secret: ["${env:HOOK_SECRET}"] },
  env,
});

/** By kind: one row for each member of the table. */
export const FIXTURES: Record<string, SinkFixture> = {
  [standardWebhooks.kind]: {
    good: webhook({ HOOK_URL: URL_VALUE, HOOK_SECRET: SECRET }),
    junk: [
      ["no secret", { url: "${env:HOOK_URL}" }],
      ["no URL", { secret: "${env:HOOK_SECRET}" }],
      ["a secret that is written out", { url: "${env:HOOK_URL}", secret: SECRET }],
      ["three secrets", { url: "${env:HOOK_URL}", secret: ["${env:A}", "${env:B}", "${env:C}"] }],
    ],
    faulty: [
      ["an unset URL", webhook({ HOOK_SECRET: SECRET }), "HOOK_URL"],
      ["an unset secret", webhook({ HOOK_URL: URL_VALUE }), "HOOK_SECRET"],
      ["no URL", webhook({ HOOK_URL: "hooks.example/path-token", HOOK_SECRET: SECRET }), "not valid"],
      [
        "a private address",
        webhook({ HOOK_URL: "http://10.0.0.1/path-token", HOOK_SECRET: SECRET }),
        "10.0.0.1",
      ],
      [
        "a secret of another form",
        webhook({ HOOK_URL: URL_VALUE, HOOK_SECRET: "path-token-hunter2" }),
        "whsec_ and the base64",
      ],
    ],
    // Standard Webhooks 1.0.0, "Payload size": under 20 kb.
    maxBytes: 20_000,
    hidden: /path-token|query-token|whsec_[A-Za-z0-9+/]|hunter2/,
  },
};
