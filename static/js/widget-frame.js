/** <widget-chat>: the chat inside the frame that a widget's script puts on other websites. */
import { paint } from "./widget-colours.js";
import { Refused, Site } from "./widget-site.js";

const AGAIN_MS = 2000;
const TRIES = 8;

class WidgetChat extends HTMLElement {
  connectedCallback() {
    this.find = (name) => this.querySelector(`[data-${name}]`);
    this.turns = this.find("turns");
    this.field = this.querySelector("textarea");
    this.store = new Store(`youju-widget ${this.dataset.widget}`);
    const { token, conversation } = this.dataset.token ? { token: this.dataset.token } : this.store.read();
    this.site = new Site(this.dataset.widget, this.dataset.language, token ?? "");
    this.conversation = conversation ?? null;
    paint(this.dataset.accent);
    this.addEventListener("click", (event) => this.clicked(event));
    this.addEventListener("keydown", (event) => event.key === "Escape" && this.tell("close"));
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("input", () => this.grow());
    this.find("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask(this.field.value);
    });
    window.addEventListener("message", (event) => this.heard(event));
    if (this.dataset.token) this.enter(location.origin);
    else if (window.parent === window) this.say(this.dataset.alone);
    else window.parent.postMessage({ youju: "ready" }, "*");
  }

  /** The first greeting says which page we are on: the browser vouches for its origin. */
  heard(event) {
    if (event.source !== window.parent) return;
    const { youju, look } = event.data ?? {};
    if (youju === "hello" && !this.entered) this.enter(event.origin);
    if (youju === "focus") this.field.focus();
    if (youju === "look" && this.dataset.token && event.origin === location.origin) this.show(look);
  }

  tell(what) {
    if (this.host) window.parent.postMessage({ youju: what }, this.host);
  }

  enter(origin) {
    this.host = origin;
    this.entered = this.site.enter(origin, this.conversation).then(
      ({ conversation, turns }) => this.resume(conversation, turns),
      (error) => {
        this.entered = null;
        this.fail(error);
      },
    );
    return this.entered;
  }

  resume(conversation, turns) {
    this.conversation = conversation;
    this.turns.replaceChildren(...turns.map(parsed));
    this.turns.querySelectorAll(".turn:not(:last-child) [data-retry]").forEach((button) => button.remove());
    this.keep();
    this.begun(turns.length > 0);
    this.say("");
    if (turns.length) this.toBottom();
    this.turns.querySelectorAll("[data-live]").forEach((answer) => this.follow(answer));
  }

  keep() {
    if (!this.dataset.token) this.store.write({ token: this.site.token, conversation: this.conversation });
  }

  begun(has) {
    this.find("start").hidden = has;
    this.find("new").hidden = !has;
  }

  clicked(event) {
    const pressed = event.target.closest("button");
    if (!pressed) return;
    const answer = pressed.closest("[data-answer]");
    if (pressed.matches(".cite")) this.quote(answer, pressed);
    for (const name of ["close", "new", "starter", "stop", "retry", "rephrase", "thumb"]) {
      if (name in pressed.dataset) this[`on_${name}`](pressed, answer);
    }
  }

  on_close() {
    this.tell("close");
  }

  on_new() {
    this.abort?.abort();
    this.conversation = null;
    this.turns.replaceChildren();
    this.keep();
    this.begun(false);
    this.say("");
    this.field.focus();
  }

  on_starter(pressed) {
    this.ask(pressed.textContent);
  }

  async on_stop(pressed, answer) {
    pressed.disabled = true;
    this.step(answer, this.dataset.stopping);
    await this.site.ask(`/answers/${answer.dataset.answer}/stop`).catch((error) => {
      pressed.disabled = false;
      this.fail(error);
    });
  }

  async on_retry(pressed, answer) {
    pressed.disabled = true;
    try {
      const { html } = await this.site.ask(`/answers/${answer.dataset.answer}/retry`);
      const fresh = parsed(html);
      answer.replaceWith(fresh);
      this.say("");
      this.follow(fresh);
    } catch (error) {
      pressed.disabled = false;
      this.fail(error);
    }
  }

  async on_thumb(pressed, answer) {
    const { thumb } = pressed.dataset;
    try {
      await this.site.ask(`/answers/${answer.dataset.answer}/thumb`, { thumb });
      for (const one of answer.querySelectorAll("[data-thumb]")) one.ariaPressed = String(one === pressed);
      this.find("announce").textContent = this.dataset.thanks;
    } catch (error) {
      this.fail(error);
    }
  }

  on_rephrase(pressed, answer) {
    this.field.value = answer.closest(".turn").querySelector(".question").lastChild.textContent.trim();
    this.grow();
    this.field.focus();
    this.field.select();
  }

  /** A citation opens its source below the answer, with the words behind this very sentence. */
  quote(answer, pressed) {
    const source = answer.querySelector(`details[data-source="${pressed.dataset.n}"]`);
    if (!source) return;
    source.querySelector("[data-quoted]").textContent = pressed.dataset.quote;
    source.open = true;
    source.querySelector("summary").focus({ preventScroll: true });
    source.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    // While an input method is composing, Enter chooses a candidate and must not send.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.ask(this.field.value);
  }

  grow() {
    this.field.style.blockSize = "auto";
    this.field.style.blockSize = `${Math.min(this.field.scrollHeight + 2, 140)}px`;
    const length = [...this.field.value].length;
    const over = length > Number(this.dataset.limit);
    if (over || this.over) {
      const words = this.dataset.over.replace("%length%", length).replace("%limit%", this.dataset.limit);
      this.say(over ? words : "");
    }
    this.over = over;
  }

  async ask(question) {
    if (!question.trim() || this.busy || this.over) return;
    this.busy = true;
    this.say("");
    try {
      if (!this.entered) await this.enter(this.host);
      await this.entered;
      if (!this.entered) return;
      const { conversation, html } = await this.site.ask("/questions", { question, conversation: this.conversation });
      this.asked(conversation, html, question);
    } catch (error) {
      this.field.value ||= question;
      this.grow();
      this.fail(error);
    } finally {
      this.busy = false;
    }
  }

  asked(conversation, html, question) {
    this.conversation = conversation;
    this.keep();
    this.begun(true);
    this.turns.querySelectorAll("[data-retry]").forEach((button) => button.remove());
    const turn = parsed(html);
    this.turns.append(turn);
    if (this.field.value === question) this.field.value = "";
    this.grow();
    this.field.focus();
    this.toBottom();
    this.follow(turn.querySelector("[data-answer]"));
  }

  /** Shows an answer while it is written; a connection that breaks is taken up behind the last event. */
  async follow(answer) {
    const path = `/answers/${answer.dataset.answer}/stream`;
    const live = { answer, place: "", fresh: true };
    this.abort = new AbortController();
    const { signal } = this.abort;
    for (let tries = 0; tries < TRIES && answer.isConnected; tries += 1) {
      try {
        for await (const [name, data, place] of this.site.events(path, live.place, signal)) {
          tries = 0;
          live.place = place || live.place;
          if (this.happened(live, name, data)) return;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Refused) return this.fail(error);
      }
      this.step(answer, this.dataset.lost);
      await new Promise((resume) => setTimeout(resume, AGAIN_MS));
    }
    if (answer.isConnected) this.fail();
  }

  /** Whether that was the end. */
  happened(live, name, data) {
    const text = live.answer.querySelector("[data-text]");
    const follows = this.isNearBottom();
    if (name === "sources") this.step(live.answer, this.dataset.reading);
    if (name === "reset" || (name === "token" && live.fresh)) text.textContent = "";
    if (name === "token") {
      live.fresh = false;
      text.append(data.text);
      this.step(live.answer, this.dataset.writing);
    }
    if (name === "done") this.done(live.answer, data.html);
    if (follows) this.toBottom();
    return name === "done";
  }

  done(answer, html) {
    const finished = parsed(html);
    answer.replaceWith(finished);
    // What had to wait for this answer can be asked now.
    if (this.waiting) this.say("");
    const words = [...finished.querySelectorAll("[data-text]")].map((part) => part.textContent.trim());
    this.find("announce").textContent = `${finished.getAttribute("aria-label")}: ${words.join(" ")}`;
  }

  step(answer, words) {
    const line = answer.querySelector("[data-state]");
    if (line && line.textContent !== words) line.textContent = words;
  }

  say(words) {
    this.waiting = false;
    this.find("problem").textContent = words;
  }

  fail(error) {
    this.say((error instanceof Refused && error.message) || this.dataset.away);
    this.waiting = error?.kind === "still_writing";
  }

  isNearBottom() {
    const log = this.find("log");
    return log.scrollHeight - log.clientHeight - log.scrollTop < 120;
  }

  toBottom() {
    const log = this.find("log");
    log.scrollTop = log.scrollHeight;
  }

  /** What an editor is changing, before it is saved. */
  show({ name, accent, greeting, questions }) {
    paint(accent);
    this.find("name").textContent = name;
    this.find("greeting").textContent = greeting || this.find("greeting").dataset.usual;
    this.find("starters").replaceChildren(
      ...questions.map((words) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.starter = "";
        button.textContent = words;
        item.append(button);
        return item;
      }),
    );
  }
}

/** The tab's storage, which belongs to the page around us alone; where it is refused, this page's memory. */
class Store {
  constructor(key) {
    this.key = key;
  }

  read() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key)) ?? {};
    } catch {
      return {};
    }
  }

  write(known) {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(known));
    } catch {
      // Kept in memory all the same.
    }
  }
}

function parsed(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.firstElementChild;
}

customElements.define("widget-chat", WidgetChat);
