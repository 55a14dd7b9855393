/** <prompt-picker>: picks a prompt of the library, fills it in and puts it into the composer, in a dialog. Without
 * it, its link leads through the library's pages and back. */
import { csrfToken } from "./csrf.js";

class PromptPicker extends HTMLElement {
  connectedCallback() {
    this.link = this.querySelector("a");
    this.dialog = this.querySelector("dialog");
    this.link.addEventListener("click", (event) => this.open(event));
    this.field = document.querySelector("chat-composer textarea");
    this.field?.addEventListener("input", () => this.slash());
    this.dialog.addEventListener("click", (event) => this.click(event));
    this.dialog.addEventListener("submit", (event) => this.submit(event));
    this.dialog.addEventListener("input", (event) => event.target.matches("[data-filter]") && this.filter(event.target.value));
  }

  /** A question that begins with "/" asks for a prompt. */
  slash() {
    if (this.field.value !== "/") return;
    this.field.value = "";
    this.link.click();
  }

  async open(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    if (await this.fill(this.dataset.address)) this.dialog.showModal();
    else location.assign(this.link.href);
  }

  async fill(address) {
    const response = await fetch(address).catch(() => null);
    if (!response?.ok || response.redirected) return false;
    this.dialog.innerHTML = await response.text();
    this.dialog.querySelector("input:not([type=hidden]), textarea, select")?.focus();
    return true;
  }

  async click(event) {
    if (event.target === this.dialog || event.target.closest("[data-close]")) return this.dialog.close();
    if (event.target.closest("[data-back]")) return this.fill(this.dataset.address);
    const pick = event.target.closest("[data-pick]"); // others run on pages of their own
    if (!pick || event.ctrlKey || event.metaKey || event.shiftKey) return undefined;
    event.preventDefault();
    if (!(await this.fill(`${pick.href}&part=1`))) location.assign(pick.href);
  }

  filter(words) {
    const asked = words.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of this.dialog.querySelectorAll("[data-list] > li")) {
      const said = item.textContent.toLowerCase();
      item.hidden = !asked.every((word) => said.includes(word));
    }
  }

  async submit(event) {
    event.preventDefault();
    const form = event.target;
    for (const place of form.querySelectorAll("[data-error-for], [data-form-error]")) place.hidden = true;
    const response = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
    }).catch(() => null);
    const told = await response?.json().catch(() => null);
    if (told?.text) this.put(told);
    else if (told) this.refuse(form, told);
    else document.dispatchEvent(new CustomEvent("htmx:sendError"));
  }

  put({ text, search_for: words }) {
    this.dialog.close();
    this.field.value = text;
    this.field.form.elements.search_for.value = words;
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
    this.field.focus();
  }

  refuse(form, { error, fields = {} }) {
    const places = Object.entries(fields).map(([name, words]) => [form.querySelector(`[data-error-for="${CSS.escape(name)}"]`), words, name]);
    const known = places.filter(([place]) => place);
    for (const [place, words] of known) tell(place, words);
    if (!known.length) tell(form.querySelector("[data-form-error]"), error);
    if (known.length) form.elements[known[0][2]]?.focus();
  }
}

function tell(place, words) {
  place.querySelector("[data-words]").textContent = words;
  place.hidden = false;
}

customElements.define("prompt-picker", PromptPicker);
