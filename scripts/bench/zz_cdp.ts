const list = await (await fetch("http://127.0.0.1:9444/json")).json();
const ws = new WebSocket(list[0].webSocketDebuggerUrl); await new Promise((r) => ws.onopen = r);
let id = 0; const waiting = new Map();
ws.onmessage = ({ data }) => { const m = JSON.parse(data); waiting.get(m.id)?.(m.result ?? m.error); };
const send = (method: string, params = {}) => new Promise<any>((r) => { waiting.set(++id, r); ws.send(JSON.stringify({ id, method, params })); });
await send("Profiler.enable"); await send("Profiler.setSamplingInterval", { interval: 500 });
await send("Profiler.start"); await new Promise((r) => setTimeout(r, 14000));
const { profile } = await send("Profiler.stop");
await Deno.writeTextFile("/tmp/prof_tick.json", JSON.stringify({ ...profile, t0: 0 })); ws.close(); Deno.exit(0);
