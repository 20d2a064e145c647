// A Bayeux client that does not give up: by WebSocket straight to Synchrony, or by long polling through Confluence.

const SOON = 20, LATER = 2000, TRIES = 3, OPENING = 5000, LITTLE = 30000;
const pause = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));

/**
 * `subscriptions()` gives what to subscribe to, [channel, ext] each. `told` has what to call: `ready(node, way)` once
 * all are answered, `joined(ext)` for an answer with one, `heard(channel, data)`, `confirmed()`, `lost(reason)`.
 */
export class Link {
  constructor({direct, internal, health, only, subscriptions, told}) {
    Object.assign(this, {direct, internal, health, only, subscriptions, told});
    this.waiting = new Set();
    this.count = 0;
    this.send = null;
  }

  /** Say something on a channel. Without a connection nothing happens: who joins again says what is lacking. */
  say(channel, data, lasting = false) {
    if (!this.send || !this.joining) return;
    const message = this.message(channel, {data});
    if (lasting) this.waiting.add(message.id);
    this.send(message);
  }

  async run() {
    for (let failed = 0, refused = 0; ;) {
      const way = this.only || (refused < TRIES ? "websocket" : "polling");
      this.wasReady = false;
      let reason;
      try {
        await (way === "websocket" ? this.byWebSocket() : this.byPolling());
      } catch (fault) {
        reason = fault.message;
      }
      this.send = null;
      this.joining = false;
      failed = this.wasReady ? 0 : failed + 1;
      this.told.lost(reason);
      this.waiting.clear();
      // Where nobody answers at all it is not the WebSocket that is missing.
      refused = failed && way === "websocket" && await this.answers() ? refused + 1 : 0;
      await pause(Math.min(LATER, SOON * 3 ** failed));
    }
  }

  async answers() {
    try {
      return (await fetch(this.health)).ok;
    } catch {
      return false;
    }
  }

  message(channel, more) {
    this.count += 1;
    return {channel, clientId: this.client, id: String(this.count), ...more};
  }

  byWebSocket() {
    return new Promise((_, ended) => {
      const socket = new WebSocket(location.origin.replace(/^http/, "ws") + this.direct);
      const patience = setTimeout(() => socket.close(), OPENING);
      this.send = (message) => socket.send(JSON.stringify([message]));
      socket.onopen = () => { clearTimeout(patience); this.begin("websocket"); };
      socket.onclose = ({code}) => {
        clearTimeout(patience);
        ended(new Error(this.wasReady ? `the WebSocket was cut (${code})` : "no WebSocket could be had"));
      };
      socket.onmessage = ({data}) => {
        try {
          JSON.parse(data).forEach((message) => this.hear(message, "websocket"));
        } catch (fault) {
          ended(fault);
          socket.onclose = null;
          socket.close();
        }
      };
    });
  }

  async byPolling() {
    const ending = new AbortController();
    const post = async (messages, words = false) => {
      const body = JSON.stringify(messages);
      const answer = await fetch(this.internal, {
        method: "POST", body, signal: ending.signal, headers: {"Content-Type": "application/json"},
        // What was said last arrives even where the window is being closed; browsers allow that for little.
        keepalive: words && body.length < LITTLE,
      });
      if (!answer.ok) throw new Error(`a poll was answered with ${answer.status}`);
      for (const message of await answer.json()) this.hear(message, "polling");
    };
    try {
      await new Promise((_, ended) => {
        // One POST at a time says things, so that they arrive in their order; another one waits for news.
        const queue = [];
        let busy = false;
        const flush = async () => {
          if (busy) return;
          busy = true;
          try {
            while (queue.length) await post(queue.splice(0), true);
          } catch (fault) {
            ended(fault);
          }
          busy = false;
        };
        this.send = (message) => {
          if (message.channel === "/meta/connect") post([message]).catch(ended);
          else { queue.push(message); flush(); }
        };
        this.begin("long-polling");
      });
    } catch (fault) {
      ending.abort();
      throw fault instanceof TypeError ? new Error("a poll was cut") : fault;
    }
  }

  begin(kind) {
    this.client = undefined;
    this.send(this.message("/meta/handshake", {version: "1.0", supportedConnectionTypes: [kind]}));
  }

  hear(message, way) {
    if (message.successful === false) throw new Error(message.error);
    const {channel, ext} = message;
    if (channel === "/meta/handshake") {
      this.client = message.clientId;
      this.node = ext.node;
      const wanted = this.subscriptions();
      this.unanswered = wanted.length;
      for (const [subscription, more] of wanted) {
        this.send(this.message("/meta/subscribe", {subscription, ...(more && {ext: more})}));
      }
    } else if (channel === "/meta/subscribe") {
      this.joining = true;
      if (ext) this.told.joined(ext);
      this.unanswered -= 1;
      if (this.unanswered) return;
      this.wasReady = true;
      this.told.ready(this.node, way);
      this.send(this.message("/meta/connect", {connectionType: way}));
    } else if (channel === "/meta/connect") {
      this.send(this.message("/meta/connect", {connectionType: way}));
    } else if ("successful" in message) {
      this.waiting.delete(message.id);
      this.told.confirmed();
    } else {
      this.told.heard(channel, message.data);
    }
  }
}
