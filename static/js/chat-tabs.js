/**
 * The turns of a conversation, which several tabs and browsers may show at once. What one tab does is told
 * to the others of the same browser; a page that comes into view again asks the server what it missed.
 */
const turns = document.getElementById("turns");
const tabs = turns && new BroadcastChannel(turns.dataset.state);
let isAsking = false;

/** Puts a turn behind the others, unless it is there already. */
export function appendTurn(html) {
  const turn = parsed(html);
  if (document.getElementById(turn.querySelector("article").id)) return;
  turns.querySelector(".turns-empty")?.remove();
  turns.querySelectorAll("[data-retry]").forEach((form) => form.remove());
  turns.append(turn);
}

/** Puts the server's HTML of an answer in the place of the one that is shown, and returns it. */
export function replaceAnswer(html) {
  const fresh = parsed(html);
  document.getElementById(fresh.id)?.replaceWith(fresh);
  document.dispatchEvent(new CustomEvent("answer:shown"));
  return fresh;
}

/** Tells the other tabs: `{turn}` of a question just asked, `{answer}` of one that is written again. */
export function tellTabs(news) {
  tabs?.postMessage(news);
}

tabs?.addEventListener("message", ({ data }) => (data.turn ? appendTurn(data.turn) : replaceAnswer(data.answer)));

async function catchUp() {
  if (isAsking || document.hidden) return;
  isAsking = true;
  try {
    const { answers = [] } = (await asked(turns.dataset.state)) ?? {};
    for (const answer of answers) await bringIn(answer);
  } finally {
    isAsking = false;
  }
}

async function bringIn({ id, state, url }) {
  const shown = () => document.getElementById(`m${id}`);
  if (shown()?.dataset.state === state) return;
  const news = await asked(url);
  if (!news) return;
  if (shown()) replaceAnswer(news.answer);
  else appendTurn(news.turn);
}

/** Nothing where the site is away: the next look asks again. */
async function asked(address) {
  const response = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!response || response.redirected) return null;
  const answer = await response.json().catch(() => null);
  const line = document.querySelector("#composer-error");
  if (answer?.error && line) line.textContent = answer.error;
  return response.ok ? answer : null;
}

function parsed(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.firstElementChild;
}

if (turns) {
  document.addEventListener("visibilitychange", catchUp);
  window.addEventListener("focus", catchUp);
  window.addEventListener("pageshow", (event) => event.persisted && catchUp());
}
