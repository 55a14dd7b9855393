/**
 * <passage-pane>: opens a cited passage beside the chat, and shows a card with the quoted words when
 * a citation is hovered or focused. Without it, citations are plain links to the document.
 */
class PassagePane extends HTMLElement {
  connectedCallback() {
    this.pane = this.querySelector(".passage-pane");
    this.body = this.querySelector("[data-body]");
    this.card = this.querySelector(".cite-card");
    this.querySelector("[data-close]").addEventListener("click", () => this.close());
    document.addEventListener("click", this);
    document.addEventListener("keydown", this);
    for (const name of ["mouseover", "mouseout", "focusin", "focusout"]) document.addEventListener(name, this);
  }

  handleEvent(event) {
    if (event.type === "keydown") return event.key === "Escape" && this.escape();
    const link = event.target.closest?.("a[data-chunk], .weak");
    if (!link) return;
    if (link.matches(".weak")) return this.weak(event, link);
    if (event.type === "click") this.click(event, link);
    else if (link.matches(".cite")) this.hover(event, link);
  }

  click(event, link) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    if (!link.dataset.documentId) return; // a text that is in no collection: the link leads to its words
    event.preventDefault();
    this.open(link);
  }

  /** A sentence that its sources do not bear out says why, to the mouse, the keyboard and the finger. */
  weak(event, sentence) {
    if (sentence.title) {
      sentence.dataset.reason = sentence.title;
      sentence.removeAttribute("title");
    }
    if (event.type === "mouseout" || event.type === "focusout") this.hideCard(sentence);
    else this.showLines(sentence, [["strong", this.dataset[sentence.dataset.support]], ["span", sentence.dataset.reason]]);
  }

  hover(event, link) {
    if (event.type === "mouseover" || event.type === "focusin") this.showCard(link);
    else this.hideCard(link);
  }

  async open(link) {
    this.opener = link;
    this.hideCard(link);
    this.querySelector("[data-open]").href = link.href;
    this.pane.hidden = false;
    this.body.textContent = link.dataset.quote ?? "";
    this.body.setAttribute("aria-busy", "true");
    const { documentId, chunk, at } = link.dataset;
    const quoted = at ? `?at=${at}` : "";
    const address = `/documents/${documentId}/passage/${encodeURIComponent(chunk)}/${quoted}`;
    const response = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (this.opener !== link) return;
    this.body.removeAttribute("aria-busy");
    if (response?.ok) this.fill(await response.text());
    else this.missing(link);
    this.pane.focus({ preventScroll: true });
  }

  /** Shows the passage; it scrolls only where the quoted words would lie in the lower half or below. */
  fill(html) {
    this.body.innerHTML = html;
    this.body.scrollTop = 0;
    const marked = this.body.querySelector("mark.word") ?? this.body.querySelector("mark");
    const below = marked ? marked.getBoundingClientRect().top - this.body.getBoundingClientRect().top : 0;
    if (below > this.body.clientHeight / 2) this.body.scrollTop = below - this.body.clientHeight / 4;
  }

  missing(link) {
    const reason = document.createElement("p");
    reason.className = "notice warning";
    reason.textContent = this.dataset.missing;
    const quote = document.createElement("blockquote");
    quote.textContent = link.dataset.quote ?? "";
    this.body.replaceChildren(reason, quote);
  }

  escape() {
    if (!this.card.hidden) this.card.hidden = true;
    else if (!this.pane.hidden) this.close();
  }

  close() {
    this.pane.hidden = true;
    this.opener?.focus();
    this.opener = null;
  }

  showCard(link) {
    const { document: name, place, updated, changed, quote } = link.dataset;
    this.showLines(link, [
      ["strong", name],
      ["small", place],
      ["q", quote],
      ["small", updated && !changed && `${this.dataset.updatedLabel} ${updated}`],
      ["small", changed && `${this.dataset.changedLabel} ${changed}`],
      ["small", link.matches(".added") && this.dataset.addedLabel],
    ]);
  }

  showLines(near, lines) {
    this.card.replaceChildren(...lines.filter(([, words]) => words).map(([tag, words]) => element(tag, words)));
    this.card.hidden = false;
    near.setAttribute("aria-describedby", this.card.id);
    const box = near.getClientRects()[0] ?? near.getBoundingClientRect();
    const width = this.card.offsetWidth;
    const height = this.card.offsetHeight;
    const left = Math.min(Math.max(8, box.left - width / 2), window.innerWidth - width - 8);
    const top = box.top - height - 8 > 0 ? box.top - height - 8 : box.bottom + 8;
    this.card.style.left = `${left}px`;
    this.card.style.top = `${top}px`;
  }

  hideCard(link) {
    this.card.hidden = true;
    link.removeAttribute("aria-describedby");
  }
}

function element(tag, words) {
  const made = document.createElement(tag);
  made.textContent = words;
  return made;
}

customElements.define("passage-pane", PassagePane);
