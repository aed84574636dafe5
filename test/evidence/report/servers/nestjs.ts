import { load, runCommands, waitForStatus } from "./commands.ts";

await load("reflect-metadata");
const { Controller, Get, Inject, Module } = await load("@nestjs/common");
const { NestFactory } = await load("@nestjs/core");
const {
  HealthCheck,
  HealthCheckService,
  HealthIndicatorService,
  TerminusModule,
} = await load(
  "@nestjs/terminus",
);

interface Session {
  up(): unknown;
  degraded(message: string): unknown;
  down(message: string): unknown;
}
let state = "starting";

class Health {
  constructor(
    private health: { check(indicators: (() => unknown)[]): unknown },
    private indicators: { check(name: string): Session },
  ) {}
  check() {
    const db = this.indicators.check("db");
    return this.health.check([() => {
      if (state === "ready") return db.up();
      return state === "degraded"
        ? db.degraded("slow")
        : db.down(state === "starting" ? "no pool yet" : "refused");
    }]);
  }
}
const method = Object.getOwnPropertyDescriptor(Health.prototype, "check");
Get()(Health.prototype, "check", method);
HealthCheck()(Health.prototype, "check", method);
Inject(HealthCheckService)(Health, undefined, 0);
Inject(HealthIndicatorService)(Health, undefined, 1);
Controller("health")(Health);

class App {}
Module({
  imports: [
    TerminusModule.forRoot({
      gracefulShutdownTimeoutMs: 600_000,
      logger: false,
    }),
  ],
  controllers: [Health],
})(App);

const app = await NestFactory.create(App, { logger: false });
await app.listen(0, "127.0.0.1");
const { port } = app.getHttpServer().address();
await runCommands(port, {
  starting() {},
  ready: () => state = "ready",
  degraded: () => state = "degraded",
  failing: () => state = "failing",
  draining() {
    state = "ready";
    void app.close("SIGTERM");
    return waitForStatus(`http://127.0.0.1:${port}/health`, 503);
  },
});
