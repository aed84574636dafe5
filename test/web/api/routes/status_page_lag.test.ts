import { expect, test } from "vitest";
import type { Report, ReportState } from "../../../../src/evidence/report/mod.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import { openSqlite } from "../../../../functions/deno/sqlite.ts";
import { apiFixture } from "../api_fixture.ts";
import { pageFixture } from "../../page/page_fixture.ts";
import type { SettlerFixture } from "../../../world/settler_fixture.ts";

/** Lets all probers read a public status page that says what is set. */
function statusPage({ script }: SettlerFixture): { set(state: ReportState): void } {
  let said: ReportState = "ready";
  const asPage = (report: Report | null | undefined) =>
    report && { ...report, state: said, question: "status_page" as const };
  for (const prober of script.probers) {
    const ask = prober.ask;
    prober.ask = async (request) => {
      const reply = await ask(request);
      return {
        ...reply,
        answers: reply.answers.map((answer) =>
          "round" in answer
            ? {
              ...answer,
              round: {
                ...answer.round,
                before: asPage(answer.round.before) ?? null,
                after: asPage(answer.round.after),
              },
            }
            : answer
        ),
      };
    };
  }
  return { set: (state) => void (said = state) };
}

/** An outage of 20 minutes that the vendor's page admits late. */
async function vendorOutage(own: SettlerFixture) {
  const page = statusPage(own);
  await own.runMinutes(3);
  own.script.set("drift");
  await own.runMinutes(13);
  page.set("degraded");
  await own.runMinutes(7);
  page.set("ready");
  own.script.set("ready");
  await own.runMinutes(4);
}

test.each([["memory", memoryStore], ["sqlite", () => openSqlite(":memory:")]] as const)(
  "API over %s: how late the vendor's page was, of the incident and on average",
  async (_, open) => {
    const own = await apiFixture({ store: open() });
    await vendorOutage(own);
    const { body: { incidents: [incident] } } = await own.call("/v1/incidents");
    expect(incident).toMatchObject({ family: "service", state: "resolved", statusPage: { lagSeconds: 720 } });
    expect(Date.parse(incident.statusPage.admittedAt) - Date.parse(incident.openedAt)).toBe(720_000);
    const { body } = await own.call("/v1/targets/shop/checks/read/sli");
    expect(body.incidents.statusPage).toEqual({ admitted: 1, neverAdmitted: 0, meanLagSeconds: 720 });
  },
);

test("page: of the incident, and of the check", async () => {
  const own = await pageFixture();
  await vendorOutage(own);
  const cookie = await own.signIn();
  const { items: [incident] } = await own.store.listIncidents({ limit: 1 });
  expect((await own.get(`/incidents/${incident!.id}`, cookie)).text).toContain(
    "Its status page admitted it 12 min later.",
  );
  expect((await own.get("/targets/shop", cookie)).text).toContain(
    "admitted 1 of 1 incidents, 12 min after our quorum on average.",
  );
});
