// Keeps the page up to date, and lets a keyboard do what the buttons do. Without it the page shows what was there when
// it was loaded, and all forms work.
"use strict";
(() => {
  const page = document.body;
  document.documentElement.classList.add("js");
  const byId = (id) => document.getElementById(id);

  // --- numbers that change ---

  const POINTS = 60, WIDTH = 118, HEIGHT = 24, LEAST = [1, 0.01, 0.2], FAILURES = 2;

  function draw(chart, series) {
    const kind = Number(chart.dataset.kind);
    const most = Math.max(LEAST[kind], ...series);
    if (kind === FAILURES && !series.some((number) => number > 0)) series = [];
    let pen = "M", path = "";
    series.forEach((number, place) => {
      if (number < 0) { pen = "M"; return; }
      const x = (POINTS - series.length + place) * 2;
      const y = HEIGHT - 1 - number / most * (HEIGHT - 2);
      path += `${pen}${x} ${y.toFixed(1)}`;
      pen = "L";
    });
    chart.firstElementChild.setAttribute("d", path);
  }

  function addPoint(chart, number) {
    const series = chart.dataset.points.split(" ").filter(Boolean).map(Number);
    series.push(number);
    while (series.length > POINTS) series.shift();
    chart.dataset.points = series.join(" ");
    draw(chart, series);
  }

  // A balancer's place holds those of its members, so what is found in it need not be its own.
  const own = (place, selector) => [...place.querySelectorAll(selector)].filter((one) => one.closest("[data-at]") === place);
  const placesOf = (id) => document.querySelectorAll(`[data-at="${id}"]`);

  function put(place, name, text) {
    for (const cell of own(place, `[data-cell="${name}"]`)) {
      if (cell.textContent !== text) cell.textContent = text;
    }
  }

  function show(id, news) {
    for (const place of placesOf(id)) {
      for (const [name, text] of Object.entries(news)) {
        if (name === "kind") place.dataset.state = text;
        else if (name === "drain") showDrain(place, text);
        else if (name === "acts") showActs(place, text);
        else put(place, name, text);
      }
    }
  }

  function showDrain(place, drain) {
    for (const bar of own(place, "progress.drain")) {
      bar.hidden = !drain;
      if (drain) {
        bar.max = drain[0] || 1;
        bar.value = drain[0] ? drain[0] - drain[1] : 1;
      }
    }
  }

  function showActs(place, acts) {
    const buttons = own(place, "form.does button[name=act]");
    for (const button of buttons) {
      const wanted = acts.includes(button.value);
      if (!wanted && button === document.activeElement) {
        const other = buttons.find((one) => acts.includes(one.value));
        button.hidden = true;
        if (other) { other.hidden = false; other.focus(); }
      }
      button.hidden = !wanted;
    }
  }

  function showTroubles(troubles) {
    const section = byId("troubles");
    if (!section) return;
    const list = section.querySelector("ul");
    const said = JSON.stringify(troubles);
    if (section.dataset.said === said) return;
    section.dataset.said = said;
    section.hidden = troubles.length === 0;
    list.replaceChildren(...troubles.map(([id, kind, text]) => {
      const item = document.createElement("li"), link = document.createElement("a");
      item.className = kind;
      link.href = "#" + id;
      link.textContent = text;
      item.append(link);
      return item;
    }));
    document.title = (troubles.length ? `(${troubles.length}) ` : "") + document.title.replace(/^\(\d+\) /, "");
  }

  function live(is, how) {
    const place = byId("live");
    if (!place) return;
    place.dataset.is = is;
    place.querySelector(".how").textContent = how;
  }

  let changes = null;

  function take(news) {
    if (page.dataset.shape !== undefined && news.shape !== page.dataset.shape) return outdated();
    delete news.shape;
    showTroubles(news.troubles);
    delete news.troubles;
    const points = news.points;
    delete news.points;
    if (news.page && news.page.changes !== undefined) {
      if (changes !== null && changes !== news.page.changes) loadChanges();
      changes = news.page.changes;
      delete news.page.changes;
    }
    for (const [id, one] of Object.entries(news)) show(id, one);
    for (const [id, numbers] of Object.entries(points || {})) {
      for (const place of placesOf(id)) {
        for (const chart of own(place, "svg.chart")) addPoint(chart, numbers[Number(chart.dataset.kind)]);
      }
    }
    filter();
  }

  let leaving = false;

  // There are other members, or another configuration: not while somebody types, or a form is on its way.
  function outdated() {
    if (leaving) return;
    const typing = document.activeElement && document.activeElement.matches("input, select, dialog *");
    if (!typing) location.reload();
  }

  let asked = 0;

  async function loadChanges() {
    if (!byId("changes")) return;
    const number = ++asked;
    const answer = await fetch(location.pathname + location.search, {headers: {Accept: "text/html"}});
    const text = await answer.text();
    // Of two that are under way the later one says all.
    if (!answer.ok || number !== asked) return;
    const section = byId("changes");
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("changes");
    if (fresh && !section.contains(document.activeElement)) section.replaceWith(fresh);
  }

  function listen() {
    const source = new EventSource("?show=events");
    source.onopen = () => live("live", "live,");
    source.onmessage = (event) => { live("live", "live,"); take(JSON.parse(event.data)); };
    source.onerror = () => {
      live("lost", source.readyState === EventSource.CLOSED ? "not live: load the page again;" : "not live, trying again;");
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
    };
    addEventListener("pagehide", () => source.close());
  }

  // --- the filter ---

  const wanted = byId("filter"), urgent = byId("urgent");

  function filter() {
    if (!wanted) return;
    const said = wanted.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0, all = 0;
    for (const section of document.querySelectorAll(".balancer")) {
      let here = 0;
      for (const row of section.querySelectorAll("tr.member")) {
        const state = row.querySelector("[data-cell=word]").textContent;
        const words = (row.dataset.words + " " + state).toLowerCase();
        const fits = said.every((word) => words.includes(word));
        const hidden = !fits || (urgent.checked && ["good", "idle"].includes(row.dataset.state));
        if (row.hidden !== hidden) row.hidden = hidden;
        all += 1;
        here += hidden ? 0 : 1;
      }
      shown += here;
      section.hidden = here === 0 && (said.length > 0 || urgent.checked);
    }
    const text = said.length || urgent.checked ? `${shown} of ${all} members` : "";
    if (byId("found").textContent !== text) byId("found").textContent = text;
  }

  if (wanted) {
    wanted.addEventListener("input", filter);
    urgent.addEventListener("change", filter);
  }

  // --- what is done ---

  const sure = byId("sure"), said = byId("said");
  let telling = 0;

  function tell(answer) {
    const box = document.createElement("div"), text = document.createElement("span");
    box.className = answer.ok ? "notice" : "notice bad";
    text.textContent = answer.said;
    box.append(text);
    if (answer.undo) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Undo";
      button.addEventListener("click", () => send(new URLSearchParams({...answer.undo, act: "undo"})));
      box.append(button);
    }
    said.replaceChildren(box);
    clearTimeout(telling);
    telling = setTimeout(() => { if (!said.contains(document.activeElement)) said.replaceChildren(); }, 15000);
  }

  function askFirst(text) {
    byId("sure-text").textContent = text;
    sure.returnValue = "";
    return new Promise((then) => {
      sure.addEventListener("close", () => then(sure.returnValue === "yes"), {once: true});
      sure.showModal();
    });
  }

  async function send(form) {
    let answer;
    try {
      const got = await fetch("?show=change", {method: "POST", body: form, headers: {Accept: "application/json"}});
      answer = await got.json();
    } catch (fault) {
      answer = {ok: false, said: "Nobody answered: load the page again to see whether it was done.", undo: null};
    }
    if (answer.ask) {
      if (await askFirst(answer.ask)) { form.set("sure", "1"); await send(form); }
      return false;
    }
    tell(answer);
    return answer.ok;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.getAttribute("action") !== "?show=change" || form.querySelector("[name=sure]")) return;
    // What is on a page of its own is sent by the browser, and the page comes back with the values that are now.
    if (form.querySelector("[name=back]:not([value=''])")) { leaving = true; return; }
    event.preventDefault();
    send(new URLSearchParams(new FormData(form, event.submitter)));
  });

  // --- the keyboard ---

  const keys = byId("keys");
  if (keys) byId("keys-open").addEventListener("click", () => keys.showModal());

  const rows = () => [...document.querySelectorAll("tr.member")].filter((row) => row.offsetParent !== null);
  const rowAtHand = () => document.activeElement && document.activeElement.closest("tr.member");

  function step(by) {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(rowAtHand());
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
    next.focus();
    next.scrollIntoView({block: "nearest"});
  }

  function act(name) {
    const row = rowAtHand();
    const button = row && row.querySelector(`form.does button[value=${name}]:not([hidden])`);
    if (button) button.click();
  }

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const typing = event.target.matches("input:not([type=checkbox]), select, textarea");
    if (event.key === "Escape" && event.target === wanted) { wanted.value = ""; filter(); wanted.blur(); return; }
    if (typing || document.querySelector("dialog[open]")) return;
    const does = {
      "/": () => wanted && wanted.focus(), "?": () => keys && keys.showModal(), j: () => step(1), k: () => step(-1),
      d: () => act("drain"), e: () => act("enable"), x: () => act("disable"),
      Enter: () => { const row = rowAtHand(); if (row && row === event.target) row.querySelector("a.more").click(); },
    }[event.key];
    if (!does || (event.key === "Enter" && rowAtHand() !== event.target)) return;
    event.preventDefault();
    does();
  });

  if (page.dataset.live !== undefined) listen();
})();
