(() => {
"use strict";
const d = document, root = d.documentElement;
const own = d.currentScript instanceof HTMLScriptElement ? d.currentScript.src : "";
const base = own.replace(/\/assets\/.*/, "");
const all = (query, of = d) => [...of.querySelectorAll(query)].filter((it) => it instanceof HTMLElement);
const byId = (id, type) => {
const found = d.getElementById(id);
return found instanceof type ? found : null;
};
const texts = JSON.parse(d.body.dataset.texts ?? "{}");
const stored = () => {
try {
return localStorage.getItem("zone");
} catch {
return null;
}
};
const store = (zone) => {
try {
localStorage.setItem("zone", zone);
} catch {
}
};
const formatsIn = (timeZone) => {
const clock = {
hour: "2-digit",
minute: "2-digit",
hourCycle: "h23",
timeZone,
};
const day = { ...clock, year: "numeric", month: "2-digit", day: "2-digit" };
return {
short: new Intl.DateTimeFormat("en-GB", clock),
minute: new Intl.DateTimeFormat("sv-SE", day),
long: new Intl.DateTimeFormat("sv-SE", { ...day, second: "2-digit" }),
};
};
let zone = stored() || "UTC", formats = formatsIn("UTC");
const ago = (at) => {
const s = Math.max(0, (Date.now() - at.getTime()) / 1000);
if (s < 90) return Math.round(s) + " s";
if (s < 5400) return Math.round(s / 60) + " min";
return s < 172800 ? Math.round(s / 3600) + " h" : Math.round(s / 86400) + " d";
};
const timeText = (time, at) => {
const form = time.className;
if (form === "ago") return ago(at);
return (form === "short" || form === "minute" ? formats[form] : formats.long).format(at);
};
const paint = (of = d) => {
for (const time of all("time[datetime]", of)) {
const at = new Date(time.getAttribute("datetime") ?? "");
time.textContent = timeText(time, at);
time.title = formats.long.format(at) + " " + zone;
}
};
const choose = (name) => {
try {
formats = formatsIn(name);
zone = name;
} catch {
formats = formatsIn("UTC");
zone = "UTC";
}
const zoned = d.getElementById("zoned");
if (zoned) zoned.textContent = zone;
paint();
};
const select = byId("zone", HTMLSelectElement);
if (select) {
const home = Intl.DateTimeFormat().resolvedOptions().timeZone;
const known = Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : [];
for (const name of new Set(["UTC", home, zone, ...known])) {
select.add(new Option(name, name, false, name === zone));
}
select.onchange = () => {
store(select.value);
choose(select.value);
};
if (select.parentElement) select.parentElement.hidden = false;
}
const search = byId("q", HTMLInputElement);
const filterRows = () => {
const wanted = search ? search.value.toLowerCase() : "";
for (const row of all(".rows > li")) {
const text = row.id + " " + row.firstChild?.textContent + " " +
(row.dataset.find || "");
row.hidden = !text.toLowerCase().includes(wanted);
}
};
if (search) search.oninput = filterRows;
const tip = d.createElement("p");
tip.id = "tip";
tip.role = "status";
tip.hidden = true;
d.body.append(tip);
const cellText = (cell) => {
const seconds = Number(cell.slice(1));
return (seconds ? Math.max(1, Math.round(seconds / 60)) + " min " : "") + texts.cells[cell[0] ?? "-"];
};
const cellsOf = (band) =>
(band.dataset.cells || "").split(" ").flatMap((run) => {
const [, n, cell] = /^(\d*)(.*)$/.exec(run) ?? [];
return Array(Number(n) || 1).fill(cell);
});
const showTip = (band, at) => {
const cells = cellsOf(band), box = band.getBoundingClientRect();
const i = Math.min(cells.length - 1, Math.max(0, at));
const from = new Date(Number(band.dataset.from) + i * Number(band.dataset.step));
band.dataset.at = String(i);
tip.textContent = formats.minute.format(from) + ": " + cellText(cells[i] ?? "-");
tip.hidden = false;
tip.style.left = Math.min(innerWidth - tip.offsetWidth - 8, box.left + box.width * i / cells.length) +
"px";
tip.style.top = box.top - tip.offsetHeight - 4 + "px";
};
const bandOf = ({ target }) => {
const band = target instanceof Element && target.closest("svg[data-cells]");
return band instanceof SVGElement ? band : null;
};
d.addEventListener("pointermove", (event) => {
const band = bandOf(event);
if (!band) return void (tip.hidden = true);
const box = band.getBoundingClientRect(), count = cellsOf(band).length;
showTip(band, Math.floor((event.clientX - box.left) / box.width * count));
});
d.addEventListener("keydown", (event) => {
const band = bandOf(event), step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
if (event.key === "Escape") tip.hidden = true;
if (!band || !step) return;
event.preventDefault();
showTip(band, Number(band.dataset.at ?? (step < 0 ? Infinity : -1)) + step);
});
d.addEventListener("focusout", () => void (tip.hidden = true));
const sources = new Map();
const rowsOf = (part) => all("li[id]", part);
const keep = (part) => {
const copy = part.cloneNode(true);
sources.set(part.id, copy);
if (copy instanceof HTMLElement) { for (const row of rowsOf(copy)) sources.set(row.id, row); }
};
for (const part of all("[data-live]")) keep(part);
choose(zone);
const selectorOf = (focused) => {
if (focused.id) return "#" + CSS.escape(focused.id);
const href = focused.getAttribute("href");
return href && '[href="' + CSS.escape(href) + '"]';
};
const swap = (part, next) => {
const focused = d.activeElement;
const mark = focused && part.contains(focused) && selectorOf(focused);
for (const was of part.querySelectorAll("details[id]")) {
next.querySelector("#" + CSS.escape(was.id))?.toggleAttribute("open", was.hasAttribute("open"));
}
part.replaceWith(next);
paint(next);
const again = mark && next.parentElement?.querySelector(mark);
if (again instanceof HTMLElement) again.focus({ preventScroll: true });
};
const isKept = (fresh) => sources.get(fresh.id)?.isEqualNode(fresh);
const merge = (next) => {
d.title = next.title;
const icon = next.querySelector("link[rel=icon]")?.getAttribute("href");
if (icon) d.querySelector("link[rel=icon]")?.setAttribute("href", icon);
for (const fresh of all("[data-live]", next)) {
const part = byId(fresh.id, HTMLElement);
if (!part || isKept(fresh)) continue;
const [olds, news] = [rowsOf(part), rowsOf(fresh)];
const same = olds.length > 0 && olds.length === news.length &&
olds.every((row, i) => row.id === news[i]?.id);
const changed = news.filter((row) => !isKept(row));
keep(fresh);
if (!same) swap(part, fresh);
else {
for (const row of changed) {
const old = byId(row.id, HTMLElement);
if (old) swap(old, row);
}
}
if (olds.length > 0) {
for (const row of changed) row.classList.add("new");
}
}
filterRows();
};
const { slot, age, late } = d.body.dataset;
if (late === undefined) {
const token = d.querySelector("input[name=token]");
if (token instanceof HTMLInputElement && location.hash) {
token.value = decodeURIComponent(location.hash.slice(1));
history.replaceState(null, "", location.pathname + location.search);
}
const next = all("[data-next]")[0]?.dataset.next;
if (next && !next.endsWith("/")) {
fetch(next, { redirect: "manual" }).then(
(a) => a.ok && !a.headers.has("x-assay-public") && location.replace(next),
() => {},
);
}
return;
}
const lost = d.getElementById("lost");
if (!lost) return;
let newest = Number(slot || 0),
settledAt = Date.now() - Number(age || 0),
downAt = 0,
shownAt = Date.now();
const check = () => {
const now = Date.now();
const why = downAt && now - downAt > 8000
? texts.lost
: newest && now - settledAt > Number(late)
? texts.late.replace("{s}", String(Math.round((now - settledAt) / 1000)))
: "";
root.classList.toggle("lost", why !== "");
if (lost.hidden !== (why === "")) {
lost.hidden = why === "";
const asOf = formats.long.format(new Date(shownAt));
lost.textContent = why && why + " " + texts.stale.replace("{at}", asOf);
}
};
setInterval(check, 1000);
setInterval(paint, 10000);
d.addEventListener("visibilitychange", check);
let timer = 0, busy = false, lastAt = Date.now();
const refresh = async () => {
timer = 0;
if (busy) return refreshIn(1000);
busy = true;
try {
const answer = await fetch(location.href, {
headers: { accept: "text/html" },
});
if (answer.redirected) return location.reload();
if (!answer.ok) throw new Error(answer.statusText);
merge(new DOMParser().parseFromString(await answer.text(), "text/html"));
shownAt = lastAt = Date.now();
if (source.readyState === 1) {
downAt = 0;
check();
}
} catch {
downAt ||= Date.now();
refreshIn(5000);
}
busy = false;
};
const refreshIn = (ms) => {
timer ||= setTimeout(refresh, ms);
};
const refreshMs = rowsOf(d).length > 200 ? 30000 : rowsOf(d).length > 0 ? 10000 : 3000;
const reloadLater = () =>
setTimeout(
() =>
fetch(location.href).then(
(a) => a.ok ? location.reload() : reloadLater(),
reloadLater,
),
30000,
);
const source = new EventSource(base + "/v1/events");
source.onopen = () => {
downAt = 0;
check();
};
source.onerror = () => {
downAt ||= Date.now();
if (source.readyState === 2) reloadLater();
};
source.addEventListener("settled", ({ data }) => {
const at = Date.parse(JSON.parse(data).slot || "") || 0;
if (at > newest) {
newest = at;
settledAt = Date.now();
check();
if (Date.now() - lastAt > refreshMs) refreshIn(200);
}
});
for (const type of ["status", "incident", "target"]) {
source.addEventListener(
type,
() => refreshIn(rowsOf(d).length > 200 ? 2000 : 300),
);
}
})();
