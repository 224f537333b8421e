// One filter for the page: words, and a facet for every column that is one.
"use strict";
(() => {
  // stands for "has none"
  const NONE = "(none)";
  const is = (value, wanted) => (Array.isArray(value) ? (value.length ? value.includes(wanted) : wanted === NONE) : String(value ?? NONE) === wanted);
  const EMPTY = [NONE];
  let facets = [];

  // the facets of all tables, with their values and how often each is there
  function find(sections) {
    const found = new Map();
    for (const { table } of sections) {
      for (const { key, title, kind } of table.columns.filter((column) => column.filter)) {
        if (!found.has(key)) found.set(key, { key, title: kind === "grade" ? "grade" : title, kind, counts: new Map() });
        const { counts } = found.get(key);
        const count = (value) => counts.set(value, (counts.get(value) ?? 0) + 1);
        for (const value of table.values(key)) {
          if (Array.isArray(value)) (value.length ? value : EMPTY).forEach(count);
          else count(String(value ?? NONE));
        }
      }
    }
    return found;
  }

  // the choices of a facet: numbers as they follow one another, words by how often they are there
  function fill({ select, title, kind, counts }) {
    const { element } = ripple;
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    const often = kind === "count" ? () => 0 : (a, b) => b[1] - a[1];
    select.replaceChildren(element("option", { value: "" }, `any ${title}`));
    for (const [value, count] of [...counts].sort((a, b) => often(a, b) || compare(a[0], b[0]))) {
      select.append(element("option", { value }, `${value} (${ripple.number(count)})`));
    }
  }

  function controls(state) {
    const { element } = ripple;
    const host = document.getElementById("filter");
    const search = element("input", { type: "search", "data-search": "", placeholder: "Search", "aria-label": "Search all tables", autocomplete: "off", spellcheck: "false" });
    // words are one step of the browser's back button, however many letters they have
    let typing = false;
    let waiting = 0;
    const typed = () => {
      clearTimeout(waiting);
      if (search.value === state.get("q")) return;
      state.set({ q: search.value }, !typing);
      typing = true;
    };
    search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(typed, 60);
    });
    search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      typed();
      typing = false;
    });
    search.addEventListener("blur", () => {
      typed();
      typing = false;
    });
    addEventListener("hashchange", () => (typing = false));
    host.append(search);
    for (const facet of facets) {
      const select = element("select", { "data-filter": facet.key, "aria-label": `Only this ${facet.title}` });
      select.addEventListener("change", () => state.set({ [facet.key]: select.value }, true));
      facet.select = select;
      fill(facet);
      host.append(select);
    }
    const clear = element("button", { type: "button", "data-clear": "" }, "Clear");
    clear.addEventListener("click", () => {
      state.set(Object.fromEntries([["q", ""], ...facets.map(({ key }) => [key, ""])]), true);
      search.focus();
    });
    host.append(clear);
    // "/" goes to the search, as elsewhere
    addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input, select, textarea")) return;
      event.preventDefault();
      search.focus();
    });
    return { search, clear };
  }

  // the rows of a table that pass
  function passing(table, words, picked) {
    let rows = Array.from({ length: table.rows }, (_, row) => row);
    for (const { key, value } of picked.filter(({ key }) => table.has(key))) {
      const values = table.values(key);
      rows = rows.filter((row) => is(values[row], value));
    }
    for (const word of words) {
      const found = table.search(word);
      rows = rows.filter((row) => found[row]);
    }
    return rows;
  }

  // the filters in force that a table cannot follow
  ripple.lacking = (table) => facets.filter(({ key }) => ripple.state.get(key) && !table.has(key)).map(({ title }) => title);

  ripple.filter = (sections, state) => {
    // by what is worth no choice there is none
    facets = [...find(sections).values()].filter(({ counts }) => counts.size > 1);
    // the choices again, of tables that have other rows now
    ripple.refacet = () => {
      const found = find(sections);
      for (const facet of facets) {
        facet.counts = found.get(facet.key).counts;
        fill(facet);
      }
    };
    const { search, clear } = controls(state);
    const keys = new Set(["q", ...facets.map(({ key }) => key)]);
    ripple.filters = keys;
    // whether any table's rows may be others now
    return (changed) => {
      if (changed && ![...changed].some((key) => keys.has(key))) return false;
      if (search.value !== state.get("q") && (!changed || !changed.has("q") || document.activeElement !== search)) search.value = state.get("q");
      for (const { key, select } of facets) {
        select.value = state.get(key);
        // a value that nothing has filters all the same, and is to be seen
        if (select.value !== state.get(key)) {
          select.append(ripple.element("option", { value: state.get(key) }, `${state.get(key)} (0)`));
          select.value = state.get(key);
        }
        select.toggleAttribute("data-on", state.get(key) !== "");
      }
      const words = state.get("q").toLowerCase().split(/\s+/).filter(Boolean);
      const picked = facets.map(({ key }) => ({ key, value: state.get(key) })).filter(({ value }) => value);
      clear.hidden = !words.length && !picked.length;
      for (const section of sections) section.rows = passing(section.table, words, picked);
      return true;
    };
  };
})();
