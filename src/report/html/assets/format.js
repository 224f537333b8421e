// Figures as tables of the terminal show them.
"use strict";
(() => {
  const number = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  // with a digit behind the point where it is no whole number
  function count(value) {
    const tenths = Math.round(Math.abs(value) * 10);
    const sign = value < 0 && tenths > 0 ? "-" : "";
    return `${sign}${number(Math.floor(tenths / 10))}${tenths % 10 ? `.${tenths % 10}` : ""}`;
  }
  const oneDigit = (value) => (value >= 99.95 ? number(value) : value.toFixed(1));

  function duration(hours) {
    const sign = hours < 0 ? "-" : "";
    const seconds = Math.abs(hours) * 3600;
    if (seconds === 0) return "0";
    if (seconds < 1) return `${sign}${Math.max(1, Math.round(seconds * 1000))} ms`;
    if (seconds < 99.5) return `${sign}${Math.round(seconds)} s`;
    if (seconds < 5997) return `${sign}${oneDigit(seconds / 60)} min`;
    return `${sign}${oneDigit(seconds / 3600)} h`;
  }

  function size(bytes) {
    const sign = bytes < 0 ? "-" : "";
    let value = Math.abs(bytes);
    let unit = 0;
    const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    while (value >= 1024 && unit + 1 < units.length) [value, unit] = [value / 1024, unit + 1];
    return `${sign}${unit ? value.toFixed(2) : Math.round(value)} ${units[unit]}`;
  }

  function share(value) {
    const percent = value * 100;
    return percent > 0 && percent < 0.1 ? "< 0.1 %" : `${percent.toFixed(1)} %`;
  }

  ripple.number = number;
  ripple.counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
  // a value of a column's kind
  ripple.format = (kind, value) => {
    const format = { hours: duration, bytes: size, share }[kind];
    return format ? format(value) : count(value);
  };
  // a text that fits into so many pixels at a size of letters; widths are estimated, so that every machine clips alike
  ripple.clip = (text, pixels, letters) => {
    const fits = Math.floor(pixels / (letters * 0.6));
    if (text.length <= fits) return text;
    return fits < 3 ? "" : `${text.slice(0, fits - 1)}…`;
  };
})();
