(() => {
"use strict";
const d = document, root = d.documentElement, body = d.body;
const all = (query, of = d) => [...of.querySelectorAll(query)];
const stored = (name, value) => {
  try { return value === undefined ? localStorage.getItem(name) : localStorage.setItem(name, value); } catch { return null; }
};

// Times
const home = Intl.DateTimeFormat().resolvedOptions().timeZone;
let zone = stored("zone") || "UTC", long, short;
const formats = () => {
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
  short = new Intl.DateTimeFormat("en-GB", clock);
  long = new Intl.DateTimeFormat("sv-SE", { ...clock, second: "2-digit", year: "numeric", month: "2-digit", day: "2-digit" });
};
const paint = (of = d) => {
  for (const time of all("time[datetime]", of)) {
    const at = new Date(time.dateTime);
    time.textContent = (time.className === "short" ? short : long).format(at);
    time.title = long.format(at) + " " + zone;
  }
};
const choose = (name) => {
  try { zone = name; formats(); } catch { zone = "UTC"; formats(); }
  const zoned = d.getElementById("zoned");
  if (zoned) zoned.textContent = zone;
  paint();
};
const select = d.getElementById("zone");
if (select) {
  const known = Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : [];
  for (const name of new Set(["UTC", home, zone, ...known])) select.add(new Option(name, name, false, name === zone));
  select.onchange = () => { stored("zone", select.value); choose(select.value); };
  select.parentNode.hidden = false;
}

// Search
const search = d.getElementById("q");
const sift = () => {
  const wanted = search ? search.value.toLowerCase() : "";
  for (const row of all(".rows > li")) {
    const text = row.id + " " + row.firstChild.textContent + " " + (row.dataset.find || "");
    row.hidden = !text.toLowerCase().includes(wanted);
  }
};
if (search) search.oninput = sift;

// What the server said, before times were painted
const sources = new Map();
const keep = (of) => { for (const part of all("[data-live],[data-live] li[id]", of)) sources.set(part.id, part.outerHTML); };
keep(d);
choose(zone);

const swap = (part, next) => {
  const focused = d.activeElement;
  const mark = part.contains(focused) && (focused.id ? "#" + CSS.escape(focused.id) : focused.getAttribute("href") && '[href="' + CSS.escape(focused.getAttribute("href")) + '"]');
  part.replaceWith(next);
  paint(next);
  if (mark) next.parentNode.querySelector(mark)?.focus({ preventScroll: true });
};
const rowsOf = (part) => all("li[id]", part);
const merge = (next) => {
  d.title = next.title;
  for (const fresh of all("[data-live]", next)) {
    const part = d.getElementById(fresh.id), source = fresh.outerHTML;
    if (!part || sources.get(fresh.id) === source) continue;
    const [olds, news] = [rowsOf(part), rowsOf(fresh)];
    const same = olds.length > 0 && olds.length === news.length && olds.every((row, i) => row.id === news[i].id);
    sources.set(fresh.id, source);
    const changed = news.filter((row) => sources.get(row.id) !== row.outerHTML);
    for (const row of news) sources.set(row.id, row.outerHTML);
    if (!same) swap(part, fresh);
    else for (const row of changed) swap(d.getElementById(row.id), row);
    if (olds.length > 0) for (const row of changed) row.classList.add("new");
  }
  sift();
};

// Life
const { slot, age, late } = body.dataset;
if (late === undefined) {
  // A link may bring the token behind the #, which no server sees; who follows it still presses the button.
  const token = d.querySelector("input[name=token]");
  if (token && location.hash) { token.value = decodeURIComponent(location.hash.slice(1)); history.replaceState(null, "", location.pathname + location.search); }
  // A link from elsewhere comes without our cookie (SameSite=Strict); asked from here, it comes with it.
  const next = d.querySelector("[data-next]")?.dataset.next;
  if (next && next !== "/") fetch(next, { redirect: "manual" }).then((a) => a.ok && !a.headers.has("x-assay-public") && location.replace(next), () => {});
  return;
}
const lost = d.getElementById("lost");
let newest = Number(slot || 0), heardAt = Date.now() - Number(age || 0), downAt = 0, shownAt = Date.now();
const check = () => {
  const now = Date.now();
  const why = downAt && now - downAt > 8000 ? "The connection to Assay is lost."
    : newest && now - heardAt > Number(late) ? "Assay has settled nothing for " + Math.round((now - heardAt) / 1000) + " s." : "";
  root.classList.toggle("lost", why !== "");
  if (lost.hidden !== (why === "")) {
    lost.hidden = why === "";
    lost.textContent = why && why + " What stands below is as of " + long.format(new Date(shownAt)) + ", and may be wrong by now.";
  }
};
setInterval(check, 1000);
d.addEventListener("visibilitychange", check);

let timer = 0, busy = false, lastAt = Date.now();
const refresh = async () => {
  timer = 0;
  if (busy) return due(1000);
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.redirected) return location.reload();
    if (!answer.ok) throw 0;
    merge(new DOMParser().parseFromString(await answer.text(), "text/html"));
    shownAt = lastAt = Date.now();
    if (source.readyState === 1) { downAt = 0; check(); }
  } catch { downAt ||= Date.now(); due(5000); }
  busy = false;
};
const due = (ms) => { timer ||= setTimeout(refresh, ms); };
const calm = rowsOf(d).length > 200 ? 30000 : rowsOf(d).length > 0 ? 10000 : 3000;

// Nothing is reloaded before it is there again: the error page of a proxy would stay for ever
const later = () => setTimeout(() => fetch(location.href).then((a) => a.ok ? location.reload() : later(), later), 30000);
const source = new EventSource("/v1/events");
source.onopen = () => { downAt = 0; check(); };
source.onerror = () => { downAt ||= Date.now(); if (source.readyState === 2) later(); };
source.addEventListener("settled", ({ data }) => {
  const at = Date.parse(JSON.parse(data).slot || "") || 0;
  if (at > newest) { newest = at; heardAt = Date.now(); check(); if (Date.now() - lastAt > calm) due(200); }
});
for (const type of ["status", "incident", "target"]) source.addEventListener(type, () => due(rowsOf(d).length > 200 ? 2000 : 300));
})();
