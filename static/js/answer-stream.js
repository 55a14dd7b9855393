/**
 * <answer-stream src>: shows an answer while it is written. The browser reconnects by itself and
 * resumes behind the last event; the server's finished answer replaces everything at the end.
 */
import { csrfToken } from "./csrf.js";

class AnswerStream extends HTMLElement {
  connectedCallback() {
    this.text = this.querySelector("[data-text]");
    this.state = this.querySelector("[data-state]");
    this.writing = this.state?.textContent ?? "";
    this.fresh = true;
    this.querySelector("[data-stop]")?.addEventListener("submit", (event) => this.stop(event));
    this.source = new EventSource(this.getAttribute("src"));
    this.source.addEventListener("open", () => this.say(this.writing));
    this.source.addEventListener("token", (event) => this.token(JSON.parse(event.data)));
    this.source.addEventListener("thinking", (event) => this.thinking(JSON.parse(event.data)));
    this.source.addEventListener("done", (event) => this.done(JSON.parse(event.data)));
    this.source.addEventListener("error", () => this.lost());
  }

  disconnectedCallback() {
    this.source?.close();
  }

  token({ text }) {
    // The stream begins at the answer's start, so what the page came with would stand there twice.
    if (this.fresh) this.text.textContent = "";
    this.fresh = false;
    const follows = nearBottom();
    this.text.append(text);
    if (follows) window.scrollTo({ top: document.documentElement.scrollHeight });
  }

  thinking({ text }) {
    const box = this.querySelector(".reasoning");
    box.hidden = false;
    box.querySelector("[data-thinking]").append(text);
  }

  done({ html }) {
    this.source.close();
    const article = this.closest("article");
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const finished = holder.content.firstElementChild;
    const follows = nearBottom();
    article.replaceWith(finished);
    announce(finished);
    if (follows) window.scrollTo({ top: document.documentElement.scrollHeight });
  }

  lost() {
    this.say(this.source.readyState === EventSource.CLOSED ? this.dataset.gone : this.dataset.lost);
  }

  say(words) {
    if (this.state) this.state.textContent = words;
  }

  async stop(event) {
    event.preventDefault();
    const button = event.target.querySelector("button");
    button.disabled = true;
    const response = await fetch(event.target.action, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
    }).catch(() => null);
    if (!response?.ok) button.disabled = false;
  }
}

function nearBottom() {
  const page = document.documentElement;
  return page.scrollHeight - window.innerHeight - window.scrollY < 160;
}

/** A screen reader hears the answer once, when it is complete. */
function announce(article) {
  const place = document.getElementById("announce");
  const words = article.querySelector("[data-text]") ?? article;
  if (place) place.textContent = `${article.getAttribute("aria-label")}: ${words.textContent.trim()}`;
}

customElements.define("answer-stream", AnswerStream);
