// Plans by their number of waves and their cost. Those whose waves the page knows can be picked.
"use strict";
(() => {
  function draw(host, section, rows, state) {
    const { picture, table } = section;
    const { x, y } = picture;
    const kind = table.columns.find(({ key }) => key === y).kind;
    const points = rows
      .map((row) => ({ row, key: picture.plans[row], x: table.value(row, x), y: table.value(row, y), locked: picture.locked[row], proven: picture.proven[row] }))
      .filter((point) => point.x !== null && point.y !== null);
    const wanted = picture.plans.includes(state.get("waves")) ? state.get("waves") : picture.chosen;
    const now = points.find(({ key }) => key === wanted);
    const told = (point) => `${ripple.counted(point.x, "wave")}, ${ripple.format(kind, point.y)}`;
    const line = ripple.element("div", { class: "above" });
    const own = ripple.element("span", { "data-plan": wanted }, wanted === picture.chosen ? "The chosen plan" : "Another plan");
    if (now) own.append(`: ${told(now)}`);
    line.append(own);
    if (wanted !== picture.chosen) {
      const back = ripple.element("button", { type: "button", class: "save", "data-waves-chosen": "" }, "Back to the chosen plan");
      back.addEventListener("click", () => state.set({ waves: "" }, true));
      line.append(back);
    }
    host.append(line);
    if (!points.length) {
      host.append(ripple.element("p", { class: "empty" }, "Nothing to draw: no plan passes the filter."));
      return;
    }

    const width = ripple.width(host);
    const height = Math.round(Math.max(240, Math.min(380, width * 0.42)));
    const box = { left: 58, right: width - 16, top: 16, bottom: height - 40 };
    const most = Math.max(...points.map((point) => point.x), picture.most ?? 0);
    const least = Math.min(...points.map((point) => point.x));
    const across = d3.scaleLinear().domain([least - 0.5, most + 0.5]).range([box.left, box.right]);
    const peak = Math.max(...points.map((point) => point.y));
    const svg = d3.select(host).append("svg").attr("class", "picture frontier").attr("role", "group").attr("aria-label", picture.label);
    // times in their own units, all else as it is
    const up = kind === "hours" ? ripple.hours(peak || 1, box.bottom, box.top) : plain(peak || 1, kind, box);
    up.nice(5);
    const count = Math.max(2, Math.min(most - least + 1, Math.floor((box.right - box.left) / 60)));
    const whole = across.ticks(count).filter(Number.isInteger);
    const xAxis = d3.axisBottom(across).tickValues(whole).tickFormat(d3.format(",d")).tickSizeOuter(0);
    svg.append("g").attr("class", "grid").selectAll("line").data(up.ticks(5)).join("line").attr("x1", box.left).attr("x2", box.right).attr("y1", (at) => at).attr("y2", (at) => at);
    svg.append("g").attr("class", "axis").attr("transform", `translate(0,${box.bottom})`).call(xAxis);
    svg.append("g").attr("class", "axis").attr("transform", `translate(${box.left},0)`).call(up.axis(d3.axisLeft, 5));
    svg.append("text").attr("class", "quiet").attr("x", box.right).attr("y", box.bottom + 32).attr("text-anchor", "end").text("waves: more are safer");
    svg.append("text").attr("class", "quiet").attr("x", box.left + 6).attr("y", box.top - 4).text(`${table.columns.find((column) => column.key === y).title} of all waves`);

    // what is asked for: at most so many waves
    if (picture.most) {
      const limit = svg.append("g").attr("class", "limit");
      const at = across(picture.most + 0.5);
      limit.append("line").attr("x1", at).attr("x2", at).attr("y1", box.top).attr("y2", box.bottom);
      limit.append("text").attr("x", at - 4).attr("y", box.top + 10).attr("text-anchor", "end").text(`at most ${ripple.counted(picture.most, "wave")}`);
    }

    // nothing costs less with as many waves or more
    const best = points.filter((point) => !points.some((other) => other !== point && other.x >= point.x && other.y <= point.y && (other.x > point.x || other.y < point.y)));
    best.sort((one, other) => one.x - other.x);
    svg.append("path").attr("class", "line").attr("d", best.map((point, at) => `${at ? "L" : "M"}${across(point.x).toFixed(1)},${up.at(point.y).toFixed(1)}`).join(""));

    const marks = [];
    const drawn = [...points].sort((one, other) => one.x - other.x || one.y - other.y);
    for (const point of drawn) {
      const { row } = point;
      const cx = across(point.x);
      const cy = up.at(point.y);
      const picked = point.key !== null && point.key === wanted;
      const size = point.key === null ? 2 : points.length > 80 ? 4 : 5.5;
      const node = svg.append("g").attr("class", point.key === null ? "mark dot left" : "mark dot");
      if (picked) node.append("circle").attr("class", "ring").attr("cx", cx).attr("cy", cy).attr("r", size + 5);
      // a square: every bump finds its updated upstreams locked
      if (point.locked) node.append("rect").attr("class", "point locked").attr("x", cx - size).attr("y", cy - size).attr("width", 2 * size).attr("height", 2 * size);
      else node.append("circle").attr("class", "point").attr("cx", cx).attr("cy", cy).attr("r", size);
      node.append("circle").attr("class", "edge").attr("cx", cx).attr("cy", cy).attr("r", size + 3);
      // fingers are wider than points
      node.append("circle").attr("class", "touch").attr("cx", cx).attr("cy", cy).attr("r", 9);
      const name = point.key === picture.chosen ? "chosen: " : "";
      if (point.key !== null) node.attr("data-waves", point.key).attr("aria-pressed", String(picked));
      marks.push({
        node: node.node(),
        key: point.key ?? `row ${row}`,
        lines: [
          `${name}${told(point)}`,
          ...picture.tells.filter((key) => table.has(key) && table.value(row, key) !== null).map((key) => `${table.columns.find((column) => column.key === key).title}: ${table.text(row, key)}`),
          point.locked ? "every bump finds its updated upstreams locked" : "some bumps are in one wave with their upstreams",
          point.proven ? "proven: none of as many waves is better" : "the best that was found",
          ...(point.key === null ? [`not on this page: waves --waves ${point.x}`] : picked ? ["shown now"] : ["pick it to see its waves"]),
        ],
        pick: point.key === null ? undefined : () => state.set({ waves: point.key === picture.chosen ? "" : point.key }, true),
      });
    }
    // the one that is shown is reached by Tab
    ripple.marks(marks, { first: marks.find(({ key }) => key === wanted) });

    const legend = [["locked", "upstreams locked"], ["", "some together with theirs"]];
    const foot = svg.append("g").attr("class", "legend");
    let left = box.left;
    const base = height + 12;
    for (const [name, title] of legend) {
      if (name) foot.append("rect").attr("class", "point locked").attr("x", left).attr("y", base - 9).attr("width", 9).attr("height", 9);
      else foot.append("circle").attr("class", "point").attr("cx", left + 4.5).attr("cy", base - 4.5).attr("r", 4.5);
      foot.append("text").attr("x", left + 15).attr("y", base - 1).text(title);
      left += 15 + title.length * 11 * 0.58 + 18;
    }
    svg.attr("viewBox", `0 0 ${width} ${height + 16}`).attr("width", width).attr("height", height + 16);
  }

  // a scale as ripple.hours gives one, of counts or bytes
  function plain(most, kind, box) {
    const scale = d3.scaleLinear().domain([0, most]).range([box.bottom, box.top]);
    return {
      at: scale,
      ticks: (count) => scale.ticks(count).map(scale),
      axis: (axis, count) => axis(scale).ticks(count).tickFormat((value) => ripple.format(kind, value)).tickSizeOuter(0),
      nice: (count) => scale.nice(count),
    };
  }

  ripple.pictures.frontier = { draw };
})();
