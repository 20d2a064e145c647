// The page that people edit together: the text, who serves it, and what happened meanwhile.

import * as Y from "yjs";
import {Link} from "./bayeux.js";
import {Binding} from "./binding.js";
import {Nodes} from "./nodes.js";
import {Presence, draw} from "./presence.js";

const said = JSON.parse(document.body.dataset.said);
const at = (id) => document.getElementById(id);
const area = at("text");
const HEARTBEAT = 2500;
const WAYS = {websocket: "WebSocket", polling: "long polling through Confluence"};

const toText = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const fromText = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

const doc = new Y.Doc();
const text = doc.getText("text");
const binding = new Binding(text, area, new Y.UndoManager(text, {trackedOrigins: new Set([area])}));
const pages = `/pages/${said.page}`, presenceOf = `/presence/${said.page}`;
const only = new URLSearchParams(location.search).get("way");

// --- what happened ----------------------------------------------------------------------------------------------------

function happened(words, kind = "") {
  const row = document.createElement("li"), time = document.createElement("time"), what = document.createElement("span");
  time.textContent = new Date().toTimeString().slice(0, 8);
  what.textContent = words;
  what.className = kind;
  row.append(time, what);
  // The newest first: that is what is looked for.
  at("log").prepend(row);
}

// --- who serves -------------------------------------------------------------------------------------------------------

const serves = {confluence: said.node, synchrony: "", way: ""};

function showNode(kind, node) {
  if (serves[kind] === node) return;
  serves[kind] = node;
  at(kind).dataset.node = node;
  at(kind).textContent = node ? `node ${node}` : "nobody";
  presence.tell();
  showPeople();
}

function showWay(way) {
  serves.way = way;
  at("way").textContent = way ? WAYS[way] : "looking for one";
  const query = new URLSearchParams(location.search);
  if (only === "polling") query.delete("way"); else query.set("way", "polling");
  at("other-way").href = `?${query}`;
  at("other-way").textContent = only === "polling" ? "by WebSocket" : "by polling";
}

function showPeople() {
  const mine = {id: doc.clientID, name: `${said.user} (this window)`, ...serves};
  const rows = [mine, ...presence.others.values()].map(({id, name, confluence, synchrony}) => {
    const row = document.createElement("li"), dot = document.createElement("span"), who = document.createElement("span");
    dot.className = "dot";
    dot.style.setProperty("--who", presence.colour(id));
    who.textContent = name;
    const [page, editor] = [["Confluence", confluence], ["Synchrony", synchrony]].map(([kind, node]) => {
      const badge = document.createElement("b");
      badge.className = "node";
      badge.dataset.node = node;
      badge.textContent = `${kind[0]}${node || "-"}`;
      badge.title = badge.ariaLabel = `${kind} node ${node || "none"}`;
      badge.role = "img";
      return badge;
    });
    row.append(dot, who, page, editor);
    return row;
  });
  at("people").replaceChildren(...rows);
  at("my-colour").style.setProperty("--who", presence.colour(doc.clientID));
  draw(presence.carets(), area, at("carets"));
}

function showState() {
  const waiting = link.waiting.size, words = text.toString().split(/\s+/).filter(Boolean).length;
  const kept = at("kept");
  kept.dataset.is = serves.synchrony && !waiting ? "kept" : "waiting";
  if (!serves.synchrony) kept.textContent = area.disabled ? "connecting" : "nobody carries it now: go on writing";
  else kept.textContent = waiting ? `${waiting} on the way` : "all is kept";
  at("words").textContent = words === 1 ? "1 word" : `${words} words`;
}

// --- the shared text --------------------------------------------------------------------------------------------------

let lostAt = 0, unconfirmed = 0;

const link = new Link({
  direct: said.bayeux,
  internal: said.internal,
  health: said.health,
  only: only in WAYS ? only : undefined,
  subscriptions: () => [[pages, {vector: toText(Y.encodeStateVector(doc))}], [presenceOf]],
  told: {
    joined: ({update, vector}) => binding.whenQuiet(() => {
      Y.applyUpdate(doc, fromText(update), link);
      const lacking = Y.encodeStateAsUpdate(doc, fromText(vector));
      if (lacking.some(Boolean)) link.say(pages, {update: toText(lacking)}, true);
    }),
    ready: (node, way) => {
      const took = lostAt ? ` after ${Math.round(performance.now() - lostAt)} ms` : "";
      const again = unconfirmed ? `; sent again: ${unconfirmed} not confirmed` : "";
      happened(`Synchrony node ${node} carries the editor${took}, by ${WAYS[way]}${again}`, "good");
      lostAt = unconfirmed = 0;
      const first = area.disabled;
      area.disabled = false;
      if (first) area.focus();
      showWay(way);
      showNode("synchrony", node);
      showState();
    },
    heard: (channel, data) => binding.whenQuiet(() => {
      if (channel === pages) Y.applyUpdate(doc, fromText(data.update), link);
      else presence.heard(data);
    }),
    confirmed: () => showState(),
    lost: (reason) => {
      unconfirmed += link.waiting.size;
      if (serves.synchrony) {
        lostAt = performance.now();
        happened(reason, "bad");
      }
      showWay("");
      showNode("synchrony", "");
      showState();
      heartbeat();
    },
  },
});

const presence = new Presence(text, area, (told) => link.say(presenceOf, told), () => ({name: said.user, ...serves}), showPeople);

doc.on("update", (update, origin) => {
  if (origin !== link) link.say(pages, {update: toText(update)}, true);
  draw(presence.carets(), area, at("carets"));
  showState();
});
area.addEventListener("scroll", () => { at("carets").scrollTop = area.scrollTop; });

// --- the session ------------------------------------------------------------------------------------------------------

function showSession({node, user}) {
  if (node !== serves.confluence) happened(`Confluence node ${node} serves the page now`, user ? "good" : "bad");
  showNode("confluence", node);
  if (at("again").hidden === !user) happened(user ? `signed in on node ${node}` : `node ${node} does not know the session`, user ? "good" : "bad");
  at("again-why").textContent = `It lived on another node, and node ${node} does not know it.`;
  at("again").hidden = Boolean(user);
}

async function heartbeat() {
  try {
    const answer = await fetch("/json/startheartbeatactivity.action", {method: "POST"});
    if (answer.ok || answer.status === 401) showSession(await answer.json());
  } catch {
    // Nobody answers; the next one may be answered.
  }
}

at("again-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch("/dologin.action", {
    method: "POST", headers: {Accept: "application/json"}, body: new URLSearchParams({os_username: said.user}),
  });
  if (answer.ok) showSession(await answer.json());
  area.focus();
});

// --- all of it --------------------------------------------------------------------------------------------------------

new Nodes(said.switch, at("nodes-card"), at("nodes"), (words, kind) => { happened(words, kind); heartbeat(); });
at("manager").href = said.manager || "#";
at("manager").hidden = !said.manager;
happened(`Confluence node ${said.node} gave out the page`);
showWay("");
showPeople();
showState();
setInterval(heartbeat, HEARTBEAT);
link.run();
