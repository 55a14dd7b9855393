/**
 * <prompt-runs>: runs a prompt by one model or by several side by side, each in a column of its own that is
 * followed, stopped and fails by itself. Without it the page waits and shows all results at once.
 */
import { csrfToken } from "./csrf.js";

const SECOND_MS = 1000;
const UNSENT = "unsent-prompt";

class PromptRuns extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form[data-run]");
    this.columns = this.querySelector("[data-columns]");
    this.blank = this.querySelector("template[data-column]");
    this.runs = [];
    this.waiting = [];
    this.restore();
    this.form?.addEventListener("submit", (event) => this.submit(event));
    this.form?.addEventListener("keydown", (event) => this.key(event));
  }

  disconnectedCallback() {
    this.stopAll();
  }

  stopAll() {
    this.waiting = [];
    for (const run of this.runs) run.stop();
  }

  /** Ctrl+Enter, or ⌘+Enter, runs it from any field. */
  key(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    const button = this.form.querySelector("button[data-run-now]");
    if (button) this.form.requestSubmit(button);
  }

  submit(event) {
    if (event.submitter?.matches("[data-fill], [name=look], [name=switch]")) return;
    event.preventDefault();
    const models = this.chosen();
    this.stopAll();
    this.clear();
    if (models.length > Number(this.dataset.most ?? Infinity)) return this.refuse({ fields: { model: this.dataset.tooMany } });
    this.runs = models.map((model) => new Run(this, model));
    this.columns.replaceChildren(...this.runs.map((run) => run.column));
    this.found = "";
    this.waiting = [...this.runs];
    this.release(this.hasAttribute("data-searches") ? 1 : Infinity);
    for (const run of this.waiting) run.say(this.dataset.searching);
    this.columns.scrollIntoView({ block: "nearest" });
  }

  /** Begins as many as given of those that wait: what the first one found is read by all. */
  release(count) {
    for (const run of this.waiting.splice(0, count)) if (!run.isOver) run.begin();
  }

  /** A run has searched, or is over without having done so: then the next one does. */
  searched(run, found) {
    if (!this.runs.includes(run)) return;
    this.found = found || this.found;
    this.release(this.found ? Infinity : 1);
  }

  /** Short name and title of each model; one without a name where none was chosen, which the server refuses. */
  chosen() {
    const select = this.form.querySelector("select[name=model]");
    if (select) return [{ name: select.value, title: select.selectedOptions[0]?.textContent ?? "" }];
    const boxes = [...this.form.querySelectorAll("input[name=model]:checked")];
    const found = boxes.map((box) => ({ name: box.value, title: box.parentElement.textContent.trim() }));
    return found.length ? found : [{ name: "", title: "" }];
  }

  /** What was wrong with the form stands beside its fields, and everything typed stays. */
  refuse({ error = "", fields = {} }) {
    this.stopAll();
    this.columns.replaceChildren();
    const named = Object.entries(fields).filter(([name]) => this.place(name));
    for (const [name, words] of named) tell(this.place(name), words);
    if (!named.length) tell(this.form.querySelector("[data-form-error]"), error);
    const [first] = named;
    const field = first && this.form.elements[first[0]];
    (field?.focus ? field : field?.[0])?.focus();
    if (first && field?.setAttribute) field.setAttribute("aria-invalid", "true");
  }

  /** The page leads to the sign-in page and back, and what was typed is there again. */
  signInAgain() {
    const typed = [...new FormData(this.form)].filter(([name]) => name.startsWith("v-"));
    sessionStorage.setItem(UNSENT, JSON.stringify({ at: location.href, typed }));
    location.assign(location.href);
  }

  restore() {
    const { at, typed = [] } = JSON.parse(sessionStorage.getItem(UNSENT) ?? "{}");
    sessionStorage.removeItem(UNSENT);
    if (at !== location.href) return;
    for (const [name, value] of typed) if (this.form?.elements[name]) this.form.elements[name].value = value;
  }

  place(name) {
    return this.form.querySelector(`[data-error-for="${CSS.escape(name)}"]`);
  }

  clear() {
    for (const place of this.form.querySelectorAll("[data-error-for], [data-form-error]")) place.hidden = true;
    for (const field of this.form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  }
}

