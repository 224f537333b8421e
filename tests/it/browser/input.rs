//! True clicks and keys.

use serde_json::{Value, json};

use super::tab::Tab;

impl Tab {
    /// Where the middle of the first such element is, once it is scrolled to; what covers it, fails.
    fn middle(&mut self, selector: &str) -> (f64, f64) {
        let script = format!(
            "(() => {{
                const wanted = document.querySelector({});
                if (!wanted) return 'there is none';
                wanted.scrollIntoView({{block: 'center', inline: 'center', behavior: 'instant'}});
                const box = wanted.getBoundingClientRect();
                if (box.width <= 0 || box.height <= 0) return 'it has no size';
                const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                const hit = document.elementFromPoint(x, y);
                if (!hit || !(wanted.contains(hit) || hit.contains(wanted)))
                    return 'it is covered by ' + (hit ? hit.outerHTML.slice(0, 200) : 'nothing: outside the window');
                return [x, y];
            }})()",
            json!(selector)
        );
        match self.eval(&script) {
            Value::Array(at) => (at[0].as_f64().unwrap(), at[1].as_f64().unwrap()),
            why => panic!("{selector} cannot be pointed at: {why}"),
        }
    }

    fn mouse(&mut self, kind: &str, (x, y): (f64, f64), button: &str) {
        let count = u8::from(button != "none");
        let params = json!({"type": kind, "x": x, "y": y, "button": button, "clickCount": count});
        self.call("Input.dispatchMouseEvent", params);
    }

    /// Moves the mouse over an element.
    pub(crate) fn hover(&mut self, selector: &str) {
        let at = self.middle(selector);
        self.mouse("mouseMoved", at, "none");
        self.settle();
    }

    /// Clicks in the middle of an element.
    pub(crate) fn click(&mut self, selector: &str) {
        let at = self.middle(selector);
        for (kind, button) in [("mouseMoved", "none"), ("mousePressed", "left"), ("mouseReleased", "left")] {
            self.mouse(kind, at, button);
        }
        self.settle();
    }

    /// Presses a key by its name (`Tab`, `Enter`, `ArrowDown`, `a` …).
    pub(crate) fn key(&mut self, key: &str) {
        self.press(key, 0);
    }

    /// Presses a key with Shift.
    pub(crate) fn shift(&mut self, key: &str) {
        self.press(key, 8);
    }

    fn press(&mut self, key: &str, modifiers: u8) {
        let (code, number, types) = match key {
            "Tab" => ("Tab", 9, ""),
            "Enter" => ("Enter", 13, "\r"),
            "Escape" => ("Escape", 27, ""),
            " " => ("Space", 32, " "),
            "End" => ("End", 35, ""),
            "Home" => ("Home", 36, ""),
            "ArrowLeft" => ("ArrowLeft", 37, ""),
            "ArrowUp" => ("ArrowUp", 38, ""),
            "ArrowRight" => ("ArrowRight", 39, ""),
            "ArrowDown" => ("ArrowDown", 40, ""),
            "Backspace" => ("Backspace", 8, ""),
            _ => ("", u32::from(key.to_ascii_uppercase().as_bytes()[0]), key),
        };
        let mut down = json!({
            "type": if types.is_empty() { "rawKeyDown" } else { "keyDown" },
            "key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers,
        });
        if !types.is_empty() {
            down["text"] = json!(types);
        }
        self.call("Input.dispatchKeyEvent", down);
        let up = json!({
            "type": "keyUp", "key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers,
        });
        self.call("Input.dispatchKeyEvent", up);
        self.settle();
    }

    /// Types a text, key by key.
    pub(crate) fn write(&mut self, text: &str) {
        text.chars().for_each(|c| self.key(&c.to_string()));
    }

    /// Presses Tab until such an element has the focus, as somebody without a mouse must.
    pub(crate) fn tab_to(&mut self, selector: &str) {
        self.eval("document.activeElement && document.activeElement.blur()");
        let focused = format!("!!document.activeElement && document.activeElement.matches({})", json!(selector));
        for _ in 0..400 {
            self.key("Tab");
            if self.eval(&focused) == json!(true) {
                return;
            }
        }
        panic!("no Tab comes to {selector}");
    }
}
