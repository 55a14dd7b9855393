/* The chat of a Youju site: one script tag puts it on a page. It adds one element, whose style lies in a
   constructed style sheet, so that it keeps to a strict Content-Security-Policy. */
(() => {
  "use strict";
  const config = __CONFIG__;
  const once = Symbol.for(`youju-widget ${config.id}`);
  if (window[once]) return;
  window[once] = true;
  const site = document.currentScript?.src ? new URL(document.currentScript.src).origin : config.site;
  const say = (words) => console.error(`Youju chat widget ${config.id}: ${words}`);

  if (!config.on) return say("it is switched off. An editor of its collection can switch it on.");
  if (!config.origins.includes(location.origin)) {
    return say(
      `this page's origin ${location.origin} is not among those that the widget is allowed on. ` +
        "An editor of its collection can add it to the widget's websites.",
    );
  }

  const language = config.language || spoken();
  const words = config.words[language];
  const style = `
    :host { all: initial !important; }
    * { box-sizing: border-box; }
    button { position: fixed; inset: auto 20px 20px auto; z-index: 2147483000; display: grid; place-items: center;
      inline-size: 56px; block-size: 56px; padding: 0; border: 0; border-radius: 50%; cursor: pointer;
      background: ${config.accent}; color: ${config.onAccent}; box-shadow: 0 4px 16px rgb(0 0 0 / .28); }
    button:focus-visible { outline: 3px solid ${config.accent}; outline-offset: 3px; }
    svg { inline-size: 28px; block-size: 28px; fill: none; stroke: currentColor; stroke-width: 1.8;
      stroke-linecap: round; stroke-linejoin: round; }
    .panel { position: fixed; inset: auto 20px 88px auto; z-index: 2147483000; display: flex;
      inline-size: min(400px, calc(100vw - 40px)); block-size: min(640px, calc(100dvh - 112px));
      border-radius: 14px; overflow: hidden; background: Canvas; box-shadow: 0 12px 48px rgb(0 0 0 / .32); }
    .panel[hidden], button[hidden] { display: none; }
    iframe { flex: 1; inline-size: 100%; block-size: 100%; border: 0; color-scheme: light dark; }
    p { position: absolute; inset: 0; margin: 0; padding: 24px; font: 15px/1.5 system-ui, sans-serif;
      color: CanvasText; background: Canvas; }
    p[hidden] { display: none; }
    @media (max-width: 500px) {
      .panel { inset: 0; inline-size: 100vw; block-size: 100dvh; border-radius: 0; }
      .panel.ready:not([hidden]) + button { display: none; }
    }`;

  const host = document.createElement("youju-chat");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];

  const panel = document.createElement("div");
  panel.className = "panel";
  panel.id = "panel";
  panel.hidden = true;
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-label", config.name);
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-haspopup", "dialog");
  button.setAttribute("aria-controls", "panel");
  root.append(panel, button);
  draw(false);

  let frame = null;
  let isReady = false;

  button.addEventListener("click", () => (panel.hidden ? open() : close()));
  root.addEventListener("keydown", (event) => event.key === "Escape" && !panel.hidden && close());
  window.addEventListener("message", (event) => {
    if (event.origin !== site || event.source !== frame?.contentWindow) return;
    if (event.data?.youju === "ready") ready();
    if (event.data?.youju === "close") close();
  });
  document.addEventListener("securitypolicyviolation", ({ blockedURI, effectiveDirective }) => {
    if (!frame || !blockedURI.startsWith(site) || !/frame|child|default/.test(effectiveDirective)) return;
    failed(`the page's Content-Security-Policy (${effectiveDirective}) does not let it show frames of ${site}.`);
  });

  function open() {
    panel.hidden = false;
    draw(true);
    if (!frame) load();
    else if (isReady) tell("focus");
    frame.focus();
  }

  function close() {
    panel.hidden = true;
    draw(false);
    button.focus();
  }

  function load() {
    frame = document.createElement("iframe");
    frame.title = config.name;
    frame.referrerPolicy = "origin";
    frame.src = `${site}/widget/${config.id}/?lang=${language}`;
    panel.append(frame);
    setTimeout(() => isReady || failed(`${site} did not answer.`), 20000);
  }

  function ready() {
    isReady = true;
    panel.classList.add("ready");
    panel.querySelector("p")?.remove();
    tell("hello");
    if (!panel.hidden) tell("focus");
  }

  function tell(what) {
    frame.contentWindow.postMessage({ youju: what }, site);
  }

  function failed(reason) {
    say(reason);
    const line = panel.querySelector("p") ?? document.createElement("p");
    line.setAttribute("role", "alert");
    line.textContent = words.failed;
    panel.append(line);
  }

  function draw(isOpen) {
    button.setAttribute("aria-label", isOpen ? words.close : words.open);
    button.title = isOpen ? words.close : words.open;
    button.setAttribute("aria-expanded", String(isOpen));
    const shape = (name) => document.createElementNS("http://www.w3.org/2000/svg", name);
    const picture = shape("svg");
    const path = shape("path");
    picture.setAttribute("viewBox", "0 0 24 24");
    picture.setAttribute("aria-hidden", "true");
    path.setAttribute("d", isOpen ? "m6 9.5 6 6 6-6" : "M4 5.5h16v11h-8.500L7 20.500v-4H4zM8 9.500h8M8 12.800h5");
    picture.append(path);
    button.replaceChildren(picture);
  }

  /** The language of the page where we speak it, else that of the browser. */
  function spoken() {
    const asked = [document.documentElement.lang, ...navigator.languages].map((tag) => tag.toLowerCase());
    for (const tag of asked.filter(Boolean)) {
      if (tag.startsWith("zh")) return "zh-hans";
      if (tag.startsWith("en")) return "en";
    }
    return "en";
  }

  const put = () => document.body.append(host);
  if (document.body) put();
  else document.addEventListener("DOMContentLoaded", put);
})();
