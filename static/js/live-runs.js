/**
 * <live-runs>: the list of runs, kept up to date by one request for the whole page. Only cards that changed
 * are put in anew, so that focus, scrolling and what is being read stay where they are.
 */
const QUICK = 1000;
const SLOW = 5000;

class LiveRuns extends HTMLElement {
  #tag = "";
  #timer = 0;

  connectedCallback() {
    this.#plan();
    document.addEventListener("visibilitychange", () => document.hidden || this.#look());
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  get #isBusy() {
    return this.querySelector('[data-state="running"]') !== null;
  }

  #plan() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), this.#isBusy ? QUICK : SLOW);
  }

  async #look() {
    clearTimeout(this.#timer);
    if (document.hidden) return;
    try {
      const headers = { "X-Requested-With": "fetch" };
      if (this.#tag) headers["If-None-Match"] = this.#tag;
      const answer = await fetch(location.href, { headers, cache: "no-store" });
      if (answer.ok && !answer.redirected) {
        this.#tag = answer.headers.get("ETag") ?? "";
        this.#take(await answer.text());
      }
    } catch {
      /* The site is away for a moment: the next look may find it. */
    }
    this.#plan();
  }

  #take(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    const wasBusy = this.#isBusy;
    const cards = [...fresh.children];
    const names = new Set(cards.map((card) => card.id));
    let before = null;
    for (const card of cards) {
      const known = this.querySelector(`:scope > #${CSS.escape(card.id)}`);
      const next = before ? before.nextElementSibling : this.firstElementChild;
      if (known && known.outerHTML === card.outerHTML) {
        if (known !== next) this.insertBefore(known, next);
        before = known;
        continue;
      }
      const focused = known?.contains(document.activeElement) ? document.activeElement.id : "";
      if (known) known.replaceWith(card);
      else this.insertBefore(card, next);
      if (focused) (document.getElementById(focused) ?? card.querySelector("a, button"))?.focus({ preventScroll: true });
      window.htmx?.process(card);
      before = card;
    }
    for (const card of [...this.children]) if (!names.has(card.id)) card.remove();
    if (wasBusy && !this.#isBusy) document.getElementById("announce").textContent = this.dataset.done;
  }
}

customElements.define("live-runs", LiveRuns);
