/** <chat-composer>: grows with its text, Enter sends, and the answer appears without a new page. */
import { appendTurn, lastAnswer, tellTabs } from "./chat-tabs.js";
import { tell } from "./chat-refusals.js";
import { csrfToken } from "./csrf.js";

const UNSENT = "unsent-question";

class ChatComposer extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.field = this.querySelector("textarea");
    this.error = this.querySelector("[data-error]");
    if (!this.form || !this.field) return;
    this.field.addEventListener("input", () => this.grow());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.form.addEventListener("submit", (event) => this.send(event));
    this.limit = Number(this.field.dataset.limit) || Infinity;
    this.turns = document.getElementById(this.dataset.turns ?? "");
    document.addEventListener("click", (event) => this.rephrase(event));
    document.addEventListener("answer:shown", () => this.offer());
    this.offer();
    this.restore();
    this.grow();
    // A question that was carried here is gone on with at its end.
    const { length } = this.field.value;
    if (length) this.field.setSelectionRange(length, length);
  }

  grow() {
    this.field.style.blockSize = "auto";
    this.field.style.blockSize = `${Math.min(this.field.scrollHeight + 2, window.innerHeight * 0.4)}px`;
    this.count();
  }

  /** Beyond the limit the question can still be edited, so that nothing typed or pasted is cut. */
  count() {
    const length = [...this.field.value].length;
    const over = length > this.limit;
    if (over) {
      delete this.error.dataset.refused;
      const words = this.field.dataset.over;
      this.error.textContent = words.replace("%length%", length).replace("%limit%", this.limit);
    } else if (this.over) {
      this.error.textContent = "";
    }
    this.over = over;
  }

  /** Buttons that put a refused question back into the field, where there is a field. */
  offer() {
    for (const button of document.querySelectorAll("[data-rephrase]")) button.hidden = false;
  }

  rephrase(event) {
    const button = event.target.closest?.("[data-rephrase]");
    if (!button) return;
    this.field.value = button.dataset.rephrase;
    this.grow();
    this.field.focus();
    this.field.select();
  }

  key(event) {
    // While an input method is composing, Enter chooses a candidate and must not send.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (this.field.value.trim()) this.form.requestSubmit();
  }

  async send(event) {
    event.preventDefault();
    if (this.busy || this.over) return;
    this.busy = true;
    this.error.textContent = "";
    const body = new FormData(this.form);
    if (this.turns) body.set("m", lastAnswer());
    try {
      const response = await fetch(this.form.action, {
        method: "POST",
        body,
        headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
      });
      if (isSignedOut(response)) this.signInAgain();
      else this.show(await response.json());
    } catch {
      document.dispatchEvent(new CustomEvent("htmx:sendError"));
    } finally {
      this.busy = false;
    }
  }

  /** The page leads to the sign-in page and back, and the question is there again. */
  signInAgain() {
    sessionStorage.setItem(UNSENT, this.field.value);
    location.assign(location.pathname + location.search);
  }

  restore() {
    this.field.value ||= sessionStorage.getItem(UNSENT) ?? "";
    sessionStorage.removeItem(UNSENT);
  }

  show(answer) {
    if (answer.error) {
      tell(this.error, answer);
      this.field.focus();
      return;
    }
    if (!this.turns) {
      location.assign(answer.url);
      return;
    }
    // The end of the conversation, where it stands, is not on this page.
    if (Number(this.turns.dataset.later)) {
      this.field.value = "";
      location.assign(`${answer.url}#m${answer.id}`);
      return;
    }
    appendTurn(answer.html);
    tellTabs();
    this.turns.lastElementChild.scrollIntoView({ block: "start" });
    this.field.value = "";
    this.grow();
    this.field.focus();
  }
}

/** The server leads to the sign-in page, or refuses the page's token, which each sign-in renews. */
function isSignedOut(response) {
  return response.redirected || response.status === 403;
}

customElements.define("chat-composer", ChatComposer);
