// What the page does more when there is JavaScript: find, copy, addresses in the examples, charts to explore.
// Everything is on the page without it. Nothing is fetched but vega.js beside this file, and only when a chart comes near.
"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

function fillAddresses(prefix) {
  if (!location.protocol.startsWith("http")) return;
  const base = new URL(prefix, location.href).href;
  for (const one of all(".base")) one.textContent = base;
}

function offerCopying() {
  if (!navigator.clipboard) return; // absent on a plain http address
  for (const button of all(".copy")) {
    const label = button.innerHTML;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
      button.textContent = button.dataset.done;
      setTimeout(() => { button.innerHTML = label; }, 2000);
    });
  }
}

function offerFinding() {
  const finder = document.querySelector(".finder");
  const [input, told] = [finder.querySelector("input"), finder.querySelector("[role=status]")];
  finder.hidden = false;
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const theme of all(".toc > ul > li")) {
      const links = all(":scope ul a", theme);
      let here = 0;
      for (const link of links) {
        const about = document.getElementById(link.hash.slice(1));
        const text = `${link.textContent} ${about.querySelector(".code").textContent} ${about.querySelector("[lang]").textContent}`;
        const fits = words.every((word) => text.toLowerCase().includes(word));
        link.parentElement.classList.toggle("away", !fits);
        here += fits ? 1 : 0;
      }
      theme.classList.toggle("away", words.length > 0 && here === 0);
      theme.classList.toggle("found", words.length > 0 && here > 0);
      count += here;
    }
    told.textContent = words.length ? told.dataset.text.replace("#", count) : "";
  });
}

function offerCharts(block) {
  const { spec, options, values } = JSON.parse(block.textContent);
  let library = null;
  const load = () => library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = block.dataset.src;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  async function draw(figure) {
    const region = figure.dataset.first;
    await load();
    const canvas = figure.querySelector(".canvas");
    const picture = canvas.querySelector("svg");
    const target = document.createElement("div");
    target.className = "live";
    target.setAttribute("role", "img");
    target.setAttribute("aria-label", picture.getAttribute("aria-label"));
    canvas.append(target);
    const own = { ...spec, data: { values: values[figure.dataset.chart] }, params: [{ name: "region", value: region }] };
    const { view } = await vegaEmbed(target, own, options);
    picture.remove();
    const choice = document.getElementById("kies").content.cloneNode(true);
    const select = choice.querySelector("select");
    if (region !== "NL01") select.querySelector("[value=NL01]").remove();
    select.value = region;
    select.addEventListener("change", () => view.signal("region", select.value).runAsync());
    figure.insertBefore(choice, canvas);
    figure.dataset.ready = "yes";
  }
  const seen = new IntersectionObserver((entries) => {
    for (const one of entries.filter((entry) => entry.isIntersecting)) {
      seen.unobserve(one.target);
      draw(one.target).catch(() => all(".live", one.target).forEach((target) => target.remove())); // the picture stays
    }
  }, { rootMargin: "300px" });
  for (const figure of all("[data-chart]")) seen.observe(figure);
}

const block = document.getElementById("grafieken");
fillAddresses(block.dataset.src.replace("assets/vega.js", "./"));
offerCopying();
offerFinding();
if (!navigator.connection?.saveData) offerCharts(block);
