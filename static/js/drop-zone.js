import { droppedFiles } from "./dropped-files.js";
import { UploadItem } from "./upload-item.js";

const AT_ONCE = 2;
const KEPT_MS = 2500;
const REFRESH_MS = 700;

/**
 * <drop-zone>: the whole page takes files. Each is sent by itself with its own bar; all files of one
 * drop belong to one run. Without JavaScript the form inside works as it stands.
 */
class DropZone extends HTMLElement {
  #queue = [];
  #active = 0;
  #run = "";
  #depth = 0;
  #refreshing = 0;

  connectedCallback() {
    this.form = this.querySelector("form");
    this.list = this.querySelector(".uploads");
    this.veil = this.querySelector(".drop-veil");
    this.input = this.querySelector('input[type="file"]');
    this.querySelector("[data-upload]").hidden = true;
    this.classList.add("ready");
    this.texts = Object.fromEntries(
      Object.entries(this.dataset)
        .filter(([name]) => name.startsWith("text"))
        .map(([name, text]) => [name[4].toLowerCase() + name.slice(5), text]),
    );
    this.input.addEventListener("change", () => {
      this.add([...this.input.files]);
      this.input.value = "";
    });
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.#watchWindow();
  }

  #watchWindow() {
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    const show = (depth) => {
      this.#depth = Math.max(0, depth);
      this.veil.hidden = this.#depth === 0;
    };
    window.addEventListener("dragenter", (event) => hasFiles(event) && show(this.#depth + 1));
    window.addEventListener("dragleave", (event) => hasFiles(event) && show(this.#depth - 1));
    window.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
    window.addEventListener("drop", async (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      show(0);
      this.add(await droppedFiles(event.dataTransfer));
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.#active || this.#queue.length) event.preventDefault();
    });
  }

  /** Queues the files; those that cannot be sent at all say why at once. */
  add(files) {
    for (const file of files) {
      const item = new UploadItem(file, this.texts);
      item.onbutton = () => this.#button(item);
      this.list.append(item.row);
      const reason = this.#refusal(file);
      if (reason) item.fail(reason);
      else this.#queue.push(item);
    }
    this.list.scrollTop = this.list.scrollHeight;
    this.list.hidden = !this.list.children.length;
    this.#next();
  }

  #refusal(file) {
    if (!file.size) return this.texts.empty;
    if (file.size > this.dataset.maxMb * 1048576) return `${this.texts.tooLarge} ${this.dataset.maxMb} MB`;
    return "";
  }

  #button(item) {
    if (item.state === "failed" && item.again) {
      this.#queue.push(item);
      this.#next();
      return;
    }
    this.#queue = this.#queue.filter((other) => other !== item);
    if (item.state === "uploading") item.stop();
    this.#forget(item);
  }

  #next() {
    const places = this.#run ? AT_ONCE : 1;
    while (this.#active < places && this.#queue.length) this.#send(this.#queue.shift());
  }

  async #send(item) {
    this.#active += 1;
    const answer = await item.send(this.form.action, this.#run);
    this.#active -= 1;
    if (answer?.run) this.#run = answer.run;
    if (item.state === "added") setTimeout(() => this.#forget(item), KEPT_MS);
    if (answer?.id) this.#refresh();
    this.#next();
    if (!this.#active && !this.#queue.length) this.#finished();
  }

  /** Lets the list below show the new documents, not more often than people can read. */
  #refresh() {
    this.#refreshing ||= setTimeout(() => {
      this.#refreshing = 0;
      htmx.trigger("#documents", "refresh");
    }, REFRESH_MS);
  }

  #forget(item) {
    item.row.remove();
    this.list.hidden = !this.list.children.length;
  }

  #finished() {
    this.#run = "";
    document.getElementById("announce").textContent = this.texts.done;
  }
}

customElements.define("drop-zone", DropZone);