class Run {
  constructor(host, model) {
    this.host = host;
    this.model = model;
    this.column = host.blank.content.firstElementChild.cloneNode(true);
    this.text = this.column.querySelector("[data-text]");
    this.state = this.column.querySelector("[data-state]");
    this.column.setAttribute("aria-label", model.title);
    this.column.querySelector("[data-title]").textContent = model.title;
    this.column.querySelector("[data-whose]").textContent = ` ${model.title}`;
    this.column.querySelector("[data-stop]").addEventListener("click", () => this.stop());
    this.controller = new AbortController();
  }

  async begin() {
    this.began = performance.now();
    this.clock = setInterval(() => this.tick(), SECOND_MS);
    const body = new FormData(this.host.form);
    body.set("model", this.model.name);
    body.set("found", this.host.found);
    try {
      const response = await fetch(this.host.form.dataset.run, {
        method: "POST",
        body,
        headers: { Accept: "text/event-stream, application/json", "X-CSRFToken": csrfToken() },
        signal: this.controller.signal,
      });
      await this.take(response);
    } catch {
      if (!this.isOver) this.end(this.isStopped ? this.host.dataset.stopped : this.host.dataset.lost);
    }
  }

  async take(response) {
    if (response.redirected || response.status === 403) return this.host.signInAgain();
    if (!response.ok) {
      const told = await response.json();
      if (response.status === 422) return this.host.refuse(told);
      return this.end(told.error, "error");
    }
    for await (const { event, data } of events(response.body)) this.hear(event, data);
    if (!this.isOver) this.end(this.host.dataset.lost);
  }

  hear(event, data) {
    if (event === "done") return this.done(data);
    if (event === "facts") this.facts = data.html;
    if (event === "sources") return this.read(data.found);
    if (event === "waiting") return this.say(data.text || this.host.dataset.asking);
    if (event === "thinking") return this.think(data.text);
    if (event !== "token") return undefined;
    this.say(this.host.dataset.writing);
    this.text.append(data.text);
  }

  read(found) {
    this.say(this.host.dataset.reading);
    this.host.searched(this, found);
  }

  think(text) {
    const box = this.column.querySelector(".reasoning");
    box.hidden = false;
    this.say(this.host.dataset.thinkingNow);
    box.querySelector("[data-thinking]").append(text);
  }

  /** The server's finished result takes the place of what was streamed. */
  done({ html, found }) {
    this.finish(found);
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const result = holder.content.firstElementChild;
    this.column.replaceWith(result);
    this.column = result;
    announce(`${this.model.title}: ${result.querySelector(".notice.error")?.textContent.trim() ?? this.host.dataset.finished}`);
  }

  stop() {
    if (this.isOver || this.isStopped) return;
    this.isStopped = true;
    this.controller.abort();
    if (!this.clock) this.end(this.host.dataset.stopped);
  }

  /** It ends here, without a result of the server, with what is known of its tokens and its cost. */
  end(words, kind = "") {
    this.finish();
    this.column.removeAttribute("aria-busy");
    const line = document.createElement("p");
    line.className = kind ? `notice ${kind}` : "answer-note";
    line.setAttribute("role", "status");
    line.textContent = words;
    const facts = document.createElement("template");
    facts.innerHTML = this.facts ?? "";
    this.column.querySelector(".writing").replaceWith(line, facts.content);
  }

  finish(found = "") {
    this.isOver = true;
    clearInterval(this.clock);
    this.host.searched(this, found);
  }

  tick() {
    const place = this.column.querySelector("[data-clock]");
    if (place) place.textContent = `${Math.round((performance.now() - this.began) / SECOND_MS)} s`;
  }

  say(words) {
    if (this.state.textContent !== words) this.state.textContent = words;
  }
}

/** Server-sent events out of the body of a response. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const lines = part.split("\n");
      const event = lines.find((line) => line.startsWith("event: "))?.slice(7);
      const data = lines.find((line) => line.startsWith("data: "))?.slice(6);
      if (event && data) yield { event, data: JSON.parse(data) };
    }
  }
}

function tell(place, words) {
  if (!place || !words) return;
  place.querySelector("[data-words]").textContent = words;
  place.hidden = false;
}

function announce(words) {
  const place = document.getElementById("announce");
  if (place) place.textContent = words;
}

customElements.define("prompt-runs", PromptRuns);
