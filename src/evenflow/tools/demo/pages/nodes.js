// The nodes, as the demo's own switch knows them: do they run, and the buttons that stop and start them.

const EVERY = 1000;

export class Nodes {
  /** Asks at `switchboard` until it turns out that nobody is there. `happened(words, kind)` is told. */
  constructor(switchboard, card, list, happened) {
    Object.assign(this, {switchboard, card, list, happened});
    this.running = new Map();
    if (switchboard) this.look();
  }

  async look() {
    try {
      const answer = await fetch(`${this.switchboard}nodes`);
      // Another configuration, or another machine than the one that may throw the switch.
      if (answer.status === 404 || answer.status === 403) return;
      if (answer.ok) this.show(await answer.json());
    } catch {
      // The balancer itself is gone; the next look may find it.
    }
    setTimeout(() => this.look(), EVERY);
  }

  async act(name, act, button) {
    button.disabled = true;
    try {
      const answer = await fetch(`${this.switchboard}nodes/${name}/${act}`, {
        method: "POST", headers: {"X-Evenflow-Demo": "page"},
      });
      const told = await answer.json();
      if (answer.ok) this.show(told); else this.happened(told.error, "bad");
    } catch {
      this.happened("the switch does not answer", "bad");
    }
    button.disabled = false;
  }

  show(processes) {
    this.card.hidden = false;
    const names = [...new Set(processes.map(({name}) => name))];
    for (const name of names) {
      const up = processes.filter((one) => one.name === name).every(({running}) => running);
      if (this.running.get(name) === up) continue;
      if (this.running.has(name)) this.happened(`node ${name} was ${up ? "started" : "stopped"}`, up ? "good" : "bad");
      this.running.set(name, up);
      this.row(name, up);
    }
  }

  row(name, up) {
    let row = this.list.querySelector(`[data-name="${name}"]`);
    if (!row) {
      row = document.createElement("li");
      row.dataset.name = name;
      row.append(...["b", "span", "button"].map((kind) => document.createElement(kind)));
      this.list.append(row);
    }
    const [badge, state, button] = row.children;
    badge.className = "node";
    badge.dataset.node = up ? name : "";
    badge.textContent = `node ${name}`;
    state.textContent = up ? "runs" : "is stopped";
    button.type = "button";
    button.className = up ? "stop" : "start";
    button.textContent = `${up ? "Stop" : "Start"} node ${name}`;
    button.onclick = () => this.act(name, up ? "stop" : "start", button);
  }
}
