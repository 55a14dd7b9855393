import { csrfToken } from "./csrf.js";

const NEXT = { auto: "light", light: "dark", dark: "auto" };
const ICON = { auto: "auto", light: "sun", dark: "moon" };

/** Changes the colours at once and tells the server, which keeps the choice. */
class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.closest("form").addEventListener("submit", (event) => this.#change(event));
  }

  async #change(event) {
    event.preventDefault();
    const form = event.currentTarget;
    const chosen = this.button.value;
    document.documentElement.dataset.theme = chosen;
    this.button.value = NEXT[chosen];
    this.button.title = this.dataset[chosen];
    this.querySelector("use").setAttribute("href", `#i-${ICON[chosen]}`);
    this.querySelector(".visually-hidden").textContent = this.dataset[NEXT[chosen]];
    await fetch(form.action, {
      method: "POST",
      headers: { "X-CSRFToken": csrfToken(), "X-Requested-With": "fetch" },
      body: new URLSearchParams({ theme: chosen }),
    });
  }
}

customElements.define("theme-switch", ThemeSwitch);
