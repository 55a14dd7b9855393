/**
 * <answer-stream src>: shows an answer while it is written. The browser reconnects by itself and
 * resumes behind the last event; the server's finished answer replaces everything at the end.
 */
import { replaceAnswer, replaceTurn, showNewest, tellTabs } from "./chat-tabs.js";
import { tell } from "./chat-refusals.js";
import { csrfToken } from "./csrf.js";

const AGAIN_MS = 3000;
const TRIES = 20;

class AnswerStream extends HTMLElement {
  connectedCallback() {
    this.text = this.querySelector("[data-text]");
    this.state = this.querySelector("[data-state]");
    this.now = this.state?.textContent ?? "";
    this.tries = 0;
    this.querySelector("[data-stop]")?.addEventListener("submit", (event) => this.stop(event));
    this.follow();
  }

  disconnectedCallback() {
    this.source?.close();
    clearTimeout(this.again);
  }

  follow() {
    this.fresh = true;
    // All of it comes again.
    this.querySelector("[data-thinking]").textContent = "";
    this.source = new EventSource(this.getAttribute("src"));
    const on = (name, act) => this.source.addEventListener(name, (event) => act(JSON.parse(event.data)));
    on("rewritten", ({ question }) => this.rewritten(question));
    on("sources", () => this.step(this.dataset.reading));
    on("token", ({ text }) => this.token(text));
    on("thinking", ({ text }) => this.thinking(text));
    on("waiting", ({ text }) => this.step(text || this.dataset.reading));
    on("reset", () => this.reset());
    on("done", ({ html }) => this.done(html));
    this.source.addEventListener("open", () => this.opened());
    this.source.addEventListener("error", () => this.lost());
  }

  opened() {
    this.tries = 0;
    this.say(this.now);
  }

  rewritten(question) {
    const line = this.querySelector("[data-rewritten]");
    line.querySelector("[data-question]").textContent = question;
    line.hidden = false;
  }

  token(text) {
    // The stream begins at the answer's start, so what the page came with would stand there twice.
    if (this.fresh) this.text.textContent = "";
    this.fresh = false;
    this.step(this.dataset.writing);
    const follows = nearBottom();
    this.text.append(text);
    if (follows) toBottom();
  }

  thinking(text) {
    const box = this.querySelector(".reasoning");
    box.hidden = false;
    this.step(this.dataset.thinkingNow);
    box.querySelector("[data-thinking]").append(text);
  }

  /** Another model begins, or the same one anew. */
  reset() {
    const box = this.querySelector(".reasoning");
    box.hidden = true;
    box.querySelector("[data-thinking]").textContent = "";
    this.text.textContent = "";
    this.step(this.dataset.reading);
  }

  done(html) {
    this.source.close();
    const follows = nearBottom();
    const finished = replaceAnswer(html);
    announce(finished);
    if (follows) toBottom();
  }

  /** A connection that was refused is tried again by us, one that broke by the browser. */
  lost() {
    if (this.source.readyState !== EventSource.CLOSED) return this.say(this.dataset.lost);
    if (this.tries >= TRIES) return this.say(this.dataset.gone);
    this.tries += 1;
    this.say(this.dataset.lost);
    this.again = setTimeout(() => this.follow(), AGAIN_MS);
  }

  step(words) {
    if (this.now === words || this.stopping) return;
    this.now = words;
    this.say(words);
  }

  say(words) {
    if (this.state) this.state.textContent = words;
  }

  async stop(event) {
    event.preventDefault();
    const button = event.target.querySelector("button");
    button.disabled = this.stopping = true;
    this.say(this.dataset.stopping);
    const response = await posted(event.target.action);
    if (response?.ok) return;
    button.disabled = this.stopping = false;
    this.say(this.now);
  }
}

function posted(address) {
  return fetch(address, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
  }).catch(() => null);
}

function nearBottom() {
  const page = document.documentElement;
  return page.scrollHeight - window.innerHeight - window.scrollY < 160;
}

function toBottom() {
  window.scrollTo({ top: document.documentElement.scrollHeight });
}

/** A screen reader hears the answer once, when it is complete. */
function announce(article) {
  const place = document.getElementById("announce");
  const words = [article.querySelector("[data-text]"), article.querySelector(".answer-end > span")]
    .map((part) => part?.textContent.trim())
    .filter(Boolean);
  if (place) place.textContent = `${article.getAttribute("aria-label")}: ${words.join(" ")}`;
}

/** "Write again" keeps the page where it is; without us it is a form like any other. What followed the answer
 * belongs to its earlier version. */
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-retry]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  const response = await posted(form.action);
  const answer = await response?.json().catch(() => null);
  if (answer?.html) {
    replaceTurn(form.closest(".turn"), answer.html);
    showNewest();
    tellTabs();
    return;
  }
  button.disabled = false;
  if (answer?.error) told(form, answer);
  else document.dispatchEvent(new CustomEvent("htmx:sendError"));
});

function told(form, answer) {
  const line = form.parentElement.querySelector(".retry-error") ?? document.createElement("p");
  line.className = "retry-error";
  line.setAttribute("role", "alert");
  tell(line, answer);
  form.after(line);
}

customElements.define("answer-stream", AnswerStream);
