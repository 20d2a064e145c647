// A textarea shows a Y.Text, and what is typed into it becomes small changes of that text. The reader's caret stays
// where it is while others write.

const HIGH = /[\ud800-\udbff]/, LOW = /[\udc00-\udfff]/;

/** What was replaced when `before` became `after` and the caret came to stand at `caret`: [start, removed, inserted]. */
export function difference(before, after, caret) {
  let tail = 0;
  // What stands behind the caret has not been touched: that decides where one of several equal letters was typed.
  const most = Math.min(before.length, after.length - caret);
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  let start = 0;
  const rest = Math.min(before.length, after.length) - tail;
  while (start < rest && before[start] === after[start]) start += 1;
  // Half a character is none.
  if (start > 0 && HIGH.test(before[start - 1])) start -= 1;
  if (tail > 0 && LOW.test(before.at(-tail))) tail -= 1;
  return [start, before.length - tail - start, after.slice(start, after.length - tail)];
}

/** Binds both. Changes that come from `area` have `area` as their origin. */
export class Binding {
  constructor(text, area, undo) {
    this.text = text;
    this.area = area;
    this.composing = false;
    this.held = [];
    area.value = this.shown = text.toString();
    text.observe((event) => this.follow(event));
    area.addEventListener("input", () => this.composing || this.take());
    // While a letter is being composed nothing else may change the textarea.
    area.addEventListener("compositionstart", () => { this.composing = true; });
    area.addEventListener("compositionend", () => {
      this.composing = false;
      this.take();
      this.held.splice(0).forEach((act) => act());
    });
    area.addEventListener("beforeinput", (event) => {
      const act = {historyUndo: "undo", historyRedo: "redo"}[event.inputType];
      if (act) { event.preventDefault(); undo[act](); }
    });
    area.addEventListener("keydown", (event) => {
      const key = event.key.toLowerCase();
      if (!(event.ctrlKey || event.metaKey) || event.altKey || !"zy".includes(key)) return;
      event.preventDefault();
      undo[key === "y" || event.shiftKey ? "redo" : "undo"]();
    });
  }

  /** Do it now, or once the letter that is being composed is there. */
  whenQuiet(act) {
    if (this.composing) this.held.push(act); else act();
  }

  take() {
    const [start, removed, inserted] = difference(this.shown, this.area.value, this.area.selectionEnd);
    this.shown = this.area.value;
    if (!removed && !inserted) return;
    this.text.doc.transact(() => {
      if (removed) this.text.delete(start, removed);
      if (inserted) this.text.insert(start, inserted);
    }, this.area);
  }

  follow(event) {
    if (event.transaction.origin === this.area) return;
    let at = 0;
    for (const change of event.delta) {
      if (change.retain) at += change.retain;
      else if (change.delete) this.area.setRangeText("", at, at + change.delete, "preserve");
      else { this.area.setRangeText(change.insert, at, at, "preserve"); at += change.insert.length; }
    }
    this.shown = this.area.value;
  }
}
