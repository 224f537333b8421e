// The page: what it shows of what, and the state in its address.
//
// ripple.sections: {id, title, picture, table, figure, rows} in order; `rows` are the numbers of the rows that
// pass the filter, in the order of the report. ripple.pictures.NAME = {draw(host, section, rows, state)} draws
// the picture of that name into an empty element, and is called again whenever rows or state change.
"use strict";
const ripple = (() => {
  // keys of the address, in the order in which they are written; facets come between
  const values = new Map();
  const listeners = [];

  function read() {
    values.clear();
    const hash = location.hash.slice(1);
    if (!hash.includes("=")) return;
    for (const [key, value] of new URLSearchParams(hash)) values.set(key, value);
  }

  function text() {
    const params = new URLSearchParams();
    for (const key of [...values.keys()].sort()) if (values.get(key) !== "") params.set(key, values.get(key));
    return params.toString();
  }

  const state = {
    get: (key) => values.get(key) ?? "",
    // changes is {key: text}; "" forgets a key. A pick can be taken back by the browser's back button; typing
    // cannot, letter by letter.
    set(changes, pick = false) {
      for (const [key, value] of Object.entries(changes)) {
        if (value === "" || value === null || value === undefined) values.delete(key);
        else values.set(key, String(value));
      }
      if (!("section" in changes)) values.delete("section");
      const hash = text();
      const address = location.pathname + location.search + (hash ? "#" + hash : "");
      const same = address === location.pathname + location.search + location.hash;
      history[pick && !same ? "pushState" : "replaceState"](null, "", address);
      tell(new Set(Object.keys(changes)));
    },
    // calls back with the set of changed keys, or null where any may have changed
    on: (listener) => listeners.push(listener),
  };

  function tell(changed) {
    for (const listener of listeners) listener(changed);
  }

  // the theme: as the system has it, light, or dark
  const themes = ["", "light", "dark"];
  function theme() {
    const root = document.documentElement;
    const wanted = themes.includes(state.get("theme")) ? state.get("theme") : "";
    if (wanted) root.dataset.theme = wanted;
    else delete root.dataset.theme;
    const button = document.querySelector("[data-theme-toggle]");
    if (button) {
      const next = themes[(themes.indexOf(wanted) + 1) % themes.length] || "auto";
      button.textContent = { "": "Auto", light: "Light", dark: "Dark" }[wanted];
      button.setAttribute("aria-label", `Colours: ${wanted || "as the system has them"}; switch to ${next}`);
    }
  }

  function themeButton() {
    const button = element("button", { type: "button", "data-theme-toggle": "" });
    button.addEventListener("click", () => {
      state.set({ theme: themes[(themes.indexOf(state.get("theme")) + 1) % themes.length] });
    });
    document.getElementById("tools").append(button);
  }

  // element("button", {type: "button"}, "text", child…)
  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function scrollToSection() {
    const found = document.getElementById(state.get("section") || "-");
    if (found) found.scrollIntoView();
    return found;
  }

  // A link to a place on the page says so beside what else is in the address; it takes the focus along, as links do.
  function links() {
    document.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#"]');
      if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      state.set({ section: link.hash.slice(1) }, true);
      const found = scrollToSection();
      if (!found) return;
      found.tabIndex = -1;
      found.focus({ preventScroll: true });
    });
  }

  const same = (some, others) => some.length === others.length && some.every((row, at) => row === others[at]);

  // draws a section's picture anew
  function draw(section) {
    if (!section.figure) return;
    const drawer = ripple.pictures[section.picture.name];
    const host = section.figure.querySelector(".canvas");
    const focused = host.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    host.replaceChildren();
    drawer.draw(host, section, section.rows, state);
    section.drawn = section.rows;
    if (focused === null || focused === undefined) return;
    const again = [...host.querySelectorAll("[data-key]")].find((mark) => mark.dataset.key === focused);
    (again ?? host.querySelector('[tabindex="0"]'))?.focus({ preventScroll: true });
  }

  function figures() {
    for (const section of ripple.sections) {
      const figure = document.querySelector(`figure[data-of="${CSS.escape(section.id)}"]`);
      if (!figure || !section.picture || !ripple.pictures[section.picture.name]) continue;
      section.figure = figure;
      figure.querySelector("figcaption").before(element("div", { class: "canvas" }));
      const save = element("button", { type: "button", class: "save", "data-save-svg": "" }, "Save as SVG");
      save.addEventListener("click", () => ripple.save(figure, section));
      figure.querySelector("figcaption").append(" ", save);
      figure.hidden = false;
    }
  }

  function start() {
    document.documentElement.classList.add("scripted");
    const data = JSON.parse(document.getElementById("page").textContent);
    ripple.command = data.command;
    read();
    themeButton();
    theme();
    links();
    ripple.sections = data.sections.map((section) => ({ ...section, rows: [], table: ripple.table(section) }));
    figures();
    const variants = data.sections.find(({ picture }) => picture?.variants)?.picture.variants;
    const turn = variants ? ripple.variants(variants, ripple.sections, state) : () => false;
    const applyFilter = ripple.filter(ripple.sections, state);
    const refresh = (changed) => {
      if (!changed || changed.has("theme")) theme();
      if (turn(changed)) {
        ripple.refacet();
        changed = null;
      }
      const filtered = applyFilter(changed);
      for (const section of ripple.sections) {
        section.table.show(section.rows, state, changed, filtered);
        const others = !section.drawn || !same(section.drawn, section.rows);
        if (others || !changed || redraws(changed)) draw(section);
      }
    };
    // sorting and colours change no picture, and a filter does by its rows alone
    const redraws = (changed) => [...changed].some((key) => !["sort", "theme", "section"].includes(key) && !ripple.filters.has(key));
    state.on(refresh);
    refresh(null);
    scrollToSection();
    addEventListener("hashchange", () => {
      // a plain #ID is a place on the page, and forgets nothing
      if (location.hash.length > 1 && !location.hash.includes("=")) return;
      read();
      tell(null);
      scrollToSection();
    });
    let width = innerWidth;
    let waiting = 0;
    addEventListener("resize", () => {
      if (innerWidth === width) return;
      width = innerWidth;
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(() => ripple.sections.forEach(draw));
    });
    document.documentElement.dataset.ready = "";
  }

  return { state, element, start, draw, sections: [], pictures: {} };
})();
