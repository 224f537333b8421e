// Marks of pictures: what they tell when pointed at, and how the keyboard goes about among them.
"use strict";
(() => {
  const tip = () => document.getElementById("tip");
  let shownFor = null;

  function showTip(mark, lines, x, y) {
    const box = tip();
    box.replaceChildren(...lines.map((line, at) => ripple.element(at ? "span" : "b", {}, line)));
    box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    const left = Math.max(8, Math.min(x + 14, document.documentElement.clientWidth - width - 8));
    const below = y + 18 + height < innerHeight;
    box.style.left = `${left}px`;
    box.style.top = `${below ? y + 18 : Math.max(8, y - height - 10)}px`;
    shownFor = mark;
  }

  function hideTip() {
    tip().hidden = true;
    shownFor = null;
  }

  // Makes elements into marks of one group: one of them is reached by Tab, arrows go to the nearest in their
  // direction. marks: [{node, key, lines, label, pick}]; `lines` are told by the tooltip, `pick` is what a click, Enter
  // or Space does, if anything; out: what Escape does.
  ripple.marks = (marks, { out } = {}) => {
    const focus = (mark) => {
      for (const other of marks) other.node.setAttribute("tabindex", other === mark ? "0" : "-1");
      mark.node.focus({ preventScroll: false });
    };
    const centre = ({ node }) => {
      const { left, right, top, bottom } = node.getBoundingClientRect();
      return [(left + right) / 2, (top + bottom) / 2];
    };
    // the nearest in a direction: what lies aside counts double
    const next = (mark, dx, dy) => {
      const [x, y] = centre(mark);
      let best = null;
      let least = Infinity;
      for (const other of marks) {
        const [ox, oy] = centre(other);
        const along = (ox - x) * dx + (oy - y) * dy;
        const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
        if (along > 1 && along + 2 * aside < least) [best, least] = [other, along + 2 * aside];
      }
      return best;
    };
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    marks.forEach((mark, at) => {
      const { node } = mark;
      node.setAttribute("data-key", mark.key);
      node.setAttribute("tabindex", at ? "-1" : "0");
      if (!node.hasAttribute("role")) node.setAttribute("role", mark.pick ? "button" : "img");
      node.setAttribute("aria-label", mark.label ?? mark.lines.join(", "));
      node.addEventListener("pointermove", (event) => showTip(mark, mark.lines, event.clientX, event.clientY));
      node.addEventListener("pointerleave", hideTip);
      node.addEventListener("focus", () => {
        if (!node.matches(":focus-visible")) return;
        const { left, bottom } = node.getBoundingClientRect();
        showTip(mark, mark.lines, left, Math.min(bottom, innerHeight - 20));
      });
      node.addEventListener("blur", hideTip);
      if (mark.pick) {
        node.addEventListener("click", () => {
          hideTip();
          mark.pick();
        });
      }
      node.addEventListener("keydown", (event) => {
        const { key } = event;
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        let to = null;
        if (arrows[key]) to = next(mark, ...arrows[key]);
        else if (key === "Home") to = marks[0];
        else if (key === "End") to = marks.at(-1);
        else if ((key === "Enter" || key === " ") && mark.pick) {
          hideTip();
          mark.pick();
        } else if (key === "Escape") {
          const open = shownFor !== null;
          hideTip();
          if (out) out();
          else if (!open) return;
        } else return;
        event.preventDefault();
        if (to) focus(to);
      });
    });
  };

  // Buttons of which one is chosen, above a picture. choices: [{key, title}]
  ripple.choice = (label, choices, chosen, pick) => {
    const group = ripple.element("div", { class: "choice", role: "group", "aria-label": label });
    for (const { key, title } of choices) {
      const button = ripple.element("button", { type: "button", "data-choice": key, "aria-pressed": String(key === chosen) }, title);
      button.addEventListener("click", () => pick(key));
      group.append(button);
    }
    return group;
  };

  // the width that a picture has
  ripple.width = (host) => Math.max(280, Math.floor(host.getBoundingClientRect().width));

  // patterns by which grades can be told without colours
  ripple.patterns = (svg) => {
    const defs = svg.append("defs");
    const shapes = {
      suspected: ["M0,8 L8,0", 1],
      inferred: ["M0,8 L8,0 M-2,2 L2,-2 M6,10 L10,6", 1.4],
      observed: ["M0,8 L8,0 M0,0 L8,8", 1.2],
      proven: ["M0,2 H8 M0,6 H8 M2,0 V8 M6,0 V8", 1.2],
    };
    for (const [grade, [path, width]] of Object.entries(shapes)) {
      const size = grade === "suspected" ? 12 : 8;
      const pattern = defs.append("pattern").attr("id", `p-${grade}`).attr("width", size).attr("height", size).attr("patternUnits", "userSpaceOnUse");
      pattern.append("path").attr("d", path).attr("class", "hatch").attr("stroke-width", width).attr("fill", "none");
    }
  };

  // What colours mean, as a row of a picture (of several, where it is narrow); tells how high it is.
  // items: [{tone, title, pattern}]
  ripple.legend = (svg, items, x, y, width) => {
    const letters = 11;
    let [left, top] = [x, y];
    const legend = svg.append("g").attr("class", "legend");
    for (const { tone, title, pattern } of items) {
      const wide = 14 + 6 + title.length * letters * 0.58 + 16;
      if (left > x && left + wide > x + width) [left, top] = [x, top + 18];
      const swatch = (name) => legend.append("rect").attr("class", name).attr("x", left).attr("y", top).attr("width", 14).attr("height", 12).attr("rx", 2);
      swatch(`tone ${tone}`);
      if (pattern) swatch("pattern").attr("fill", `url(#p-${tone})`);
      legend.append("text").attr("x", left + 20).attr("y", top + 10).text(title);
      left += wide;
    }
    return top + 18 - y;
  };
})();
