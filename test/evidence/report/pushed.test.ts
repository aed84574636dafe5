import { expect, test } from "vitest";
import { DIALECTS } from "../../../src/evidence/report/mod.ts";
import { pushFixture } from "../../world/push_fixture.ts";
import { type Fixture, fixtures } from "./fixtures.ts";

/** Of each dialect an answer that says most; one about liveness says nothing of readiness. */
const examples = DIALECTS.map(({ name }) => {
  const own = fixtures().filter(({ dialect, question }) => dialect === name && question !== "liveness");
  const saying = (state: Fixture["expect"]) => own.find((fixture) => fixture.expect === state);
  return { name, fixture: saying("ready") ?? saying("not_ready")!, bad: saying("not_ready")! };
});

test.each(examples)("what $name says can be pushed", async ({ name, fixture, bad }) => {
  const { push } = await pushFixture();
  for (const [i, { answer, expect: state }] of [fixture, bad].entries()) {
    const { status, headers, text: body } = answer;
    const sent = { dialect: name, answer: { status, headers: Object.fromEntries(headers), body } };
    const said = await push({ ...sent, seq: i + 1 });
    expect(said).toMatchObject({ status: 200, body: { state, dialect: name, question: "push" } });
  }
});
