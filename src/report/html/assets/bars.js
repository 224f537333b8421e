// Bars, one a row, in the order in which the table is sorted: a part of each for every series of the measure.
"use strict";
(() => {
  const LETTERS = 12;
  // names are bold, and so are wider
  const BOLD = LETTERS * 1.1;
  const ROW = 26;
  // what stands above a bar where there is no room beside it
  const ABOVE = 18;
  const NARROW = 640;

  // the unit of an axis: values are divided by `by`
  function unit(kind, most) {
    if (kind === "hours") return [[1, "h"], [1 / 60, "min"], [1 / 3600, "s"]].find(([by]) => most >= by * 1.5) ?? [1 / 3600, "s"];
    if (kind === "bytes") return [[2 ** 40, "TiB"], [2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]].find(([by]) => most >= by) ?? [1, "B"];
    return kind === "share" ? [0.01, "%"] : [1, ""];
  }

  // where the parts of a bar begin and end, one behind the other
  function stacked(values) {
    let at = 0;
    return values.map((value) => {
      const from = at;
      at += value;
      return [from, at];
    });
  }

  function bar({ table }, row, { of }, { series }) {
    const values = series.map(({ column }) => Number(table.value(row, column) ?? 0));
    const texts = series.map(({ column }) => table.text(row, column) || "0");
    const name = of.map((key) => table.text(row, key) || "(none)").join(" → ");
    // a sum is as sure as its least sure part
    const about = series.some(({ column }) => table.estimated(row, column)) ? "~" : "";
    return { row, name, values, texts, about, parts: stacked(values), end: values.reduce((sum, value) => sum + value, 0) };
  }

  function draw(host, section, rows, state) {
    const { picture, table } = section;
    const chosen = picture.measures.find(({ key }) => key === state.get("area")) ?? picture.measures[0];
    if (picture.measures.length > 1) {
      const line = ripple.element("div", { class: "above" }, ripple.element("span"));
      line.append(ripple.choice("Bars are", picture.measures, chosen.key, (key) => state.set({ area: key }, true)));
      host.append(line);
    }
    const all = rows.map((row) => bar(section, row, picture, chosen)).filter(({ values }) => values.some((value) => value !== 0));
    if (picture.longest) all.sort((a, b) => b.end - a.end || a.row - b.row);
    const bars = all.slice(0, picture.limit);
    if (!bars.length) {
      host.append(ripple.element("p", { class: "empty" }, rows.length ? "Nothing to draw." : "Nothing to draw: no row passes the filter."));
      return;
    }
    const kind = table.columns.find(({ key }) => key === chosen.series[0].column)?.kind;
    const width = ripple.width(host);
    const narrow = width < NARROW;
    const longest = Math.max(...bars.map(({ name }) => name.length)) * BOLD * 0.6 + 12;
    // in the narrow the axis begins with room for half its first label
    const gutter = narrow ? 12 : Math.min(longest, width * 0.38);
    const step = narrow ? ROW + ABOVE : ROW;
    const total = ({ about, end }) => `${about}${ripple.format(kind, end)}`;
    const behind = Math.max(...bars.map((one) => total(one).length)) * LETTERS * 0.6 + 12;

    const ends = bars.flatMap(({ parts }) => parts.flat());
    const [by, suffix] = unit(kind, Math.max(...ends.map(Math.abs)));
    const svg = d3.select(host).append("svg").attr("class", "picture bars").attr("width", width).attr("role", "group").attr("aria-label", picture.label);
    const top = (chosen.series.length > 1 ? ripple.legend(svg, chosen.series, 0, 0, width) + 4 : 4) + 20;
    const height = top + bars.length * step + 6;
    svg.attr("height", height).attr("viewBox", `0 0 ${width} ${height}`);
    const least = Math.min(0, ...ends);
    const x = d3.scaleLinear().domain([least / by, Math.max(0, ...ends) / by]).range([gutter, width - behind]).nice(narrow ? 4 : 8);
    const y = d3.scaleBand().domain(bars.map(({ row }) => row)).range([top, top + bars.length * step]).paddingInner(0.28).paddingOuter(0.14);
    const ticks = Math.max(2, Math.floor((width - behind - gutter) / 110));
    const axis = d3.axisTop(x).ticks(ticks).tickSize(-(bars.length * step)).tickPadding(6);
    const plain = (value) => (Number.isInteger(value) ? ripple.number(value) : String(Number(value.toPrecision(6))));
    axis.tickFormat((value) => (suffix ? `${plain(value)} ${suffix}` : plain(value)));
    const drawn = svg.append("g").attr("class", "axis").attr("aria-hidden", "true").attr("transform", `translate(0,${top})`).call(axis);
    drawn.select(".domain").remove();
    ripple.inside(drawn, gutter, behind);

    const thick = narrow ? y.bandwidth() - ABOVE * 0.72 : y.bandwidth();
    const marks = bars.map((one) => {
      const node = svg.append("g").attr("class", "mark");
      const from = y(one.row) + (narrow ? ABOVE * 0.72 : 0);
      // all of the row can be pointed at
      node.append("rect").attr("class", "edge").attr("x", 0).attr("y", y(one.row) - 2).attr("width", width).attr("height", y.bandwidth() + 4).attr("rx", 3);
      node
        .append("text")
        .attr("class", "name")
        .attr("x", narrow ? 0 : gutter - 10)
        .attr("y", narrow ? y(one.row) + 10 : from + thick / 2)
        .attr("text-anchor", narrow ? "start" : "end")
        .attr("dominant-baseline", narrow ? "auto" : "central")
        .text(ripple.clip(one.name, narrow ? width : gutter - 10, BOLD));
      for (const [nth, [a, b]] of one.parts.entries()) {
        const { tone } = chosen.series[nth];
        const start = Math.min(x(a / by), x(b / by));
        // what is there is to be seen
        const length = a === b ? 0 : Math.max(1, Math.abs(x(b / by) - x(a / by)));
        node.append("rect").attr("class", `tone ${b < a ? "proven" : tone}`).attr("data-series", chosen.series[nth].column).attr("x", start).attr("y", from).attr("width", length).attr("height", thick).attr("rx", 1.5);
      }
      const furthest = Math.max(x(0), ...one.parts.flat().map((end) => x(end / by)));
      node.append("text").attr("class", "total").attr("x", furthest + 7).attr("y", from + thick / 2).attr("dominant-baseline", "central").text(total(one));
      const said = chosen.series.map(({ title }, nth) => `${title}: ${one.texts[nth]}`);
      const lines = [one.name, ...said];
      if (chosen.series.length > 1) lines.push(`together: ${total(one)}`);
      return { node: node.node(), key: String(one.row), lines, pick: () => table.reveal(one.row) };
    });
    ripple.marks(marks);
    if (all.length > bars.length) {
      const which = picture.longest ? "longest" : "first";
      host.append(ripple.element("p", { class: "quiet few" }, `The ${ripple.number(bars.length)} ${which} of ${ripple.number(all.length)}; the table has all.`));
    }
  }

  ripple.pictures.bars = { draw };
})();
