// Axes of hours, in the unit that people would read them in.
"use strict";
(() => {
  const UNITS = [
    [1 / 3600, "s"],
    [1 / 60, "min"],
    [1, "h"],
    [24, "d"],
  ];

  // A scale from 0 to so many hours over so many pixels, and what draws its axis: seconds, minutes, hours or days.
  ripple.hours = (most, from, to) => {
    const [unit, name] = UNITS.findLast(([unit]) => most >= unit * 1.6) ?? UNITS[0];
    const scale = d3.scaleLinear().domain([0, most / unit]).range([from, to]);
    const at = (hours) => scale(hours / unit);
    const ticks = (count) => scale.ticks(Math.max(2, count));
    const format = (value) => `${d3.format(",")(Number(value.toPrecision(6)))} ${name}`;
    return {
      at,
      ticks: (count) => ticks(count).map((value) => at(value * unit)),
      // below what it is drawn for, or above with d3.axisTop
      axis: (kind, count) => kind(scale).tickValues(ticks(count)).tickFormat(format).tickSizeOuter(0),
      nice: (count) => {
        scale.nice(count);
        return scale.domain()[1] * unit;
      },
    };
  };
})();
