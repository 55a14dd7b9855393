/** <prompt-editor>: shows a row for each {variable} of the text while it is typed. Without it, a save does. */
const PART = /\{\{|\}\}|\{\s*([\p{L}_][\p{L}\p{M}\p{N}_]*)\s*\}/gu;
const NOT_ASKED = "sources";

class PromptEditor extends HTMLElement {
  connectedCallback() {
    this.rows = this.querySelector("[data-rows]");
    this.none = this.querySelector("[data-none]");
    this.blank = this.querySelector("template[data-row]");
    this.texts = [...this.querySelectorAll("[name=text], [name=query]")];
    // Rows of variables that are gone keep what was typed, should the variable come back.
    this.known = new Map([...this.rows.children].map((row) => [row.dataset.variable, row]));
    for (const text of this.texts) text.addEventListener("input", () => this.show());
    this.addEventListener("change", (event) => event.target.matches("[data-kind]") && this.shape(event.target.closest("fieldset")));
    for (const row of this.known.values()) this.shape(row);
  }

  show() {
    const names = this.names();
    const shown = [...this.rows.children].map((row) => row.dataset.variable);
    if (names.join("\n") === shown.join("\n")) return;
    this.rows.replaceChildren(...names.map((name) => this.row(name)));
    this.none.hidden = names.length > 0;
  }

  names() {
    const found = this.texts.flatMap((text) => [...text.value.matchAll(PART)].map((part) => part[1]));
    return [...new Set(found.filter((name) => name && name !== NOT_ASKED))];
  }

  row(name) {
    if (!this.known.has(name)) {
      const row = this.blank.content.firstElementChild.cloneNode(true);
      row.dataset.variable = name;
      row.querySelector("[data-name]").textContent = name;
      for (const field of row.querySelectorAll("[name]")) field.name = field.name.replace("__name__", name);
      row.querySelector("[placeholder]").placeholder = name.replaceAll("_", " ");
      this.shape(row);
      this.known.set(name, row);
    }
    return this.known.get(name);
  }

  /** Choices are asked for where there is a choice. */
  shape(row) {
    row.querySelector("[data-choices]").hidden = row.querySelector("[data-kind]").value !== "choice";
  }
}

customElements.define("prompt-editor", PromptEditor);
