/**
 * The turns of a conversation, which several tabs and browsers may show at once. What one tab does is told
 * to the others of the same browser; they, and a page that comes into view again, ask the server what they
 * missed. The address says which branch a page shows: that of `?m=`, else the one that was written last.
 */
const turns = document.getElementById("turns");
const tabs = turns && new BroadcastChannel(`conversation-${turns.dataset.conversation}`);
let isAsking = false;
let askAgain = false;

/** Puts a turn behind the others, unless it is there already. */
export function appendTurn(html) {
  const turn = parsed(html);
  if (document.getElementById(turn.querySelector("article").id)) return;
  turns.querySelector(".turns-empty")?.remove();
  turns.append(turn);
  document.dispatchEvent(new CustomEvent("answer:shown"));
}

/** Puts a turn in the place of another one; what followed that one belongs to its branch and goes. */
export function replaceTurn(shown, html) {
  const fresh = parsed(html);
  while (shown.nextElementSibling) shown.nextElementSibling.remove();
  turns.dataset.later = "0";
  shown.replaceWith(fresh);
  document.dispatchEvent(new CustomEvent("answer:shown"));
  return fresh;
}

/** Puts the server's HTML of an answer in the place of the one that is shown, and returns it. */
export function replaceAnswer(html) {
  const fresh = parsed(html);
  document.getElementById(fresh.id)?.replaceWith(fresh);
  document.dispatchEvent(new CustomEvent("answer:shown"));
  return fresh;
}

/** The last answer of the branch, "" before the first one: what a question asked here follows. */
export function lastAnswer() {
  if (Number(turns?.dataset.later)) return turns.dataset.last;
  return turns?.querySelector(".turn:last-of-type article")?.id.slice(1) ?? "";
}

/** What was written just now is shown, also after a reload. */
export function showNewest() {
  history.replaceState(history.state, "", turns.dataset.plain);
  turns.dataset.state = `${turns.dataset.plain}state`;
  for (const link of document.querySelectorAll("[data-branch] a")) link.href = link.href.replace(/[?&]m=[^&#]*/, "");
}

/** Tells the other tabs that something was asked or is written again. */
export function tellTabs() {
  tabs?.postMessage("changed");
}

tabs?.addEventListener("message", () => catchUp());

async function catchUp() {
  askAgain = isAsking;
  // Words being typed into an earlier question are not taken away.
  if (isAsking || turns.querySelector(".question-edit[open]")) return;
  isAsking = true;
  try {
    const before = [...turns.querySelectorAll(".turn")];
    const { answers: all } = (await asked(turns.dataset.state)) ?? {};
    if (!all) return;
    const from = Number(turns.dataset.folded);
    const isWhole = !Number(turns.dataset.later);
    const answers = all.slice(from, isWhole ? all.length : from + before.length);
    turns.dataset.last = all.at(-1)?.id ?? "";
    // Another branch than the one whose beginning is folded away.
    if (answers.length < all.length && answers[0]?.question !== before[0]?.dataset.turn) return location.reload();
    for (const [place, answer] of answers.entries()) await bringIn(answer, before[place]);
    for (const turn of before.slice(answers.length)) turn.remove();
  } finally {
    isAsking = false;
    if (askAgain) catchUp();
  }
}

async function bringIn({ id, question, state, versions, url }, turn) {
  const answer = turn?.querySelector("article");
  const isThere = turn?.dataset.turn === question && answer.id === `m${id}`;
  if (isThere && turn.dataset.versions === versions && answer.dataset.state === state) return;
  const news = await asked(url);
  if (!news) return;
  if (isThere && turn.dataset.versions === versions) replaceAnswer(news.answer);
  else if (!turn?.isConnected) appendTurn(news.turn);
  else {
    turn.replaceWith(parsed(news.turn));
    document.dispatchEvent(new CustomEvent("answer:shown"));
  }
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

function lookedAt() {
  if (!document.hidden) catchUp();
}

if (turns) {
  document.addEventListener("visibilitychange", lookedAt);
  window.addEventListener("focus", lookedAt);
  window.addEventListener("pageshow", (event) => event.persisted && lookedAt());
}
