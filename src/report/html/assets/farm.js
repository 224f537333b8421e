// What each slot of a farm builds when. The longest builds are drawn by themselves, the others as times in which a slot
// does any of them.
"use strict";
(() => {
  const LETTERS = 11;
  const MILLIS = 3600000;
  // with more slots only those are drawn that do one of the longest builds, and no more than so many
  const LANES = 160;

  function draw(host, section, rows, state) {
    const { picture, table } = section;
    const { element } = ripple;
    // those of rows that pass, and the machines of such rows
    const parts = new Set(rows.map((row) => String(table.value(row, picture.part))));
    const farms = picture.farms.filter(({ key }) => !picture.part || parts.has(key));
    if (!rows.length || !farms.length) {
      host.append(element("p", { class: "empty" }, "Nothing to draw: no row passes the filter."));
      return;
    }
    const farm = farms.find(({ key }) => key === state.get("farm")) ?? farms[0];
    const own = rows.filter((row) => !picture.part || String(table.value(row, picture.part)) === farm.key);
    const machines = new Set(own.map((row) => table.value(row, picture.machines) ?? ""));
    const line = element("div", { class: "above" });
    if (farms.length > 1) {
      const select = element("select", { "data-farm": "", "aria-label": "Which part" });
      for (const { key, title } of farms) select.append(element("option", { value: key }, title));
      select.value = farm.key;
      select.addEventListener("change", () => state.set({ farm: select.value }, true));
      line.append(select);
    }
    const shorter = farm.builds - farm.names.length;
    const told = [`${ripple.format("hours", farm.hours)}, ${ripple.counted(farm.builds, "build")}`];
    if (shorter > 0) told.push(`${ripple.number(shorter)} others, none of them longer, as shades`);
    line.append(element("span", { class: "quiet" }, told.join("; ")));
    host.append(line);
    if (!(farm.hours > 0)) {
      host.append(element("p", { class: "empty" }, "Nothing to draw: nothing takes time."));
      return;
    }

    const width = ripple.width(host);
    let lanes = farm.lanes.map((lane, number) => ({ ...lane, number }));
    const doing = new Set(farm.lane);
    const all = lanes.length;
    if (all > LANES) lanes = lanes.filter(({ number }) => doing.has(number));
    const shorterAlone = all - lanes.length;
    const tooMany = Math.max(0, lanes.length - LANES);
    lanes = lanes.slice(0, LANES);
    const pitch = Math.max(4, Math.min(20, 460 / lanes.length));
    const gap = pitch > 8 ? 3 : 1;
    const left = pitch >= 12 && width > 600 ? 96 : 12;
    const top = 22;
    const kinds = d3.groups(lanes, ({ kind }) => kind);
    const headed = kinds.length > 1 || left === 12;
    const header = headed ? 17 : 0;
    const heights = kinds.reduce((sum, [, own]) => sum + header + own.length * pitch + 4, 0);
    const height = top + heights + 6;
    const scale = ripple.hours(farm.hours, left, width - 14);
    const svg = d3.select(host).append("svg").attr("class", "picture farm").attr("viewBox", `0 0 ${width} ${height}`).attr("width", width).attr("height", height).attr("role", "group").attr("aria-label", `${picture.label}: ${farm.title}`);
    const count = Math.floor(width / 110);
    const axis = svg.append("g").attr("class", "axis").attr("transform", `translate(0,${top})`).call(scale.axis(d3.axisTop, count));
    ripple.inside(axis, left, 14);
    svg.append("g").attr("class", "grid").selectAll("line").data(scale.ticks(count)).join("line").attr("x1", (x) => x).attr("x2", (x) => x).attr("y1", top).attr("y2", height);

    const runs = d3.group(d3.range(farm.names.length), (run) => farm.lane[run]);
    const hours = (millis) => millis / MILLIS;
    const marks = [];
    let y = top + 4;
    for (const [kind, own] of kinds) {
      if (headed) {
        const slots = own.length === 1 ? "1 slot" : `${ripple.number(own.length)} slots`;
        svg.append("text").attr("class", "quiet").attr("x", left).attr("y", y + 11).text(ripple.clip(`${kind}: ${slots}`, width - left, LETTERS));
        y += header;
      }
      for (const lane of own) {
        const high = pitch - gap;
        const slot = svg.append("g").attr("class", machines.has(kind) ? "slot" : "slot dim");
        if (left > 12) slot.append("text").attr("class", "quiet").attr("x", left - 8).attr("y", y + high / 2 + 4).attr("text-anchor", "end").text(ripple.clip(lane.name, left - 10, LETTERS));
        for (const [start, end] of lane.others) {
          const x0 = scale.at(hours(start));
          slot.append("rect").attr("class", "others").attr("x", x0).attr("y", y).attr("width", Math.max(0.3, scale.at(hours(end)) - x0)).attr("height", high);
        }
        for (const run of runs.get(lane.number) ?? []) {
          const [start, long] = [farm.start[run], farm.long[run]];
          const x0 = scale.at(hours(start));
          const wide = Math.max(0.6, scale.at(hours(start + long)) - x0);
          const node = slot.append("g").attr("class", "mark");
          node.append("rect").attr("class", "plain").attr("x", x0).attr("y", y).attr("width", wide > 2 ? wide - 0.6 : wide).attr("height", high).attr("rx", high > 8 && wide > 4 ? 2 : 0);
          node.append("rect").attr("class", "edge").attr("x", x0).attr("y", y).attr("width", wide).attr("height", high);
          if (wide > 34 && high >= 11) node.append("text").attr("x", x0 + 4).attr("y", y + high / 2 + 4).text(ripple.clip(farm.names[run], wide - 8, LETTERS));
          marks.push({
            node: node.node(),
            key: String(run),
            lines: [farm.names[run], `${ripple.format("hours", hours(long))} from ${ripple.format("hours", hours(start))} on`, `on ${lane.name}`, ...(farm.systems[run] ? [farm.systems[run]] : [])],
          });
        }
        y += pitch;
      }
      y += 4;
    }
    ripple.marks(marks);
    const missing = [];
    if (shorterAlone > 0) missing.push(`${ripple.counted(shorterAlone, "slot")} with shorter builds alone are not drawn`);
    if (tooMany > 0) missing.push(`${ripple.counted(tooMany, "slot")} with some of the longest builds are not drawn for want of room`);
    if (farm.idle > 0) missing.push(`${ripple.counted(farm.idle, "slot")} never build anything`);
    if (missing.length) host.append(element("p", { class: "quiet" }, `${missing.join("; ")}.`));
  }

  ripple.pictures.farm = { draw };
})();
