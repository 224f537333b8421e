// Waves over time: one after the other, or overlapping where they do not touch.
//
// A row of the table is a wave: its bumps, when it begins and how long it takes, and what of its machine time settles.
"use strict";
(() => {
  const LETTERS = 11;
  // names are wider
  const BOLD = 12;
  // with more waves their names are told by the tooltip alone
  const NAMED = 60;

  function draw(host, section, rows, state) {
    const { picture, table } = section;
    const value = (row, key) => (picture[key] ? table.value(row, picture[key]) : null);
    const overlapping = picture.overlapping && state.get("overlap") === "yes";
    const startOf = (row) => value(row, overlapping ? "overlapping" : "start") ?? 0;
    const longOf = (row) => value(row, "long") ?? 0;
    const end = rows.reduce((most, row) => Math.max(most, startOf(row) + longOf(row)), 0);

    const line = ripple.element("div", { class: "above" }, ripple.element("span", { class: "quiet" }, `${ripple.counted(rows.length, "wave")}, ${ripple.format("hours", end)} ${picture.clock}`));
    if (picture.overlapping) {
      const choices = [
        { key: "", title: "one after the other" },
        { key: "yes", title: "overlapping" },
      ];
      line.append(ripple.choice("Waves go", choices, overlapping ? "yes" : "", (key) => state.set({ overlap: key }, true)));
    }
    host.append(line);
    if (!(end > 0)) {
      host.append(ripple.element("p", { class: "empty" }, "Nothing to draw: no wave that takes time passes the filter."));
      return;
    }

    const width = ripple.width(host);
    const named = rows.length <= NAMED;
    const pitch = named ? 34 : Math.max(5, Math.min(14, 900 / rows.length));
    const bar = named ? 13 : pitch - 1;
    const left = 30;
    const top = 22;
    const legend = 26;
    const below = top + rows.length * pitch + 6;
    const scale = ripple.hours(end, left, width - 14);
    const svg = d3.select(host).append("svg").attr("class", "picture gantt").attr("viewBox", `0 0 ${width} ${below + legend}`).attr("width", width).attr("height", below + legend).attr("role", "group").attr("aria-label", picture.label);
    const count = Math.floor(width / 110);
    const axis = svg.append("g").attr("class", "axis").attr("transform", `translate(0,${top})`).call(scale.axis(d3.axisTop, count));
    ripple.inside(axis, left, 14);
    svg.append("g").attr("class", "grid").selectAll("line").data(scale.ticks(count)).join("line").attr("x1", (x) => x).attr("x2", (x) => x).attr("y1", top).attr("y2", below);

    const marks = [];
    rows.forEach((row, at) => {
      const y = top + 6 + at * pitch;
      const x0 = scale.at(startOf(row));
      const wide = Math.max(1.5, scale.at(startOf(row) + longOf(row)) - x0);
      const hours = value(row, "hours");
      const settles = value(row, "settles");
      const share = hours > 0 ? Math.min(1, settles / hours) : 0;
      const node = svg.append("g").attr("class", "mark");
      const high = named ? y + 15 : y;
      node.append("rect").attr("class", "plain").attr("x", x0).attr("y", high).attr("width", wide).attr("height", bar).attr("rx", named ? 2 : 0);
      // what settles, as a part of the bar
      if (share > 0) node.append("rect").attr("class", "accent settled").attr("x", x0).attr("y", high).attr("width", wide * share).attr("height", bar).attr("rx", named ? 2 : 0);
      node.append("rect").attr("class", "edge").attr("x", x0 - 1).attr("y", high - 1).attr("width", wide + 2).attr("height", bar + 2).attr("rx", 3);
      const names = value(row, "names") ?? [];
      const stages = value(row, "stages");
      const heavy = value(row, "heavy") ?? [];
      if (named) {
        const text = stages ?? words(names, 5);
        const number = svg.append("text").attr("class", "quiet number").attr("x", left - 8).attr("y", high + 10.5).attr("text-anchor", "end");
        number.text(table.text(row, picture.row));
        // from the bar on, or as far to the left as the names need
        const letters = (words) => words.length * BOLD * 0.6;
        const marked = heavy.length ? `◆ ${heavy.join(", ")}` : "";
        const right = width - 4;
        const start = Math.max(left, Math.min(x0, right - letters(text)));
        // what begins before its bar ends at the edge, whatever the letters
        const label = node.append("text").attr("class", "label").attr("y", y + 10.5);
        label.attr("x", start < x0 ? right : start).attr("text-anchor", start < x0 ? "end" : "start");
        const shown = ripple.clip(text, right - start, BOLD);
        label.append("tspan").attr("class", "name").text(shown);
        const room = right - start - letters(shown) - 12;
        if (marked && room > 40 && start === x0) label.append("tspan").attr("class", "quiet").attr("dx", 8).text(ripple.clip(marked, room, LETTERS));
      }
      const builds = value(row, "builds");
      marks.push({
        node: node.node(),
        key: table.text(row, picture.row),
        lines: [
          `wave ${table.text(row, picture.row)}: ${words(names, 8)}`,
          `begins at ${ripple.format("hours", startOf(row))}, takes ${ripple.format("hours", longOf(row))}`,
          `${ripple.counted(builds, "build")}, ${ripple.format("hours", hours)} of machine time`,
          `${ripple.format("hours", settles)} of it settles here${heavy.length ? `: ${heavy.join(", ")}` : ""}`,
          ...(stages ? [`stages: ${stages}`] : []),
        ],
      });
    });
    ripple.marks(marks);
    ripple.legend(svg, [{ tone: "accent settled", title: width < 600 ? "the part that settles" : "the part of its machine time that settles: no later wave rebuilds it" }], left, below + 8, width - left);
  }

  const words = (names, most) => (names.length > most ? `${names.slice(0, most).join(", ")} and ${names.length - most} more` : names.join(", "));

  ripple.pictures.gantt = { draw };
})();
