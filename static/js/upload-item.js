import { csrfToken } from "./csrf.js";

const UNITS = ["B", "kB", "MB", "GB"];

function humane(size) {
  let amount = size;
  let unit = 0;
  while (amount >= 1000 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${unit && amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${UNITS[unit]}`;
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** One file on its way: a row with a bar, a state and a button that stops it or tries again. */
export class UploadItem {
  constructor(file, texts) {
    this.file = file;
    this.texts = texts;
    this.state = "waiting";
    this.row = element("li", "upload");
    this.bar = Object.assign(document.createElement("progress"), { max: file.size || 1, value: 0 });
    this.bar.setAttribute("aria-label", file.name);
    this.note = element("span", "upload-note", texts.waiting);
    this.button = element("button", "button small quiet");
    this.button.type = "button";
    this.button.addEventListener("click", () => this.onbutton?.());
    this.#label("✕", texts.stop);
    const name = element("span", "upload-name", file.pathInDrop || file.name);
    name.title = name.textContent;
    this.row.append(name, element("span", "upload-size muted", humane(file.size)), this.button, this.bar, this.note);
  }

  /** Sends the file; resolves with the server's answer `{run, duplicate}` or null where it failed. */
  send(address, run) {
    this.#become("uploading", this.texts.uploading);
    this.#label("✕", this.texts.stop);
    this.bar.value = 0;
    const body = new FormData();
    if (run) body.append("run", run);
    if (this.file.pathInDrop) body.append("path", this.file.pathInDrop);
    body.append("file", this.file, this.file.name);
    const request = new XMLHttpRequest();
    this.request = request;
    return new Promise((resolve) => {
      request.upload.addEventListener("progress", (event) => {
        this.bar.max = event.total;
        this.bar.value = event.loaded;
      });
      request.addEventListener("load", () => resolve(this.#answered(request)));
      request.addEventListener("error", () => resolve(this.fail(this.texts.network, { again: true })));
      request.addEventListener("abort", () => resolve(null));
      request.open("POST", address);
      request.responseType = "json";
      request.setRequestHeader("X-CSRFToken", csrfToken());
      request.setRequestHeader("X-Requested-With", "fetch");
      request.send(body);
    });
  }

  stop() {
    this.request?.abort();
  }

  /** Shows why it failed; the button tries `again` where that can help, and else takes the row away. */
  fail(reason, { again = false } = {}) {
    this.#become("failed", reason);
    this.again = again;
    this.bar.className = "bad";
    this.#label(again ? "↻" : "✕", again ? this.texts.retry : this.texts.dismiss);
    return null;
  }

  #answered(request) {
    const answer = request.response;
    if (request.status !== 202 || !answer) {
      const isSignedOut = request.responseURL.includes("/login/");
      const reason = answer?.detail || (isSignedOut ? this.texts.signedOut : this.texts.refused);
      this.fail(reason, { again: request.status >= 500 });
      return answer?.run ? { run: answer.run } : null;
    }
    this.bar.value = this.bar.max;
    this.bar.className = "good";
    this.#become(answer.duplicate ? "duplicate" : "added", answer.detail || this.texts.added);
    this.#label("✕", this.texts.dismiss);
    return answer;
  }

  #become(state, note) {
    this.state = state;
    this.row.dataset.state = state;
    this.note.textContent = note;
  }

  #label(sign, text) {
    this.button.textContent = sign;
    this.button.title = text;
    this.button.setAttribute("aria-label", `${text}: ${this.file.name}`);
  }
}
