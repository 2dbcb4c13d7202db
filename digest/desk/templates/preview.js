"use strict";
(() => {
  const version = document.documentElement.dataset.version; // only on a served page
  const live = version !== undefined; // an empty one is never followed by another
  const find = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const variants = all("#variants a");
  const parts = all(".tabs a");
  const forms = all(".forms a");
  const nameOf = (link) => link.hash.split("/")[1]; // as it is written in the address
  const at = { part: "mails", form: "mail", index: 0 };
  let drawn = 0; // the variant that is in the frames; the page comes with the first one
  const frames = ["mail", "dark", "bare", "outlook"]; // ways to see the mail itself; the others have a panel of their own
  let seen = "mail"; // in which of them it is in the frames

  // --- Which part, which variant, which form: all in the address, so that "back" and "reload" work.

  function read(hash) {
    const [part, name, form] = hash.slice(1).split("/");
    if (parts.some((link) => link.dataset.part === part)) at.part = part;
    const index = variants.findIndex((link) => nameOf(link) === name);
    if (index >= 0) at.index = index;
    if (forms.some((link) => link.dataset.form === form)) at.form = form;
  }

  function address(index, form) {
    return `${variants[index].hash.split("/").slice(0, 2).join("/")}/${form}`;
  }

  function show() {
    read(location.hash);
    for (const link of parts) {
      mark(link, link.dataset.part === at.part, "page");
      find(`#${link.dataset.part}`).hidden = link.dataset.part !== at.part;
    }
    if (!variants.length) return;
    parts[0].hash = address(at.index, at.form);
    if (at.part === "mails") history.replaceState(null, "", parts[0].hash);
    for (const link of forms) {
      mark(link, link.dataset.form === at.form, "true");
      link.hash = address(at.index, link.dataset.form);
    }
    const isFramed = frames.includes(at.form);
    for (const form of ["mail", "text", "headers"]) {
      find(`#form-${form}`).hidden = form !== (isFramed ? "mail" : at.form);
    }
    const wanted = isFramed ? at.form : seen;
    variants.forEach((link, index) => mark(link, index === at.index, "true"));
    find("#previous").disabled = at.index === 0;
    find("#following").disabled = at.index === variants.length - 1;
    if (drawn !== at.index || wanted !== seen) draw(at.index, wanted);
  }

  function mark(link, current, value) {
    if (current) link.setAttribute("aria-current", value);
    else link.removeAttribute("aria-current");
  }

  // --- One variant

  async function draw(index, wanted) {
    [drawn, seen] = [index, wanted];
    const link = variants[index];
    find("#title").textContent = link.querySelector(".title").textContent;
    find("#subject").textContent = link.dataset.subject;
    find("#beside").textContent = link.dataset.beside;
    find("#subject").lang = find("#beside").lang = link.lang;
    const position = find("#position");
    position.textContent = position.dataset.said.replace("{number}", index + 1).replace("{all}", variants.length);
    link.scrollIntoView({ block: "nearest" });
    const data = live ? null : JSON.parse(find(`#variant-${index}`).textContent);
    for (const frame of all("iframe")) {
      const fresh = frame.cloneNode(false); // a new frame leaves no trace in the history
      fresh.removeAttribute("style");
      if (live) fresh.src = `variant/${index}.html${wanted === "mail" ? "" : `?as=${wanted}`}`;
      else fresh.srcdoc = data.html;
      watch(fresh);
      frame.parentNode.scrollTop = 0;
      frame.replaceWith(fresh);
    }
    const answer = data ? null : await fetch(`variant/${index}.json`);
    if (answer?.status === 204) return; // something is wrong just now; the page will be drawn anew
    const { text, headers } = data ?? (await answer.json());
    if (drawn !== index) return; // another one was chosen meanwhile
    find("#text").textContent = text;
    find("#headers").replaceChildren(...headers.map(row));
  }

  function row([name, value]) {
    const line = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = name;
    const cell = document.createElement("td");
    cell.textContent = value;
    line.append(head, cell);
    return line;
  }

  // The frame becomes as tall as its mail: nothing scrolls inside it, and 360 pixels are 360 pixels.
  function watch(frame) {
    const fit = () => {
      const mail = frame.contentDocument?.documentElement;
      if (!mail || !frame.clientHeight) return;
      const own = Math.ceil(mail.getBoundingClientRect().height);
      frame.style.height = `${mail.scrollHeight > frame.clientHeight ? mail.scrollHeight : own}px`;
    };
    const ready = () => {
      const mail = frame.contentDocument?.documentElement;
      if (!mail) return; // another mail took the place of this one while it loaded
      fit();
      new ResizeObserver(fit).observe(mail);
      returnTo(frame.parentNode);
    };
    const mail = frame.contentDocument;
    if (mail?.readyState === "complete" && mail.URL !== "about:blank") ready();
    else frame.addEventListener("load", ready);
  }

  // --- The same place after a reload

  const panes = () => [document.scrollingElement, ...all(".chooser, .screen, .paper, main")];
  let places = null;

  function remember() {
    sessionStorage.setItem(
      "place",
      JSON.stringify({
        hash: location.hash,
        mail: parts[0].hash,
        filter: find("#filter")?.value ?? "",
        wide: find("#wide")?.checked ?? false,
        scrolled: panes().map((pane) => pane.scrollTop),
      }),
    );
  }

  function recall() {
    const kept = JSON.parse(sessionStorage.getItem("place") ?? "null");
    sessionStorage.removeItem("place");
    if (!kept || kept.hash !== location.hash) return;
    read(kept.mail);
    if (find("#filter")) {
      find("#filter").value = kept.filter;
      find("#wide").checked = kept.wide;
    }
    places = kept.scrolled;
  }

  function returnTo(...wanted) {
    if (!places) return;
    panes().forEach((pane, index) => {
      if (!wanted.length || wanted.includes(pane)) pane.scrollTop = places[index] ?? 0;
    });
  }

  // --- The list: a filter, the arrow keys, the steps

  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  function filter() {
    const wanted = folded(find("#filter").value.trim());
    for (const link of variants) link.parentNode.hidden = !folded(link.textContent).includes(wanted);
    find("#none").hidden = variants.some((link) => !link.parentNode.hidden);
  }

  function go(index) {
    if (index >= 0 && index < variants.length) location.hash = address(index, at.form);
  }

  // Where the list has no room of its own it opens under its button.
  function open(wanted) {
    const button = find("#choose");
    find("#chooser").classList.toggle("open", wanted);
    find("#chooser").style.top = `${button.offsetTop + button.offsetHeight + 8}px`;
    button.setAttribute("aria-expanded", wanted);
  }

  function listen() {
    find("#filter").addEventListener("input", filter);
    find("#previous").addEventListener("click", () => go(at.index - 1));
    find("#following").addEventListener("click", () => go(at.index + 1));
    find("#choose").addEventListener("click", () => open(!find("#chooser").classList.contains("open")));
    find("#chooser").addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        open(false);
        find("#choose").focus();
      }
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const shown = variants.filter((link) => !link.parentNode.hidden);
      const next = shown[shown.indexOf(document.activeElement) + step] ?? (step > 0 ? shown[0] : find("#filter"));
      next?.focus();
      if (next?.hash) go(variants.indexOf(next));
    });
    find("#variants").addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link) return;
      event.preventDefault();
      go(variants.indexOf(link));
      open(false);
    });
    document.addEventListener("click", (event) => {
      if (!event.target.closest("#chooser, #choose")) open(false);
    });
    all("iframe").forEach(watch);
  }

  // --- The next step can be copied

  find("#copy")?.addEventListener("click", async (event) => {
    const button = event.currentTarget;
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(find("#command").textContent);
      button.textContent = button.dataset.copied;
    } catch {
      getSelection().selectAllChildren(find("#command")); // not allowed here: at least it is selected
      button.textContent = button.dataset.selected;
    }
    setTimeout(() => (button.textContent = before), 1500);
  });

  // --- A later drawing: reload. A page nobody sees asks for nothing (browsers allow few open connections).

  let changes = null;

  function follow() {
    changes?.close();
    changes = null;
    if (document.hidden) return;
    changes = new EventSource("changes");
    changes.addEventListener("drawn", ({ data }) => {
      if (data !== version && window.mayRedraw?.() !== false) location.reload();
      tell(false);
    });
    changes.addEventListener("progress", ({ data }) => {
      if (find("#progress")) find("#progress").textContent = data;
    });
    changes.addEventListener("error", () => tell(true));
  }

  function tell(lost) {
    const line = find("#live");
    line.classList.toggle("lost", lost);
    line.textContent = lost ? line.dataset.lost : line.dataset.well;
  }

  if (version) {
    addEventListener("visibilitychange", follow);
    follow();
  }
  if (!parts.length) return; // the page says what is wrong, the place is kept for later
  if (live) {
    history.scrollRestoration = "manual";
    recall();
    addEventListener("pagehide", remember);
  }
  addEventListener("hashchange", () => {
    places = null;
    show();
  });
  const start = () => {
    if (variants.length) {
      listen();
      filter();
    }
    show();
    returnTo();
  };
  if (live) start();
  else addEventListener("DOMContentLoaded", start); // the mails stand after this script
})();
