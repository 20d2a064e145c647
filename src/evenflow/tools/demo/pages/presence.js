// Who is on the page, with which node, and where their caret stands: said often, forgotten when it is said no more.

import * as Y from "yjs";

const AGAIN = 4000, FORGOTTEN = 12000, CALM = 80;
const COLOURS = [["#7c3aed", "#b794ff"], ["#0f766e", "#4fd1c0"], ["#be185d", "#ff8fc0"], ["#4d7c0f", "#a8d65c"]];
const dark = matchMedia("(prefers-color-scheme: dark)");

export class Presence {
  /** `me()` says what to tell of this window; `changed()` is called when somebody comes, goes or moves. */
  constructor(text, area, say, me, changed) {
    Object.assign(this, {text, area, say, me, changed});
    this.id = text.doc.clientID;
    this.others = new Map();
    document.addEventListener("selectionchange", () => this.soon());
    dark.addEventListener("change", changed);
    addEventListener("pagehide", () => say({id: this.id, left: true}));
    setInterval(() => { this.tell(); this.forget(); }, AGAIN);
  }

  /** A colour for everybody, the same in all windows: by their rank among those who are here. */
  colour(id) {
    const rank = [this.id, ...this.others.keys()].filter((other) => other < id).length;
    return COLOURS[rank % COLOURS.length][dark.matches ? 1 : 0];
  }

  soon() {
    this.timer ??= setTimeout(() => this.tell(), CALM);
  }

  tell() {
    clearTimeout(this.timer);
    this.timer = undefined;
    const place = (index) => Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(this.text, index, -1));
    this.say({id: this.id, ...this.me(), caret: place(this.area.selectionEnd)});
  }

  heard(said) {
    if (said.id === this.id) return;
    if (said.left) this.others.delete(said.id);
    else {
      if (!this.others.has(said.id)) this.soon();
      this.others.set(said.id, {...said, seen: Date.now()});
    }
    this.changed();
  }

  forget() {
    const before = this.others.size;
    for (const [id, {seen}] of this.others) if (Date.now() - seen > FORGOTTEN) this.others.delete(id);
    if (this.others.size !== before) this.changed();
  }

  /** The carets of the others as they stand now, by place. */
  carets() {
    const found = [];
    for (const {id, name, caret} of this.others.values()) {
      const place = Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(caret), this.text.doc);
      if (place) found.push({name, colour: this.colour(id), index: place.index});
    }
    return found.sort((one, other) => one.index - other.index);
  }
}

/** Draw the carets of others into `sheet`, which lies below `area` and breaks its lines alike. */
export function draw(carets, area, sheet) {
  const parts = [];
  let at = 0;
  for (const {name, colour, index} of carets) {
    const caret = document.createElement("span");
    caret.className = "caret";
    caret.dataset.name = name;
    caret.style.setProperty("--who", colour);
    parts.push(area.value.slice(at, index), caret);
    at = index;
  }
  sheet.replaceChildren(...parts, `${area.value.slice(at)}\n`);
  sheet.scrollTop = area.scrollTop;
}
