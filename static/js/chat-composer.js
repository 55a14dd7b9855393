/** <chat-composer>: grows with its text, Enter sends, and the answer appears without a new page. */
import { csrfToken } from "./csrf.js";

class ChatComposer extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.field = this.querySelector("textarea");
    this.error = this.querySelector("[data-error]");
    if (!this.form || !this.field) return;
    this.field.addEventListener("input", () => this.grow());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.form.addEventListener("submit", (event) => this.send(event));
    this.grow();
    // A question that was carried here is gone on with at its end.
    const { length } = this.field.value;
    if (length) this.field.setSelectionRange(length, length);
  }

  grow() {
    this.field.style.blockSize = "auto";
    this.field.style.blockSize = `${Math.min(this.field.scrollHeight + 2, window.innerHeight * 0.4)}px`;
  }

  key(event) {
    // While an input method is composing, Enter chooses a candidate and must not send.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (this.field.value.trim()) this.form.requestSubmit();
  }

  async send(event) {
    event.preventDefault();
    if (this.busy) return;
    this.busy = true;
    this.error.textContent = "";
    try {
      const response = await fetch(this.form.action, {
        method: "POST",
        body: new FormData(this.form),
        headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
      });
      this.show(await response.json());
    } catch {
      document.getElementById("network-error").hidden = false;
    } finally {
      this.busy = false;
    }
  }

  show(answer) {
    if (answer.error) {
      this.error.textContent = answer.error;
      this.field.focus();
      return;
    }
    const turns = document.getElementById(this.dataset.turns ?? "");
    if (!turns) {
      location.assign(answer.url);
      return;
    }
    turns.querySelector(".turns-empty")?.remove();
    turns.querySelectorAll('form[action$="/retry"]').forEach((form) => form.remove());
    turns.insertAdjacentHTML("beforeend", answer.html);
    turns.lastElementChild.scrollIntoView({ block: "start" });
    this.field.value = "";
    this.grow();
    this.field.focus();
  }
}

customElements.define("chat-composer", ChatComposer);
