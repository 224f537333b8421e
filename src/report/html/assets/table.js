// A section's table: its values, and what is shown of them.
//
// table.rows: how many; table.columns: [{key, title, kind, filter}]; table.has(key); table.value(row, key): a text, a
// number, a list of texts, or null; table.text(row, key): as people
// read it; table.estimated(row, key): whether that number is; table.values(key): a column's values, by row.
"use strict";
(() => {
  const NUMBERS = new Set(["count", "hours", "bytes", "share"]);
  const GRADES = ["suspected", "inferred", "observed", "proven"];
  // rows that are shown at first, and with every step
  const STEP = 100;
  // cells of more characters are wrapped
  const LONG = 36;
  // rows that are printed at most
  const PRINTED = 1000;
  const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"' };
  const plain = (text) => (text.includes("&") ? text.replace(/&(?:amp|lt|gt|quot);/g, (entity) => ENTITIES[entity]) : text);

  // what a value is, by the kind of its column and its raw text
  function typed(kind, raw) {
    if (raw === null) return kind === "names" ? [] : null;
    if (NUMBERS.has(kind)) return Number(raw);
    return kind === "names" ? JSON.parse(raw) : raw;
  }

  // the values of a table that stands in the page
  function fromPage(section, element) {
    const trs = [...element.tBodies[0].rows];
    const columns = section.columns.map((column, at) => ({
      values: trs.map((tr) => typed(column.kind, tr.cells[at].getAttribute("data-v"))),
      texts: trs.map((tr) => tr.cells[at].textContent),
    }));
    return { trs, columns };
  }

  // the values of a table that stands in a noscript: `<tr><td data-v=…>text`, without end tags. Its text is that of
  // the file, as it was written; taking it apart is much faster than having it made into elements.
  function fromText(section, text) {
    const store = plain(text.match(/^<table data-store="([^"]*)"/)[1]);
    const start = text.indexOf("<tbody>") + 7;
    const lines = text.slice(start, text.indexOf("</tbody>", start)).split("<tr>");
    lines.shift();
    const columns = section.columns.map(() => ({ values: new Array(lines.length), texts: new Array(lines.length) }));
    const same = new Map();
    const paths = new Map();
    // one copy of what comes again and again
    const shared = (value) => same.get(value) ?? (same.set(value, value), value);
    for (const [row, line] of lines.entries()) {
      const cells = line.split("<td");
      for (const [at, { kind }] of section.columns.entries()) {
        const cell = cells[at + 1];
        const end = cell.indexOf(">");
        let raw = null;
        if (end > 0) raw = plain(cell.charAt(8) === '"' ? cell.slice(9, end - 1) : cell.slice(8, end));
        const body = cell.slice(end + 1).trimEnd();
        const into = columns[at];
        if (kind === "names") {
          const names = body === "" ? [] : body.split("<br>").map(plain);
          into.values[row] = names;
          into.texts[row] = names.join(", ");
          continue;
        }
        const shown = plain(body);
        if (kind === "path") {
          // a name alone stands for the path that it had when it came last
          if (raw === null) raw = paths.get(shown) ?? null;
          else if (!raw.includes("/")) raw = `${store}${raw}-${shown}.drv`;
          paths.set(shown, raw);
        }
        if (raw === null) raw = shown === "" ? null : shown;
        into.values[row] = kind === "path" ? raw : typed(kind, raw === null ? null : shared(raw));
        into.texts[row] = kind === "path" ? shown : shared(shown);
      }
    }
    return { trs: null, columns };
  }

  const order = (kind) => {
    const collate = new Intl.Collator("en", { numeric: true }).compare;
    if (NUMBERS.has(kind)) return (a, b) => a - b;
    if (kind === "grade") return (a, b) => GRADES.indexOf(a) - GRADES.indexOf(b);
    return (a, b) => collate(String(a), String(b));
  };
  const nothing = (value) => value === null || (Array.isArray(value) && value.length === 0);

  class Table {
    constructor(section) {
      this.id = section.id;
      this.columns = section.columns;
      const text = document.querySelector(`noscript[data-rows="${CSS.escape(section.id)}"]`);
      const found = text ? fromText(section, text.textContent) : fromPage(section, this.#element());
      this.trs = found.trs ?? new Array(section.rows);
      this.lists = found.columns;
      this.at = new Map(this.columns.map((column, at) => [column.key, at]));
      this.rows = section.rows;
      this.shown = STEP;
      if (text) this.#build(text, section);
      this.element = this.#element();
      this.body = this.element.tBodies[0];
      this.count = document.querySelector(`[data-shown="${CSS.escape(this.id)}"]`);
      this.#head();
      this.#blank();
      this.#more();
    }

    #element() {
      return document.querySelector(`table[data-table="${CSS.escape(this.id)}"]`);
    }

    // takes other rows: {values, texts} for each column
    replace(lists) {
      this.lists = lists;
      this.rows = lists[0].values.length;
      this.trs = new Array(this.rows);
      this.words = undefined;
      this.#blank();
    }

    // columns in which no row has anything are not shown
    #blank() {
      this.hidden = this.lists.map(({ values }) => values.length > 0 && values.every(nothing));
      for (const [at, th] of [...this.element.tHead.rows[0].cells].entries()) th.hidden = this.hidden[at];
    }

    has(key) {
      return this.at.has(key);
    }

    value(row, key) {
      return this.has(key) ? this.lists[this.at.get(key)].values[row] : null;
    }

    text(row, key) {
      return this.has(key) ? this.lists[this.at.get(key)].texts[row] : "";
    }

    // whether a number is estimated: its text says so
    estimated(row, key) {
      return this.text(row, key).startsWith("~");
    }

    // all values of a column
    values(key) {
      return this.lists[this.at.get(key)].values;
    }

    // of each row, whether it holds this text, which is in small letters and without line breaks
    search(text) {
      this.words ??= this.#words();
      const { all, starts } = this.words;
      const found = new Uint8Array(this.rows);
      let row = 0;
      for (let at = all.indexOf(text); at >= 0; at = row < this.rows ? all.indexOf(text, starts[row]) : -1) {
        while (row + 1 < this.rows && starts[row + 1] <= at) row++;
        found[row++] = 1;
      }
      return found;
    }

    // the words of all rows as one text, and where each row starts
    #words() {
      const lists = this.lists.filter((_, at) => !NUMBERS.has(this.columns[at].kind));
      const paths = this.lists.filter((_, at) => this.columns[at].kind === "path");
      const starts = new Array(this.rows);
      const lines = new Array(this.rows);
      let at = 0;
      for (let row = 0; row < this.rows; row++) {
        let line = "";
        for (const { texts } of lists) line += `${texts[row]}\n`;
        for (const { values } of paths) line += `${values[row] ?? ""}\n`;
        lines[row] = line.toLowerCase();
        starts[row] = at;
        at += lines[row].length;
      }
      return { all: lines.join(""), starts };
    }

    #build(text, section) {
      const { element } = ripple;
      const head = element("tr");
      for (const { key, title, kind } of this.columns) {
        head.append(element("th", { scope: "col", "data-column": key, class: kind }, title));
      }
      const table = element("table", { "data-table": this.id }, element("thead", {}, head), element("tbody"));
      text.after(element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table: ${section.title}` }, table));
    }

    #head() {
      for (const th of this.element.tHead.rows[0].cells) {
        const button = ripple.element("button", { type: "button" }, th.textContent);
        th.replaceChildren(button);
        button.addEventListener("click", () => this.#pick(th.dataset.column));
      }
    }

    // sorts of all tables: ID:KEY:asc,ID:KEY:desc
    #sorts() {
      return ripple.state
        .get("sort")
        .split(",")
        .map((sort) => sort.split(":"))
        .filter((sort) => sort.length === 3);
    }

    // numbers start with the largest, words with the first; the third click takes the report's order again
    #pick(key) {
      const all = this.#sorts();
      const own = all.find(([id]) => id === this.id);
      const first = NUMBERS.has(this.columns[this.at.get(key)].kind) || this.columns[this.at.get(key)].kind === "grade" ? "desc" : "asc";
      const second = first === "desc" ? "asc" : "desc";
      const next = own?.[1] !== key ? first : own[2] === first ? second : "";
      const others = all.filter(([id]) => id !== this.id);
      if (next) others.push([this.id, key, next]);
      ripple.state.set({ sort: others.map((sort) => sort.join(":")).join(",") }, true);
    }

    #more() {
      const button = ripple.element("button", { type: "button", class: "more", "data-more": this.id }, "Show more");
      button.addEventListener("click", () => this.#reveal(this.shown + STEP * 5));
      this.element.after(button);
      this.button = button;
      new IntersectionObserver((entries) => {
        if (entries.some((entry) => entry.isIntersecting)) this.#reveal(this.shown + STEP);
      }, { root: this.element.parentElement, rootMargin: "200px" }).observe(button);
      // on paper there is no more to show, and it is said what is left out
      addEventListener("beforeprint", () => {
        this.before ??= this.shown;
        this.shown = Math.max(this.shown, PRINTED);
        this.#render();
        if (this.shown < this.ordered.length) this.count.textContent = `the first ${ripple.number(this.shown)} of ${this.#said()}`;
      });
      addEventListener("afterprint", () => {
        if (this.before === undefined) return;
        this.shown = this.before;
        this.before = undefined;
        this.#render();
        this.count.textContent = this.#said();
      });
    }

    #reveal(count) {
      if (this.shown >= this.ordered.length) return;
      this.shown = count;
      this.#render();
    }

    // goes to a row that passes the filter
    reveal(row) {
      const at = this.ordered.indexOf(row);
      if (at < 0) return;
      if (at >= this.shown) this.#reveal(at + STEP);
      for (const other of this.body.querySelectorAll("[data-picked]")) delete other.dataset.picked;
      const tr = this.#tr(row);
      tr.dataset.picked = "";
      tr.tabIndex = -1;
      tr.scrollIntoView({ block: "center" });
      tr.focus({ preventScroll: true });
    }

    #tr(row) {
      if (this.trs[row]) return this.trs[row];
      const tr = ripple.element("tr");
      for (const [at, { key, kind }] of this.columns.entries()) {
        const value = this.lists[at].values[row];
        const td = ripple.element("td", { class: [...this.text(row, key)].length > LONG ? `${kind} long` : kind });
        if (value !== null) td.dataset.v = Array.isArray(value) ? JSON.stringify(value) : value;
        if (kind === "path" && value !== null) td.title = value;
        if (kind === "grade" && value !== null) td.append(ripple.element("span", { class: "grade", "data-grade": value }, this.text(row, key)));
        else td.textContent = this.lists[at].texts[row];
        td.hidden = this.hidden[at];
        tr.append(td);
      }
      return (this.trs[row] = tr);
    }

    #sorted(rows) {
      const own = this.#sorts().find(([id, key]) => id === this.id && this.has(key));
      for (const th of this.element.tHead.rows[0].cells) {
        const direction = own?.[1] === th.dataset.column ? { asc: "ascending", desc: "descending" }[own[2]] : undefined;
        th.setAttribute("aria-sort", direction ?? "none");
      }
      if (!own) return rows;
      const values = this.lists[this.at.get(own[1])].values;
      const compare = order(this.columns[this.at.get(own[1])].kind);
      const sign = own[2] === "desc" ? -1 : 1;
      // what has no value comes last, whichever the direction
      return [...rows].sort((a, b) => nothing(values[a]) - nothing(values[b]) || (nothing(values[a]) ? 0 : sign * compare(values[a], values[b])) || a - b);
    }

    // shows these rows
    show(rows, state, changed, filtered) {
      if (changed && !filtered && !changed.has("sort")) return;
      this.ordered = this.#sorted(rows);
      this.shown = STEP;
      this.#render();
      this.count.dataset.v = rows.length;
      this.count.dataset.of = this.rows;
      this.count.textContent = this.#said();
    }

    // how many rows pass
    #said() {
      const [some, all] = [this.ordered.length, this.rows];
      const lacking = ripple.lacking(this);
      const text = some === all ? ripple.counted(all, "row") : `${ripple.number(some)} of ${ripple.counted(all, "row")}`;
      return lacking.length ? `${text}; not filtered by ${lacking.join(", ")}` : text;
    }

    #render() {
      const shown = this.ordered.slice(0, this.shown);
      this.body.replaceChildren(...shown.map((row) => this.#tr(row)));
      this.button.hidden = shown.length === this.ordered.length;
      this.button.textContent = `Show more (${ripple.number(this.ordered.length - shown.length)} not shown)`;
    }
  }

  ripple.table = (section) => new Table(section);
})();
