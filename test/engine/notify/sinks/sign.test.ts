import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, test, vi } from "vitest";
import { SecretError, signatureHeaders } from "../../../../src/engine/notify/sinks/sign.ts";

const secretOf = (bytes: number) => `whsec_${btoa("k".repeat(bytes))}`;
const AT = 1_700_000_000_000;

describe("headers", () => {
  test("gives the signature of the specification's published example", async () => {
    const got = await signatureHeaders(
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      1_614_265_330_000,
      '{"test": 2432232314}',
      [
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      ],
    );
    expect(got).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  describe("verified by an independent library", () => {
    afterEach(() => void vi.useRealTimers());
    const atThatTime = () => void vi.useFakeTimers({ toFake: ["Date"], now: AT });

    test.each([
      ["the least secret", secretOf(24), "{}"],
      ["the longest secret", secretOf(64), "{}"],
      ["a body beyond ASCII", secretOf(32), '{"name":"Zürich ☕ 🚀"}'],
    ])("%s", async (_name, secret, body) => {
      const got = await signatureHeaders("msg_1", AT + 999, body, [secret]);
      atThatTime();
      expect(new Webhook(secret).verify(body, got)).toEqual(JSON.parse(body));
      expect(() => new Webhook(secret).verify(`${body} `, got)).toThrow("No matching signature");
      expect(() => new Webhook(secretOf(25)).verify(body, got)).toThrow("No matching signature");
    });

    test("in a rotation, with the old secret and with the new one", async () => {
      const [old, fresh, other] = [secretOf(24), secretOf(30), secretOf(40)];
      const got = await signatureHeaders("msg_1", AT, "{}", [fresh, old]);
      atThatTime();
      expect(got["webhook-signature"]!.split(" ")).toHaveLength(2);
      expect(new Webhook(old).verify("{}", got)).toEqual({});
      expect(new Webhook(fresh).verify("{}", got)).toEqual({});
      expect(() => new Webhook(other).verify("{}", got)).toThrow("No matching signature");
    });
  });

  test.each([
    ["no prefix", btoa("k".repeat(32))],
    ["a key pair's prefix", `whsk_${btoa("k".repeat(32))}`],
    ["23 bytes", secretOf(23)],
    ["65 bytes", secretOf(65)],
    ["not base64", "whsec_this is not base64 at all, not at all"],
    ["a broken base64 length", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
    ["nothing", ""],
  ])("refuses a secret of another form and does not print it: %s", async (_name, secret) => {
    const error = await signatureHeaders("msg_1", AT, "{}", [secretOf(32), secret]).catch((error) => error);
    expect(error).toBeInstanceOf(SecretError);
    expect(error.message).toBe("a webhook secret must be whsec_ and the base64 of 24 to 64 bytes");
  });

  test("refuses to send without a secret", async () => {
    await expect(signatureHeaders("msg_1", AT, "{}", [])).rejects.toThrow(SecretError);
  });
});
