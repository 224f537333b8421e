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

  // Makes elements of one SVG into marks: one of them is reached by Tab, arrows go to the nearest in their direction.
  // marks: [{node, key, lines, pick, box}]; `lines` are told by the tooltip, `pick` is what a click, Enter or
  // Space does, if anything; `box` ({x, y, width, height}) is framed when pointed at, where the node has no frame of
  // its own. out: what Escape does. first: the mark that Tab reaches at first.
  ripple.marks = (marks, { out, first } = {}) => {
    if (!marks.length) return;
    const byNode = new Map(marks.map((mark) => [mark.node, mark]));
    const of = (event) => byNode.get(event.target.closest("[data-key]"));
    let reached = first ?? marks[0];
    for (const { node, key, lines, pick } of marks) {
      node.setAttribute("data-key", key);
      node.setAttribute("tabindex", node === reached.node ? "0" : "-1");
      if (!node.hasAttribute("role")) node.setAttribute("role", pick ? "button" : "img");
      node.setAttribute("aria-label", lines.join(", "));
    }
    const reach = (mark) => {
      reached.node.setAttribute("tabindex", "-1");
      mark.node.setAttribute("tabindex", "0");
      reached = mark;
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
    const frame = ({ node, box }) => {
      if (!box || node.lastChild?.classList.contains("edge")) return;
      d3.select(node).append("rect").attr("class", "edge").attr("x", box.x).attr("y", box.y).attr("width", box.width).attr("height", box.height);
    };
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const press = (mark, key) => {
      if (arrows[key]) return next(mark, ...arrows[key]) ?? mark;
      if (key === "Home") return marks[0];
      if (key === "End") return marks.at(-1);
      if ((key === "Enter" || key === " ") && mark.pick) {
        hideTip();
        mark.pick();
        return mark;
      }
      if (key !== "Escape") return null;
      const open = shownFor !== null;
      hideTip();
      if (out) out();
      return out || open ? mark : null;
    };
    const svg = marks[0].node.ownerSVGElement;
    svg.addEventListener("pointermove", (event) => {
      const mark = of(event);
      if (!mark) return hideTip();
      frame(mark);
      showTip(mark, mark.lines, event.clientX, event.clientY);
    });
    svg.addEventListener("pointerleave", hideTip);
    svg.addEventListener("focusin", (event) => {
      const mark = of(event);
      if (!mark) return;
      reach(mark);
      if (!mark.node.matches(":focus-visible")) return;
      frame(mark);
      const { left, bottom } = mark.node.getBoundingClientRect();
      showTip(mark, mark.lines, left, Math.min(bottom, innerHeight - 20));
    });
    svg.addEventListener("focusout", hideTip);
    svg.addEventListener("click", (event) => {
      const mark = of(event);
      if (!mark?.pick) return;
      hideTip();
      mark.pick();
    });
    svg.addEventListener("keydown", (event) => {
      const mark = of(event);
      if (!mark || event.ctrlKey || event.metaKey || event.altKey) return;
      const to = press(mark, event.key);
      if (!to) return;
      event.preventDefault();
      if (to !== mark) to.node.focus();
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

  // keeps the labels of a horizontal axis inside the picture: the first begins at its tick, the last ends at its own,
  // where half of it has no room; `left` and `right` are what room the axis has beside itself
  ripple.inside = (axis, left, right) => {
    const ticks = axis.selectAll(".tick text");
    const half = (text) => text.textContent.length * 10 * 0.3;
    ticks.filter((_, nth) => nth === 0).attr("text-anchor", function () { return half(this) > left ? "start" : "middle"; });
    ticks.filter((_, nth, all) => nth > 0 && nth === all.length - 1).attr("text-anchor", function () { return half(this) > right ? "end" : "middle"; });
  };

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
