// Other answers that the page can be turned to, by a key of its address: they bring figures and rows of their own.
"use strict";
(() => {
  // What a cell of a column of this kind holds, and how it is shown. Texts are places in a list of words.
  function read(kind, cell, words) {
    if (cell === null) return kind === "names" ? [[], ""] : [null, ""];
    if (kind === "text" || kind === "grade") return [words[cell], words[cell]];
    if (kind === "path") return [words[cell[0]], words[cell[1]]];
    if (kind === "names") {
      const names = cell.map((place) => words[place]);
      return [names, names.join(", ")];
    }
    if (typeof cell === "object") return [cell.about, `~${ripple.format(kind, cell.about)}`];
    return [cell, ripple.format(kind, cell)];
  }

  // values and texts of each column, out of rows
  function lists(columns, rows, words) {
    return columns.map(({ kind }, at) => {
      const cells = rows.map((row) => read(kind, row[at], words));
      return { values: cells.map(([value]) => value), texts: cells.map(([, text]) => text) };
    });
  }

  // what the page itself has
  function own(sections) {
    const headline = [...document.querySelectorAll("p.headline")].map((line) => line.textContent);
    const facts = [...document.querySelectorAll("[data-fact]")].map((fact) => {
      const text = (name) => fact.querySelector(name)?.textContent ?? "";
      return [fact.dataset.fact, fact.dataset.v, text("dd:not(.note)"), text("dd.note")];
    });
    return { headline, facts, tables: new Map(sections.map(({ id, table }) => [id, table.lists])) };
  }

  function head({ headline, facts }) {
    for (const line of document.querySelectorAll("p.headline")) line.remove();
    document.querySelector("h1").after(...headline.map((line) => ripple.element("p", { class: "headline" }, line)));
    for (const [key, value, text, note] of facts) {
      const fact = document.querySelector(`[data-fact="${CSS.escape(key)}"]`);
      if (!fact) continue;
      fact.dataset.v = value;
      fact.querySelector("dd:not(.note)").textContent = text;
      fact.querySelector("dd.note")?.remove();
      if (note) fact.append(ripple.element("dd", { class: "note" }, note));
    }
  }

  // what only the page's own answer has is hidden, and said so
  function hide(data, sections, isOwn) {
    for (const id of data.only) {
      const host = document.getElementById(id);
      host.querySelector("[data-instead]")?.remove();
      for (const child of host.children) if (child.tagName !== "H2") child.toggleAttribute("data-away", !isOwn);
      if (!isOwn) host.querySelector("h2").after(ripple.element("p", { class: "empty", "data-instead": "" }, data.instead));
    }
  }

  // Gives what turns the page to the answer that its address names; it tells whether anything changed.
  ripple.variants = (data, sections, state) => {
    const first = own(sections);
    const byKey = new Map(data.all.map((variant) => [variant.key, variant]));
    let now = data.own;
    return (changed) => {
      if (changed && !changed.has(data.key)) return false;
      const wanted = byKey.has(state.get(data.key)) ? state.get(data.key) : data.own;
      if (wanted === now) return false;
      now = wanted;
      const variant = byKey.get(wanted);
      const isOwn = variant === undefined;
      if (!isOwn && !variant.lists) {
        const columns = new Map(sections.map((section) => [section.id, section.columns]));
        variant.lists = new Map(variant.tables.map(([id, rows]) => [id, lists(columns.get(id), rows, data.words)]));
      }
      for (const section of sections) {
        const other = isOwn ? first.tables.get(section.id) : variant.lists.get(section.id);
        if (other && other !== section.table.lists) section.table.replace(other);
      }
      head(variant ?? first);
      hide(data, sections, isOwn);
      return true;
    };
  };
})();
