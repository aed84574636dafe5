import { load, runCommands } from "./commands.ts";

const { createLightship } = await load("lightship");

const lightship = await createLightship({
  detectKubernetes: false,
  port: 0,
  shutdownDelay: 0,
});
// Keeps it draining for as long as the test.
lightship.createBeacon();
await runCommands(lightship.server.address().port, {
  starting() {},
  ready: () => lightship.signalReady(),
  failing: () => lightship.signalNotReady(),
  draining: () => void lightship.shutdown(),
});
