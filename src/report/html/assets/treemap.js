// Boxes within boxes: what rows are in, from the outermost of a picture's path to the innermost.
"use strict";
(() => {
  const HEADER = 19;
  const LETTERS = 11;
  // boxes that would be smaller, in square pixels, are told together
  const LEAST = { group: 160, leaf: 70 };
  // boxes that are drawn in all, or a few more; every group has some
  const MOST = 1200;
  const SOME = 10;
  const NEEDED = "needed";

  const encode = (path) => path.map(encodeURIComponent).join("/");
  const decode = (text) => (text ? text.split("/").map((part) => {
    try { return decodeURIComponent(part); } catch { return part; }
  }) : []);

  // children of a box by the values of a column: {name, path, rows, value}, the largest first
  function groups(rows, path, name, valueOf) {
    const found = new Map();
    for (const row of rows) {
      const key = name(row);
      if (!found.has(key)) found.set(key, { name: key, path: [...path, key], rows: [], value: 0 });
      const group = found.get(key);
      group.rows.push(row);
      group.value += valueOf(row);
    }
    return [...found.values()].filter(({ value }) => value > 0).sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1));
  }

  // those that would be too small or too many, as one; all are there by their value
  function gather(all, path, least, most, noun) {
    const found = all.findIndex(({ value }) => value < least);
    const kept = Math.min(found < 0 ? all.length : found, most);
    const small = all.slice(kept);
    if (small.length < 2) return all;
    const rest = { name: `${ripple.number(small.length)} more`, rest: ripple.counted(small.length, noun), path: [...path, "…"], rows: small.flatMap(({ rows }) => rows), value: small.reduce((sum, { value }) => sum + value, 0) };
    return [...all.slice(0, kept), rest].sort((a, b) => b.value - a.value);
  }

  function draw(host, section, passing, state) {
    const { picture, table } = section;
    const rows = picture.only ? passing.filter((row) => table.value(row, picture.only[0]) === picture.only[1]) : passing;
    const area = picture.areas.find(({ key }) => key === state.get("area")) ?? picture.areas[0];
    const valueOf = area.column ? (row) => table.value(row, area.column) ?? 0 : () => 1;
    const kind = area.column ? table.columns.find(({ key }) => key === area.column).kind : "count";
    // a sum is as sure as its least sure part
    const told = ({ value, rows }) => {
      if (kind === "count") return ripple.counted(value, area.title.replace(/s$/, ""));
      return `${rows.some((row) => table.estimated(row, area.column)) ? "~" : ""}${ripple.format(kind, value)}`;
    };
    const nameAt = (level) => (row) => table.value(row, picture.path[level]) ?? "(none)";

    // the box that is zoomed into: as much of the wanted one as there is
    let zoom = decode(state.get("zoom")).slice(0, picture.path.length);
    let inside = rows;
    for (const [level, wanted] of zoom.entries()) {
      const next = inside.filter((row) => nameAt(level)(row) === wanted);
      if (!next.length) {
        zoom = zoom.slice(0, level);
        break;
      }
      inside = next;
    }
    const goTo = (path) => state.set({ zoom: encode(path) }, true);

    const total = inside.reduce((sum, row) => sum + valueOf(row), 0);
    const width = ripple.width(host);
    const height = Math.round(Math.max(300, Math.min(560, width * (width < 600 ? 1.1 : 0.5))));
    const perPixel = total / (width * height);

    crumbs(host, section, zoom, told({ value: total, rows: inside }), area, state, goTo);
    if (!(total > 0)) {
      host.append(ripple.element("p", { class: "empty" }, passing.length > rows.length ? `Nothing to draw: none of these is ${picture.only[1]}.` : "Nothing to draw: no row passes the filter."));
      return;
    }

    // what is in the box: groups with their boxes, or boxes alone
    const level = zoom.length;
    const most = (rows) => Math.max(SOME, Math.round((MOST * rows.reduce((sum, row) => sum + valueOf(row), 0)) / total));
    const leavesOf = (rows, path, depth) => {
      if (depth < picture.path.length) return gather(groups(rows, path, nameAt(depth), valueOf), path, LEAST.leaf * perPixel, most(rows), picture.path[depth]);
      const all = rows.map((row) => ({ name: table.text(row, table.columns[0].key), path: [...path, String(row)], rows: [row], value: valueOf(row), row }));
      return gather(all.filter(({ value }) => value > 0).sort((a, b) => b.value - a.value), path, LEAST.leaf * perPixel, most(rows), "row");
    };
    let children;
    if (level + 1 < picture.path.length) {
      children = gather(groups(inside, zoom, nameAt(level), valueOf), zoom, LEAST.group * perPixel, MOST, picture.path[level]);
      for (const child of children) if (!child.rest) child.children = leavesOf(child.rows, child.path, level + 1);
    } else {
      children = leavesOf(inside, zoom, level);
    }
    // the innermost: parts of one grade
    const gradeOf = (row) => (picture.grade ? table.value(row, picture.grade) : null) ?? NEEDED;
    const grades = ["proven", "observed", "inferred", "suspected", NEEDED];
    for (const child of children) {
      for (const leaf of child.children ?? [child]) {
        const parts = groups(leaf.rows, [], gradeOf, valueOf).sort((a, b) => grades.indexOf(a.name) - grades.indexOf(b.name));
        leaf.parts = parts.map(({ name, value, rows }) => ({ grade: name, value, rows }));
      }
    }
    const root = d3.hierarchy({ children }, (node) => node.children ?? node.parts).sum((node) => (node.grade ? node.value : 0));
    root.each((node) => { node.isLeaf = Boolean(node.data.parts); });
    const headed = (node) => node.depth > 0 && node.data.children && node.x1 - node.x0 > 56 && node.y1 - node.y0 > 44;
    const squarify = d3.treemapSquarify.ratio(1.25);
    d3
      .treemap()
      .size([width, height])
      .tile((node, ...box) => (node.isLeaf ? d3.treemapDice(node, ...box) : squarify(node, ...box)))
      .paddingInner((node) => (node.isLeaf ? 0 : node.depth === 0 && node.children.some((child) => child.data.children) ? 4 : 1))
      .paddingTop((node) => (headed(node) ? HEADER : 0))
      .round(true)(root);

    const present = grades.filter((grade) => root.leaves().some(({ data }) => data.grade === grade));
    const coloured = picture.grade && table.has(picture.grade);
    const foot = coloured ? 30 : 0;
    const svg = d3.select(host).append("svg").attr("class", "picture").attr("viewBox", `0 0 ${width} ${height + foot}`).attr("width", width).attr("height", height + foot).attr("role", "group").attr("aria-label", picture.label);
    ripple.patterns(svg);

    for (const group of root.children.filter((node) => node.data.children)) {
      const box = svg.append("g").attr("class", "group");
      box.append("rect").attr("x", group.x0).attr("y", group.y0).attr("width", group.x1 - group.x0).attr("height", group.y1 - group.y0).attr("rx", 2);
      if (!headed(group)) continue;
      const room = group.x1 - group.x0 - 10;
      const value = told(group.data);
      const name = ripple.clip(group.data.name, room, LETTERS * 1.1);
      const text = box.append("text").attr("x", group.x0 + 5).attr("y", group.y0 + 13.5).attr("class", "header");
      text.append("tspan").text(name);
      if ((name.length + value.length + 2) * LETTERS * 0.6 < room) text.append("tspan").attr("class", "quiet").attr("dx", 6).text(value);
    }
    const marks = [];
    for (const leaf of root.descendants().filter((node) => node.isLeaf)) {
      const { data } = leaf;
      const wide = leaf.x1 - leaf.x0;
      const high = leaf.y1 - leaf.y0;
      const node = svg.append("g").attr("class", data.rest ? "mark rest" : "mark").attr("data-v", data.value).attr("data-rows", data.rows.length);
      for (const part of leaf.children ?? []) {
        const shape = (fill) => node.append("rect").attr("class", fill).attr("x", part.x0).attr("y", part.y0).attr("width", part.x1 - part.x0).attr("height", part.y1 - part.y0);
        shape(`tone ${coloured ? part.data.grade : "plain"}`);
        if (coloured && part.data.grade !== NEEDED && (part.x1 - part.x0) * (part.y1 - part.y0) > 30) shape("pattern").attr("fill", `url(#p-${part.data.grade})`);
      }
      if (wide > 34 && high > 15) {
        const name = ripple.clip(data.name, wide - 8, LETTERS);
        node.append("text").attr("x", leaf.x0 + 4).attr("y", leaf.y0 + 12.5).text(name);
        if (high > 30 && wide > 50) node.append("text").attr("class", "quiet").attr("x", leaf.x0 + 4).attr("y", leaf.y0 + 25.5).text(ripple.clip(told(data), wide - 8, LETTERS));
      }
      const where = data.path.slice(0, -1).slice(zoom.length);
      const shares = coloured ? data.parts.filter(({ grade }) => grade !== NEEDED).map((part) => `needless at ${part.grade}: ${told(part)}`) : [];
      const share = ripple.format("share", data.value / total);
      const target = data.rest || data.row !== undefined ? null : data.path.slice(0, zoom.length + 1);
      marks.push({
        node: node.node(),
        key: encode(data.path),
        lines: [data.rest ? `${data.rest} more` : data.name, ...(where.length ? [where.join(" › ")] : []), `${told(data)}, ${share}`, ...(kind === "count" ? [] : [ripple.counted(data.rows.length, "build")]), ...shares],
        box: { x: leaf.x0, y: leaf.y0, width: wide, height: high },
        pick: target && (() => goTo(target)),
      });
    }
    ripple.marks(marks, { out: zoom.length ? () => goTo(zoom.slice(0, -1)) : null });
    if (coloured) {
      ripple.legend(svg, present.map((grade) => ({ tone: grade, pattern: grade !== NEEDED, title: grade === NEEDED ? "needed" : `needless, ${grade}` })), 0, height + 10, width);
    }
  }

  // where one is, and what an area is
  function crumbs(host, section, zoom, total, area, state, goTo) {
    const { element } = ripple;
    const line = element("div", { class: "above" });
    const path = element("div", { class: "crumbs", role: "group", "aria-label": "Zoom" });
    for (let depth = 0; depth <= zoom.length; depth++) {
      const name = depth ? zoom[depth - 1] : "all";
      if (depth) path.append(element("span", { "aria-hidden": "true" }, "›"));
      if (depth === zoom.length) path.append(element("b", {}, name));
      else {
        const button = element("button", { type: "button" }, name);
        button.addEventListener("click", () => goTo(zoom.slice(0, depth)));
        path.append(button);
      }
    }
    path.append(element("span", { class: "quiet" }, total));
    line.append(path);
    const { areas } = section.picture;
    if (areas.length > 1) line.append(ripple.choice("Areas are", areas, area.key, (key) => state.set({ area: key }, true)));
    host.append(line);
  }

  ripple.pictures.treemap = { draw };
})();
