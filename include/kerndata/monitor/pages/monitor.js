// Keeps a page fresh and in Airflow's colours. Without it everything works: the page is then as old as its loading.
(() => {
  "use strict";
  const EVERY_MS = 20000;
  const root = document.documentElement;

  // ---- light or dark, as Airflow: its page around this frame, else what it left in the storage of this address ----
  const outer = () => {
    try { return window.parent !== window ? window.parent.document.documentElement : null; } catch { return null; }
  };
  const theme = () => {
    const around = outer();
    if (around) return around.classList.contains("dark") ? "dark" : around.classList.contains("light") ? "light" : "";
    try { return ["dark", "light"].find((one) => one === localStorage.getItem("theme")) || ""; } catch { return ""; }
  };
  const paint = () => {
    const found = theme();
    if (found) root.dataset.theme = found; else delete root.dataset.theme;
  };
  paint();
  const around = outer();
  if (around) new MutationObserver(paint).observe(around, { attributes: true, attributeFilter: ["class"] });
  window.addEventListener("storage", paint);

  // ---- links to Airflow's own pages: the frame may not move the page around it, a link in that page may ----
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[target=_top]") : null;
    if (!link || !outer() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const copy = window.parent.document.createElement("a");
    copy.href = link.href;
    window.parent.document.body.append(copy);
    copy.click();
    copy.remove();
  });

  // ---- fresh: load the same address again and put its <main> in place of this one ----
  let paused = false, busy = false, note, button;
  const say = (text) => { if (note && note.textContent !== text) note.textContent = text; };
  const time = () => new Date().toLocaleTimeString("nl-NL");
  const isInUse = () => {
    const at = document.activeElement;
    const fields = [...document.querySelectorAll("main input:not([type=hidden]), main select")];
    const changed = (one) => one instanceof HTMLSelectElement
      ? [...one.options].some((option) => option.selected !== option.defaultSelected) && one.selectedIndex !== 0
      : one.value !== one.defaultValue;
    return (at && at.matches("main input, main select")) || fields.some(changed);
  };
  const handle = (element) => {
    if (!element || !element.closest("main")) return null;
    if (element.id) return { id: element.id };
    if (element.matches("a[href]")) return { href: element.getAttribute("href") };
    return null;
  };
  const find = (main, where) => {
    if (!where) return null;
    if (where.id) return main.querySelector("#" + CSS.escape(where.id)) || (main.id === where.id ? main : null);
    return [...main.querySelectorAll("a[href]")].find((one) => one.getAttribute("href") === where.href) || null;
  };
  const swap = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("main");
    const old = document.querySelector("main");
    if (!fresh || isInUse()) return;
    if (fresh.innerHTML === old.innerHTML) return;
    const where = handle(document.activeElement);
    const left = [...old.querySelectorAll(".wide")].map((one) => one.scrollLeft);
    const open = [...old.querySelectorAll("details")].map((one) => one.open);
    const said = old.querySelector(".said");
    fresh.querySelectorAll("details").forEach((one, at) => { one.open = Boolean(open[at]); });
    if (!said) fresh.querySelectorAll(".said").forEach((one) => one.remove());
    old.replaceWith(document.adoptNode(fresh));
    fresh.querySelectorAll(".wide").forEach((one, at) => { one.scrollLeft = left[at] || 0; });
    const again = find(fresh, where);
    if (again) again.focus({ preventScroll: true });
  };
  const refresh = async () => {
    if (paused || busy || document.hidden || isInUse()) return;
    busy = true;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" }, cache: "no-store" });
      if (answer.status === 401) { say("Signed out; this page is not fresh any more"); return; }
      if (!answer.ok) { say("Not fresh since an error (" + answer.status + ")"); return; }
      swap(await answer.text());
      say("Fresh at " + time());
    } catch { say("Airflow does not answer; not fresh any more"); } finally { busy = false; }
  };

  document.addEventListener("DOMContentLoaded", () => {
    const place = document.getElementById("fresh");
    note = document.createElement("span");
    button = document.createElement("button");
    button.type = "button";
    button.textContent = "Stop refreshing";
    button.addEventListener("click", () => {
      paused = !paused;
      button.textContent = paused ? "Refresh again" : "Stop refreshing";
      if (paused) say("Stopped at " + time()); else refresh();
    });
    place.append(note, button);
    say("Fresh at " + time());
    // What was done is said once: the address that can be shared does not repeat it.
    const address = new URL(location.href);
    if (address.searchParams.has("said")) { address.searchParams.delete("said"); history.replaceState(null, "", address); }
    setInterval(refresh, EVERY_MS);
    document.addEventListener("visibilitychange", refresh);
  });
})();
