"use strict";
// What every page of the desk does besides following its links: it is drawn anew when something changed, but never
// under the fingers of somebody who types.
(() => {
  const find = (selector) => document.querySelector(selector);
  const version = document.documentElement.dataset.version;
  let typed = false;
  let clicked = false; // the answer to a click is on its way: it must not be overtaken
  const PATIENCE = 60_000; // for a page that somebody stopped before it was there

  document.addEventListener("input", (event) => {
    if (event.target.closest("form")) typed = true;
  });
  // The line of the inbox follows what is typed.
  document.addEventListener("input", ({ target }) => {
    const line = target.closest("form")?.querySelector(`[data-line="${target.name}"]`);
    if (line) line.textContent = target.value.trim() || line.dataset.else;
  });
  document.addEventListener("submit", (event) => {
    clicked = true;
    for (const button of event.target.querySelectorAll("button")) setTimeout(() => (button.disabled = true));
  });
  addEventListener("beforeunload", () => {
    clicked = true;
    setTimeout(() => (clicked = false), PATIENCE);
  });
  addEventListener("pageshow", () => {
    clicked = false;
    for (const button of document.querySelectorAll("form button")) button.disabled = false;
  });

  // Asked by whoever would draw the page anew.
  window.mayRedraw = () => {
    if (typed) find("#live")?.classList.add("waits");
    return !typed && !clicked;
  };

  // A story can be dragged to another place in its section; the buttons up and down do the same.
  let dragged = null;
  for (const story of document.querySelectorAll("li[data-section]")) {
    story.draggable = true;
    story.addEventListener("dragstart", (event) => {
      if (event.target !== story) return;
      dragged = story;
      event.dataTransfer.effectAllowed = "move";
      story.classList.add("dragged");
    });
    story.addEventListener("dragend", () => {
      story.classList.remove("dragged");
      dragged = null;
    });
    story.addEventListener("dragover", (event) => {
      if (dragged && dragged.dataset.section === story.dataset.section) event.preventDefault();
    });
    story.addEventListener("drop", (event) => {
      event.preventDefault();
      if (dragged && dragged !== story) put(dragged, story.dataset.place);
    });
    for (const field of story.querySelectorAll("input, textarea")) {
      field.addEventListener("pointerdown", () => (story.draggable = false)); // its text can be marked
      field.addEventListener("blur", () => (story.draggable = true));
    }
  }
  const put = (story, place) => {
    const form = story.querySelector("form[action=story]");
    for (const [name, value] of Object.entries({ action: "place", to: place })) {
      const field = document.createElement("input");
      [field.type, field.name, field.value] = ["hidden", name, value];
      form.append(field);
    }
    clicked = true;
    form.submit();
  };

  // What was said last comes into view, and is read out.
  const told = find("#told");
  if (told?.getAttribute("role") === "alert") told.focus();

  if (!version || find(".tabs")) return; // the page of an edition follows by itself
  let changes = null;
  const follow = () => {
    changes?.close();
    changes = null;
    if (document.hidden) return;
    changes = new EventSource("changes");
    changes.addEventListener("drawn", ({ data }) => {
      if (data !== version && window.mayRedraw()) location.reload();
      tell(false);
    });
    changes.addEventListener("error", () => tell(true));
  };
  const tell = (lost) => {
    const line = find("#live");
    if (!line) return;
    line.classList.toggle("lost", lost);
    line.textContent = lost ? line.dataset.lost : line.dataset.well;
  };
  addEventListener("visibilitychange", follow);
  follow();
})();
