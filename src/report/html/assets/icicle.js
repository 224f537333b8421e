// What holds what, from left to right: the height of a slice is what it counts. The first level are the section's rows.
"use strict";
(() => {
  const LETTERS = 11.5;
  const NARROW = 640;

  function draw(host, section, rows, state) {
    const { picture, table } = section;
    const width = ripple.width(host);
    const narrow = width < NARROW;
    const height = Math.round(Math.max(260, Math.min(440, width * 0.62)));
    const passing = new Set(rows.map((row) => table.value(row, picture.row)));

    // the slice that is looked at, and those around it
    const root = d3.hierarchy(picture.root, ({ parts }) => parts);
    // what its parts do not make up is a slice's own
    root.sum(({ value, parts = [] }) => value - parts.reduce((sum, part) => sum + part.value, 0));
    const zoomed = root.find(({ data }) => data.key === state.get(section.id)) ?? root;
    const goTo = (node) => state.set({ [section.id]: node === root ? "" : node.data.key }, true);

    const line = ripple.element("div", { class: "above" });
    const path = ripple.element("div", { class: "crumbs", role: "group", "aria-label": "Zoom" });
    for (const node of zoomed.ancestors().reverse()) {
      if (node !== root) path.append(ripple.element("span", { "aria-hidden": "true" }, "›"));
      if (node === zoomed) path.append(ripple.element("b", {}, node.data.name));
      else {
        const button = ripple.element("button", { type: "button" }, node.data.name);
        button.addEventListener("click", () => goTo(node));
        path.append(button);
      }
    }
    path.append(ripple.element("span", { class: "quiet" }, ripple.counted(zoomed.value, picture.unit)));
    line.append(path);
    host.append(line);

    const top = zoomed.copy();
    d3.partition().size([height, 1]).padding(0)(top);
    // every level is as wide, but the whole at the left needs little room
    const levels = Math.min(top.height + 1, narrow ? 3 : 4);
    const first = Math.round(width * (narrow ? 0.22 : 0.16));
    const other = (width - first) / Math.max(1, levels - 1);
    const left = (depth) => (depth === 0 ? 0 : first + (depth - 1) * other);

    const svg = d3.select(host).append("svg").attr("class", "picture").attr("viewBox", `0 0 ${width} ${height}`).attr("width", width).attr("height", height).attr("role", "group").attr("aria-label", picture.label);
    const marks = [];
    for (const slice of top.descendants()) {
      const { data, depth } = slice;
      if (depth >= levels) continue;
      const high = slice.x1 - slice.x0;
      // what is thinner is told with what is around it; the first level is told in full
      if (depth > 1 && high < 1.5) continue;
      const [x, wide] = [left(depth), (depth === 0 ? first : other) - 1];
      const gap = high > 4 ? 1 : 0;
      const row = slice.ancestors().find((one) => one.depth + zoomed.depth === 1);
      const dim = row && !row.data.rest && !passing.has(row.data.key);
      const node = svg.append("g").attr("class", dim ? "mark dim" : "mark").attr("data-v", data.value);
      const box = (name) => node.append("rect").attr("class", name).attr("x", x).attr("y", slice.x0).attr("width", wide).attr("height", Math.max(high - gap, 0.5)).attr("rx", high > 8 ? 2 : 0);
      box(`tone ${data.rest ? "needed" : depth + zoomed.depth === 0 ? "whole" : `plain level${depth + zoomed.depth}`}`);
      box("edge");
      if (high > 13) {
        const value = ripple.number(data.value);
        const name = ripple.clip(data.name, wide - 12, LETTERS);
        const text = node.append("text").attr("x", x + 6).attr("y", high < 34 ? slice.x0 + high / 2 + 3.5 : slice.x0 + 15).attr("class", depth === 0 ? "header" : "");
        text.append("tspan").text(name);
        if (high > 34) node.append("text").attr("class", "quiet").attr("x", x + 6).attr("y", slice.x0 + 29).text(ripple.clip(ripple.counted(data.value, picture.unit), wide - 12, LETTERS));
        else if ((name.length + value.length + 2) * LETTERS * 0.6 < wide - 12) text.append("tspan").attr("class", "quiet").attr("dx", 6).text(value);
      }
      const original = zoomed.find((one) => one.data === data);
      marks.push({
        node: node.node(),
        key: data.key,
        lines: [data.name, `${ripple.counted(data.value, picture.unit)}, ${ripple.format("share", data.value / root.value)} of all`, ...(data.note ? [data.note] : [])],
        pick: data.parts && depth > 0 ? () => goTo(original) : null,
      });
    }
    ripple.marks(marks, { out: zoomed.parent ? () => goTo(zoomed.parent) : null });
  }

  ripple.pictures.icicle = { draw };
})();
