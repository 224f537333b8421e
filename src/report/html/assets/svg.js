// Pictures as files of their own.
"use strict";
(() => {
  // the page's styles that bear on pictures: the properties of both colour schemes, and all rules under .picture
  function styles() {
    const kept = [];
    const take = (rules, into) => {
      for (const rule of rules) {
        if (rule instanceof CSSMediaRule) {
          const inner = [];
          if (/prefers-color-scheme/.test(rule.conditionText)) take(rule.cssRules, inner);
          if (inner.length) into.push(`@media ${rule.conditionText}{${inner.join("")}}`);
        } else if (rule instanceof CSSStyleRule) {
          // a file has no theme but the system's
          if (rule.selectorText.startsWith(":root") && !/^:root(:not\(\[data-theme="light"\]\))?$/.test(rule.selectorText)) continue;
          const selector = rule.selectorText.startsWith(":root") ? "svg" : rule.selectorText;
          if (selector === "svg" || selector.includes(".picture")) into.push(`${selector}{${rule.style.cssText}}`);
        }
      }
    };
    for (const sheet of document.styleSheets) take(sheet.cssRules, kept);
    return kept.join("\n");
  }

  // A figure's picture as a standalone SVG, with its colours for light and dark.
  ripple.svg = (figure) => {
    const svg = figure.querySelector(".canvas svg").cloneNode(true);
    svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    for (const node of svg.querySelectorAll("[tabindex]")) node.removeAttribute("tabindex");
    for (const node of svg.querySelectorAll('[role="button"]')) node.setAttribute("role", "img");
    const style = document.createElementNS("http://www.w3.org/2000/svg", "style");
    style.textContent = `\n${styles()}\n`;
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = figure.querySelector("figcaption").firstChild.textContent.trim();
    svg.prepend(title, style);
    return `${new XMLSerializer().serializeToString(svg)}\n`;
  };

  ripple.save = (figure, section) => {
    const text = ripple.svg(figure);
    const link = ripple.element("a", { href: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`, download: `${ripple.command}-${section.id}.svg` });
    link.click();
  };
})();
